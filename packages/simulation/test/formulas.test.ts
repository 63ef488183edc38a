import { describe, expect, it } from 'vitest'
import { findAgreement, findConflict, findDivergence, nodeIds, runAgreement, type ValueChange } from '../src/index.js'
import { floodingVote } from './support/flooding-vote.js'

const nodes = ['a', 'b', 'c']
/** `10 a 7` says that a holds 7 from 10 ms on; without a value it holds none. */
const history = (...changes: string[]): ValueChange[] =>
  changes.map((change) => {
    const [atMs, node, value] = change.split(' ') as [string, string, string | undefined]
    return { atMs: Number(atMs), node, value: value === undefined ? undefined : Number(value) }
  })

describe('consistency in its strict form: at all times all nodes hold the same', () => {
  it('holds while nobody holds anything, and when all change at the same instant', () => {
    expect(findDivergence(nodes, [])).toBeUndefined()
    expect(findDivergence(nodes, history('5 a 1', '5 c 1', '5 b 1', '9 b 2', '9 a 2', '9 c 2'))).toBeUndefined()
  })

  it("is violated from the first node's change until the last node's", () => {
    const changes = history('10 a 7', '12 b 7', '15 c 7')
    expect(findDivergence(nodes, changes)).toEqual({
      atMs: 10,
      untilMs: 15,
      nodes: ['a', 'b'],
      values: [7, undefined],
    })
  })

  it('is violated for good by two values that stay', () => {
    expect(findDivergence(nodes, history('10 a 7', '10 b 7', '10 c 8'))).toEqual({
      atMs: 10,
      untilMs: Infinity,
      nodes: ['a', 'c'],
      values: [7, 8],
    })
  })

  it('sees changes in the order of time, whatever order they are told in, and nobody but the nodes asked about', () => {
    const changes = history('15 c 7', '10 a 7', '12 b 7', '11 stranger 9')
    expect(findDivergence(nodes, changes)).toMatchObject({ atMs: 10, untilMs: 15 })
    expect(findDivergence(['a'], changes)).toBeUndefined()
  })

  it('tells the first violation of several', () => {
    const changes = history('1 a 1', '2 b 1', '2 c 1', '5 a 2', '6 b 2', '6 c 2')
    expect(findDivergence(nodes, changes)).toMatchObject({ atMs: 1, untilMs: 2 })
  })
})

describe('consistency over what was decided', () => {
  it('holds though one node decides later than another, or less, or nothing', () => {
    expect(findConflict(history('10 a 7', '12 b 7', '15 a 8'))).toBeUndefined()
    expect(findConflict([])).toBeUndefined()
  })

  it('is violated by two decisions at one position', () => {
    expect(findConflict(history('10 a 7', '11 b 7', '12 a 8', '13 b 9'))).toEqual({
      position: 2,
      nodes: ['a', 'b'],
      values: [8, 9],
    })
  })

  it('is violated by a node that takes a decision back', () => {
    const changes = [...history('10 a 7'), { atMs: 11, node: 'a', value: 8, position: 1 }]
    expect(findConflict(changes)).toEqual({ position: 1, nodes: ['a', 'a'], values: [7, 8] })
  })

  it('follows a node that replays from the beginning, or goes on behind a snapshot', () => {
    const applied = (atMs: number, node: string, position: number, value: string): ValueChange => ({
      atMs,
      node,
      value,
      position,
    })
    const changes = [
      applied(1, 'a', 1, 'x'),
      applied(2, 'a', 2, 'y'),
      applied(3, 'a', 1, 'x'), // after a restart
      { atMs: 4, node: 'a', value: 'y' },
      applied(5, 'b', 2, 'y'), // a snapshot held position 1
      { atMs: 6, node: 'b', value: 'z' },
      { atMs: 7, node: 'a', value: 'z' },
    ]
    expect(findConflict(changes)).toBeUndefined()
    expect(findConflict([...changes, applied(8, 'c', 3, 'w')])).toMatchObject({ position: 3, values: ['z', 'w'] })
  })

  it('does not take holding nothing for a decision', () => {
    expect(findConflict(history('1 a 7', '2 a', '3 b 7', '4 a 8', '5 b 8'))).toBeUndefined()
  })
})

describe('consensus: at some time all nodes hold the same', () => {
  it('is reached at the first such time', () => {
    expect(findAgreement(nodes, history('10 a 7', '12 b 3', '13 a 3', '15 c 3', '20 a 1'))).toEqual({
      atMs: 15,
      value: 3,
    })
  })

  it('is not reached while one holds another value, or none', () => {
    expect(findAgreement(nodes, [])).toBeUndefined()
    expect(findAgreement(nodes, history('10 a 7', '12 b 7'))).toBeUndefined()
    expect(findAgreement(nodes, history('10 a 7', '12 b 7', '13 c 8', '14 a 8'))).toBeUndefined()
  })

  it('is not reached in the midst of an instant', () => {
    expect(findAgreement(['a', 'b'], history('10 a 7', '11 b 7', '11 a 8'))).toBeUndefined()
  })
})

describe('the two forms, on a vote', () => {
  const result = runAgreement(floodingVote, { nodes: 5, seed: 3, faults: [], traceLimit: 100_000 })
  const decisions = result.trace.flatMap((entry): ValueChange[] =>
    entry.type === 'indication' && entry.path === ''
      ? [{ atMs: entry.at, node: entry.node, value: (entry.indication as { value: number }).value }]
      : [],
  )

  it('differ: what is decided never conflicts, though between the first decision and the last the strict form is false', () => {
    expect(decisions).toHaveLength(5)
    expect(findConflict(decisions)).toBeUndefined()
    const divergence = findDivergence(nodeIds(5), decisions)
    const agreement = findAgreement(nodeIds(5), decisions)
    expect(divergence?.values).toContain(undefined)
    expect(divergence?.untilMs).toBe(agreement?.atMs)
    expect(agreement?.value).toBe([...result.decisions.values()][0])
  })
})
