import { describe, expect, it, vi } from 'vitest'
import * as core from '../src/index.js'

/** A second copy of the package, as two versions of it in one process are. */
async function anotherCopy(): Promise<typeof core> {
  vi.resetModules()
  return await import('../src/index.js')
}

describe('QuorateError', () => {
  it('carries a code, data, a message and its cause', () => {
    const cause = new Error('ENOSPC')
    const error = new core.QuorateError('QUORATE_DISK_FAILED', 'the disk is full; make room', { bytes: 7 }, { cause })
    expect(error).toMatchObject({ name: 'QuorateError', code: 'QUORATE_DISK_FAILED', data: { bytes: 7 }, cause })
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toBe('QuorateError: the disk is full; make room')
  })

  it('is recognised across copies of the package, where instanceof fails', async () => {
    const other = await anotherCopy()
    const error = new other.QuorateError('QUORATE_DISK_FAILED', 'full')
    expect(error).not.toBeInstanceOf(core.QuorateError)
    expect(core.isQuorateError(error)).toBe(true)
    expect(core.isQuorateError(error, 'QUORATE_DISK_FAILED')).toBe(true)
    expect(core.isQuorateError(error, 'QUORATE_INVALID_OPTION')).toBe(false)
  })

  it.each([undefined, null, 'QUORATE_DISK_FAILED', new Error('full'), { code: 'QUORATE_DISK_FAILED' }])(
    'is not seen in %s',
    (value) => expect(core.isQuorateError(value)).toBe(false),
  )
})

describe('what else may come from another copy of the package', () => {
  it('is recognised: definitions and refused messages', async () => {
    const other = await anotherCopy()
    const codec = other.messageCodec({ ping: {} })
    expect(core.isMalformed(codec.decode(new Uint8Array(0)))).toBe(true)
    expect(core.isMalformed({ reason: 'a message of such a shape' })).toBe(false)
    const definition = other.defineElection({ name: 'my-election' } as never)
    expect(core.isDefinition(definition)).toBe(true)
    expect(core.isDefinition({ ...definition })).toBe(false)
  })
})

describe('a definition', () => {
  it.each(['', 'My-Election', 'my_election', '-a', 'a-', 'a--b', '1a'])('is refused under the name "%s"', (name) => {
    expect(() => core.defineElection({ name } as never)).toThrow(
      expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }),
    )
  })

  it('knows its kind and does not change any more', () => {
    const definition = core.defineAgreement({ name: 'my-vote' } as never)
    expect(definition.kind).toBe('agreement')
    expect(Object.isFrozen(definition)).toBe(true)
  })
})
