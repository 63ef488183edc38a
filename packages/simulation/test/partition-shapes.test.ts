import { seededRandom, type NodeId } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { drawCuts, nodeIds, partitionShapes, type PartitionShape } from '../src/index.js'
import { fits } from '../src/partition-shapes.js'

const sizes = [2, 3, 4, 5, 6, 7, 8, 9]

/** Whom each node can send to, itself included, in twenty partitions of that shape. */
function drawn(shape: PartitionShape, nodes: number): ReadonlyMap<NodeId, ReadonlySet<NodeId>>[] {
  const ids = nodeIds(nodes)
  return Array.from({ length: 20 }, (_, seed) => {
    const cuts = drawCuts(shape, ids, seededRandom(seed))
    return new Map(
      ids.map((from) => {
        const lost = new Set(cuts.flatMap((cut) => (cut.from.includes(from) ? cut.to : [])))
        return [from, new Set(ids.filter((to) => !lost.has(to)))]
      }),
    )
  })
}

const reaches = (partition: ReadonlyMap<NodeId, ReadonlySet<NodeId>>, from: NodeId, to: NodeId) =>
  partition.get(from)?.has(to) === true
const text = (group: ReadonlySet<NodeId>) => [...group].sort().join(' ')

describe.each(sizes)('among %d nodes', (nodes) => {
  it('halves are two groups, of sizes that differ by at most one', () => {
    for (const partition of drawn('halves', nodes)) {
      const groups = new Map([...partition.values()].map((group) => [text(group), group.size]))
      expect([...groups.values()].sort((a, b) => a - b)).toEqual([Math.floor(nodes / 2), Math.ceil(nodes / 2)])
    }
  })

  it('an isolated node reaches nobody and is reached by nobody, and all others reach each other', () => {
    for (const partition of drawn('isolated-node', nodes)) {
      const sizes = [...partition.values()].map(({ size }) => size).sort((a, b) => a - b)
      expect(sizes).toEqual([1, ...Array.from({ length: nodes - 1 }, () => nodes - 1)])
    }
  })

  it('a single link is one pair of nodes, in both directions', () => {
    for (const partition of drawn('single-link', nodes)) {
      const lost = [...partition].filter(([, group]) => group.size < nodes)
      expect(lost.map(([, { size }]) => size)).toEqual([nodes - 1, nodes - 1])
      const [[one], [other]] = lost as [[NodeId, never], [NodeId, never]]
      expect([reaches(partition, one, other), reaches(partition, other, one)]).toEqual([false, false])
    }
  })

  it('one way leaves the other direction of every link that it cuts', () => {
    for (const partition of drawn('one-way', nodes)) {
      const lost = [...partition.keys()].flatMap((from) =>
        [...partition.keys()].filter((to) => !reaches(partition, from, to)).map((to) => [from, to] as const),
      )
      expect(lost.length).toBeGreaterThan(0)
      for (const [from, to] of lost) expect(reaches(partition, to, from)).toBe(true)
    }
  })

  it.skipIf(nodes < 3)(
    'a bridge is the only node that reaches both groups (there is none between fewer than three)',
    () => {
      for (const partition of drawn('bridge', nodes)) {
        const [bridge, ...more] = [...partition].filter(([, group]) => group.size === nodes)
        expect(more).toEqual([])
        const groups = new Set([...partition].filter(([id]) => id !== bridge?.[0]).map(([, group]) => text(group)))
        expect(groups.size).toBe(2)
        const [one = '', other = ''] = groups
        expect(one.split(' ').filter((id) => other.includes(id))).toEqual([bridge?.[0]])
      }
    },
  )

  it.skipIf(nodes < 3)(
    'on a majority ring each node reaches a majority, is reached by the same, and no two reach the same one (there is none of two)',
    () => {
      for (const partition of drawn('majority-ring', nodes)) {
        expect(new Set([...partition.values()].map(text)).size).toBe(nodes)
        for (const [id, group] of partition) {
          expect(group.size).toBeGreaterThan(nodes / 2)
          for (const other of partition.keys()) expect(reaches(partition, other, id)).toBe(group.has(other))
        }
        expect([...partition.values()].some(({ size }) => size < nodes)).toBe(true)
      }
    },
  )
})

it('every shape says how few nodes it takes', () => {
  const least = (Object.keys(partitionShapes) as PartitionShape[]).map((shape) => [
    shape,
    [1, ...sizes].find((nodes) => fits(shape, nodes)),
  ])
  expect(Object.fromEntries(least)).toEqual({
    halves: 2,
    'majority-ring': 3,
    bridge: 3,
    'isolated-node': 2,
    'single-link': 2,
    'one-way': 2,
  })
})
