import { describe, expect, it } from 'vitest'
import {
  isQuorateError,
  limits,
  requireInteger,
  requireMembers,
  requireNumber,
  type QuorateError,
} from '../src/index.js'

function refusal(action: () => unknown): QuorateError {
  try {
    action()
  } catch (error) {
    if (isQuorateError(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('requireInteger', () => {
  it('returns a safe integer within its range, both ends included', () => {
    expect([1, 5].map((value) => requireInteger('nodes', value, { min: 1, max: 5 }))).toEqual([1, 5])
    expect(requireInteger('nodes', Number.MIN_SAFE_INTEGER)).toBe(Number.MIN_SAFE_INTEGER)
  })

  it.each([0, 6, 1.5, Number.NaN, '3', undefined, null, 2 ** 53])(
    'refuses %s, naming option, value and range',
    (value) => {
      const error = refusal(() => requireInteger('nodes', value, { min: 1, max: 5 }))
      expect(error.code).toBe('QUORATE_INVALID_OPTION')
      expect(error.message).toMatch(/^nodes is .*; it must be an? (integer|number) from 1 to 5$/)
      expect(error.data).toMatchObject({ option: 'nodes', value })
    },
  )
})

describe('requireNumber', () => {
  it('returns a number within its range, infinities where it has no bound', () => {
    expect(requireNumber('delayMs', 0.5, { min: 0 })).toBe(0.5)
    expect(requireNumber('delayMs', Infinity, { min: 0 })).toBe(Infinity)
  })

  it.each([
    [-1, { min: 0 }, 'of at least 0'],
    [2, { max: 1 }, 'of at most 1'],
    [Number.NaN, {}, 'a number'],
    ['1', {}, '"1"'],
    [[1], {}, 'a list'],
    [{}, {}, 'an object'],
  ])('refuses %s', (value, range, said) => {
    expect(refusal(() => requireNumber('delayMs', value, range)).message).toContain(said)
  })
})

describe('requireMembers', () => {
  it('returns the ids in ascending order by code unit', () => {
    expect(requireMembers(['n2', 'n10', 'N3', 'é'], 'n2')).toEqual(['N3', 'n10', 'n2', 'é'])
  })

  it.each([
    ['no member', [], undefined, 'at least one member'],
    ['a duplicate', ['a', 'b', 'a'], undefined, '"a" is named twice'],
    ['an empty id', ['a', ''], undefined, '1 to 128 characters'],
    ['a long id', ['a'.repeat(limits.maxNameLength + 1)], undefined, '1 to 128 characters'],
    ['what is no id', ['a', 7 as unknown as string], undefined, 'an id is a string, not 7'],
    ['a stranger', ['a', 'b'], 'c', 'this node, "c", is not among them; add it'],
    [
      'a crowd',
      Array.from({ length: limits.maxMembers + 1 }, (_, index) => `n${index}`),
      undefined,
      'at most 64 members',
    ],
  ])('refuses %s', (_, members, self, said) => {
    const error = refusal(() => requireMembers(members, self))
    expect(error.code).toBe('QUORATE_INVALID_MEMBERS')
    expect(error.message).toContain(said)
  })
})
