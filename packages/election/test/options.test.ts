import { describe, expect, it } from 'vitest'
import { isDefinition, type ElectionDefinition } from '@quorate/core'
import { bully } from '../src/bully.js'
import { asPrinted } from '../src/exhibits/as-printed.js'
import { timestamp } from '../src/timestamp.js'
import * as index from '../src/index.js'
import { thrown } from './codes.js'
import { OneNode } from './one-node.js'

describe.each([timestamp, bully, asPrinted] as ElectionDefinition<never>[])('$name', (definition) => {
  const create = (members: readonly string[], maxDelayMs = 10) =>
    thrown(() => new OneNode(definition, { id: 'a', members, maxDelayMs }))

  it.each([
    [[], 'at least one member'],
    [['a', 'b', 'a'], '"a" is named twice'],
    [['b', 'c'], 'this node, "a", is not among them'],
    [['a', ''], 'an id has 1 to 128 characters'],
  ])('refuses members %j', (members, why) => {
    expect(create(members)?.code).toBe('QUORATE_INVALID_MEMBERS')
    expect(create(members)?.message).toContain(why)
  })

  it('takes its members in any order', () => {
    expect(create(['c', 'a', 'b'])).toBeUndefined()
  })

  it('is a definition that can be chosen', () => {
    expect(isDefinition(definition)).toBe(true)
    expect(definition.carriesLog).toBe(definition.name === 'timestamp')
  })
})

describe.each([timestamp, bully] as ElectionDefinition<never>[])('$name', (definition) => {
  it.each([0, -1, Number.NaN, Infinity])('refuses %d as the longest delay', (maxDelayMs) => {
    const error = thrown(() => new OneNode(definition, { id: 'a', members: ['a'], maxDelayMs }))
    expect(error?.code).toBe('QUORATE_INVALID_OPTION')
    expect(error?.message).toContain('maxDelayMs')
  })
})

it('offers the elections that are meant to be used, and not the exhibit', () => {
  expect(index).toMatchObject({ bully, timestamp })
  expect(Object.values(index)).not.toContain(asPrinted)
})
