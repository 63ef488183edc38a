import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeId } from '@quorate/core'
import { joint, majority, weighted, type QuorumSystem } from '../src/index.js'
import { thrown } from './codes.js'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const weights = fc
  .dictionary(fc.constantFrom(...names), fc.nat(5))
  .filter((drawn) => Object.keys(drawn).length === 0 || Object.values(drawn).some((weight) => weight > 0))
  .map((drawn) => weighted(new Map(Object.entries(drawn))))
const simple = fc.oneof(fc.subarray(names).map(majority), weights)
const indexes = fc.dictionary(fc.constantFrom(...names), fc.nat(20)).map((drawn) => new Map(Object.entries(drawn)))
const votes = fc.dictionary(fc.constantFrom(...names), fc.boolean()).map((drawn) => new Map(Object.entries(drawn)))

describe('weighted', () => {
  it('decides as its votes do, not as heads do', () => {
    const quorums = weighted(new Map(Object.entries({ a: 3, b: 1, c: 1, d: 0 })))
    expect(quorums).toMatchObject({ members: ['a', 'b', 'c'], votes: 3 })
    expect(quorums.isQuorum(new Set(['a']))).toBe(true)
    expect(quorums.isQuorum(new Set(['b', 'c', 'd']))).toBe(false)
    expect(quorums.voteResult(new Map([['a', false]]))).toBe('lost')
    expect(quorums.committedIndex(new Map(Object.entries({ a: 4, b: 9, c: 9, d: 9 })))).toBe(4)
  })

  it('is a majority when weights are equal', () => {
    fc.assert(
      fc.property(
        fc.subarray(names),
        fc.integer({ min: 1, max: 5 }),
        indexes,
        votes,
        (ids, weight, acknowledged, cast) => {
          expectSame(weighted(new Map(ids.map((id) => [id, weight]))), majority(ids), acknowledged, cast)
        },
      ),
    )
  })

  it('commits what a quorum has reached and calls votes as its quorums do', () => {
    fc.assert(
      fc.property(simple, indexes, votes, (quorums, acknowledged, cast) => {
        const { members } = quorums
        fc.pre(members.length > 0)
        const committed = quorums.committedIndex(acknowledged)
        const reached = (index: number) =>
          quorums.isQuorum(new Set(members.filter((id) => (acknowledged.get(id) ?? 0) >= index)))
        expect([reached(committed), reached(committed + 1)]).toEqual([true, false])
        const won = quorums.isQuorum(new Set(members.filter((id) => cast.get(id) === true)))
        const open = quorums.isQuorum(new Set(members.filter((id) => cast.get(id) !== false)))
        expect(quorums.voteResult(cast)).toBe(won ? 'won' : open ? 'pending' : 'lost')
      }),
    )
  })

  it('refuses weights that are no votes, and members without any', () => {
    expect(thrown(() => weighted(new Map([['a', -1]])))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(thrown(() => weighted(new Map([['a', 0.5]])))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(thrown(() => weighted(new Map([['a', 0]])))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(thrown(() => weighted(new Map([['', 1]])))).toMatchObject({ code: 'QUORATE_INVALID_MEMBERS' })
  })
})

describe('joint', () => {
  it('needs a quorum of both', () => {
    const quorums = joint(majority(['a', 'b', 'c']), majority(['c', 'd', 'e']))
    expect(quorums.members).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(quorums.isQuorum(new Set(['a', 'b', 'c']))).toBe(false)
    expect(quorums.isQuorum(new Set(['b', 'c', 'd']))).toBe(true)
    expect(quorums.voteResult(new Map(['b', 'c'].map((id) => [id, true])))).toBe('pending')
    expect(quorums.voteResult(new Map(['a', 'b'].map((id) => [id, false])))).toBe('lost')
    expect(quorums.committedIndex(new Map(Object.entries({ a: 9, b: 9, c: 5, d: 4, e: 1 })))).toBe(4)
  })

  it('is the same whichever of the two comes first', () => {
    fc.assert(
      fc.property(simple, simple, indexes, votes, (one, other, acknowledged, cast) => {
        expectSame(joint(one, other), joint(other, one), acknowledged, cast)
      }),
    )
  })

  it('changes nothing when both are the same, or one has no members', () => {
    fc.assert(
      fc.property(simple, indexes, votes, (quorums, acknowledged, cast) => {
        expectSame(joint(quorums, quorums), quorums, acknowledged, cast)
        expectSame(joint(quorums, majority([])), quorums, acknowledged, cast)
      }),
    )
  })

  it('lets every quorum of a change meet every quorum before, during and after it', () => {
    const some = fc.subarray(names).map((ids) => new Set(ids))
    fc.assert(
      fc.property(simple, simple, some, some, (before, after, one, other) => {
        const during = joint(before, after)
        fc.pre(before.members.length > 0 && after.members.length > 0 && during.isQuorum(one))
        for (const system of [before, during, after]) {
          if (system.isQuorum(other)) expect(system.members.some((id) => one.has(id) && other.has(id))).toBe(true)
        }
      }),
    )
  })
})

function expectSame(
  one: QuorumSystem,
  other: QuorumSystem,
  acknowledged: ReadonlyMap<NodeId, number>,
  cast: ReadonlyMap<NodeId, boolean>,
): void {
  expect(one.members).toEqual(other.members)
  expect(one.committedIndex(acknowledged)).toBe(other.committedIndex(acknowledged))
  expect(one.voteResult(cast)).toBe(other.voteResult(cast))
  expect(one.isQuorum(cast)).toBe(other.isQuorum(cast))
}
