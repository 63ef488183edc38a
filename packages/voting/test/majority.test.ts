import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeId } from '@quorate/core'
import { majority, majoritySize } from '../src/index.js'
import { thrown } from './codes.js'
import { eachVector } from './vectors.js'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
const members = fc.subarray(names)
const some = fc.subarray([...names, 'stranger'])
const indexes = fc.dictionary(fc.constantFrom(...names, 'stranger'), fc.nat(20))
const votes = fc.dictionary(fc.constantFrom(...names, 'stranger'), fc.boolean())

describe('majority, held against vectors from outside', () => {
  eachVector('majority_commit.txt', 'commits the index that each block says', (block) => {
    const ids = block.arguments.get('cfg') ?? []
    const acknowledged = known(ids, block.arguments.get('idx') ?? [], Number)
    const expected = block.expected.endsWith('∞') ? Infinity : Number(block.expected)
    expect(block.command).toBe('committed')
    expect([block.line, majority(ids).committedIndex(acknowledged)]).toEqual([block.line, expected])
  })

  eachVector('majority_vote.txt', 'ends votes as each block says', (block) => {
    const ids = block.arguments.get('cfg') ?? []
    const given = known(ids, block.arguments.get('votes') ?? [], (vote) => vote === 'y')
    expect(block.command).toBe('vote')
    expect([block.line, `Vote${majority(ids).voteResult(given)}`.toLowerCase()]).toEqual([
      block.line,
      block.expected.toLowerCase(),
    ])
  })
})

describe('majority', () => {
  it('has more than half of its members in the smallest quorum', () => {
    expect([0, 1, 2, 3, 4, 5, 64].map(majoritySize)).toEqual([0, 1, 2, 2, 3, 3, 33])
    expect(majority(['c', 'a', 'b'])).toMatchObject({ members: ['a', 'b', 'c'], size: 2 })
  })

  it('commits everything and wins every vote without members', () => {
    expect(majority([]).committedIndex(new Map([['a', 7]]))).toBe(Infinity)
    expect(majority([]).voteResult(new Map([['a', false]]))).toBe('won')
    expect(majority([]).isQuorum(new Set())).toBe(true)
  })

  it('refuses members that are no cluster, and sizes that are no count', () => {
    expect(thrown(() => majority(['a', 'a']))).toMatchObject({ code: 'QUORATE_INVALID_MEMBERS' })
    expect(thrown(() => majority([...Array(65).keys()].map(String)))).toMatchObject({ code: 'QUORATE_INVALID_MEMBERS' })
    expect(thrown(() => majoritySize(-1))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(thrown(() => majoritySize(1.5))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
  })

  it('lets any two quorums meet, and none fit into what a quorum leaves over', () => {
    fc.assert(
      fc.property(members, some, some, (ids, one, other) => {
        const quorums = majority(ids)
        const both = [one, other].map((each) => new Set(each))
        fc.pre(ids.length > 0 && both.every((each) => quorums.isQuorum(each)))
        const [first, second] = both as [Set<NodeId>, Set<NodeId>]
        expect(ids.some((id) => first.has(id) && second.has(id))).toBe(true)
        expect(quorums.isQuorum(new Set(ids.filter((id) => !first.has(id))))).toBe(false)
      }),
    )
  })

  it('commits the greatest index that a quorum has reached', () => {
    fc.assert(
      fc.property(members, indexes, (ids, given) => {
        const quorums = majority(ids)
        const acknowledged = new Map(Object.entries(given))
        const reached = (index: number) =>
          quorums.isQuorum(new Set(ids.filter((id) => (acknowledged.get(id) ?? 0) >= index)))
        const committed = quorums.committedIndex(acknowledged)
        fc.pre(ids.length > 0)
        expect(reached(committed)).toBe(true)
        expect(reached(committed + 1)).toBe(false)
        expect(quorums.committedIndex(acknowledged)).toBe(committed)
      }),
    )
  })

  it('calls a vote won when a quorum said yes, lost when none can any more', () => {
    fc.assert(
      fc.property(members, votes, (ids, given) => {
        const quorums = majority(ids)
        const cast = new Map(Object.entries(given))
        const yes = new Set(ids.filter((id) => cast.get(id) === true))
        const possible = new Set(ids.filter((id) => cast.get(id) !== false))
        const expected = quorums.isQuorum(yes) ? 'won' : quorums.isQuorum(possible) ? 'pending' : 'lost'
        expect(quorums.voteResult(cast)).toBe(expected)
      }),
    )
  })
})

function known<T>(ids: readonly NodeId[], given: readonly string[], parse: (text: string) => T): Map<NodeId, T> {
  return new Map(
    ids.flatMap((id, place) => (given[place] === '_' ? [] : [[id, parse(given[place] as string)] as const])),
  )
}
