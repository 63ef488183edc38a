import { describe, expect, it } from 'vitest'
import { faultKinds } from '../src/chaos/faults/kinds.js'
import { drawSchedule, leastDurationMs, smallDiskNode } from '../src/chaos/faults/schedule.js'
import { pairs, shapeNames, shapes, type Shape } from '../src/chaos/faults/shapes.js'

const three = ['n1', 'n2', 'n3']
const five = ['n1', 'n2', 'n3', 'n4', 'n5']

/** Whom each node hears, itself included. */
function hears(shape: Shape, nodes: readonly string[]): Record<string, string[]> {
  const cuts = new Set(shapes[shape](nodes).map(([from, to]) => `${from}>${to}`))
  return Object.fromEntries(nodes.map((to) => [to, nodes.filter((from) => !cuts.has(`${from}>${to}`))]))
}

describe('a schedule of faults', () => {
  const options = { nodes: three, kinds: faultKinds, durationMs: 180_000 }

  it('is the same for the same seed, and another for another', () => {
    expect(drawSchedule({ ...options, seed: 1 })).toEqual(drawSchedule({ ...options, seed: 1 }))
    expect(drawSchedule({ ...options, seed: 1 })).not.toEqual(drawSchedule({ ...options, seed: 2 }))
  })

  it('gives each kind a turn before any has its second, one after the other, also in the least time, and later lets faults overlap', () => {
    let overlaps = 0
    for (let seed = 0; seed < 50; seed++) {
      for (const durationMs of [leastDurationMs(faultKinds.length), 180_000]) {
        const schedule = drawSchedule({ ...options, seed, durationMs })
        const first = schedule.slice(0, faultKinds.length)
        expect(new Set(first.map(({ kind }) => kind)).size).toBe(faultKinds.length)
        first.reduce((before, next) => {
          expect(next.atMs).toBeGreaterThan(before.atMs + before.forMs)
          return next
        })
        for (const { atMs, forMs } of schedule) {
          expect(atMs).toBeGreaterThan(0)
          expect(atMs + forMs).toBeLessThan(durationMs)
        }
        overlaps += schedule.filter(({ atMs }, index) => {
          const before = schedule[index - 1]
          return before !== undefined && before.atMs + before.forMs > atMs
        }).length
      }
    }
    expect(overlaps).toBeGreaterThan(50)
  })

  it('first isolates the leader, and gives each shape of a partition a turn before any has its second', () => {
    for (let seed = 0; seed < 20; seed++) {
      const schedule = drawSchedule({ ...options, seed, kinds: ['partition'] })
      const partitions = schedule.flatMap((fault) => (fault.kind === 'partition' ? [fault] : []))
      expect(partitions[0]).toMatchObject({ shape: 'isolated', leaderFirst: true })
      expect(new Set(partitions.slice(0, shapeNames.length).map(({ shape }) => shape))).toEqual(new Set(shapeNames))
    }
  })

  it('is refused when there is no time for all kinds', () => {
    const draw = (): unknown => drawSchedule({ ...options, seed: 1, durationMs: 20_000 })
    expect(draw).toThrow(/--seconds is 20; it must be at least 42, so that each kind of fault has its turn: kill,/)
  })

  it('fills only the disk of the node that has the small one', () => {
    for (let seed = 0; seed < 20; seed++)
      for (const fault of drawSchedule({ ...options, seed }))
        if (fault.kind === 'full-disk') expect(fault.victim).toBe(smallDiskNode(seed, three))
  })
})

describe('the shapes of partitions', () => {
  it.each<[Shape, Record<string, string[]>]>([
    ['halves', { n1: ['n1'], n2: ['n2', 'n3'], n3: ['n2', 'n3'] }],
    ['majority-ring', { n1: ['n1', 'n2'], n2: ['n2', 'n3'], n3: ['n1', 'n3'] }],
    ['bridge', { n1: ['n1', 'n3'], n2: ['n2', 'n3'], n3: ['n1', 'n2', 'n3'] }],
    ['isolated', { n1: ['n1'], n2: ['n2', 'n3'], n3: ['n2', 'n3'] }],
    ['mute', { n1: ['n1', 'n2', 'n3'], n2: ['n2', 'n3'], n3: ['n2', 'n3'] }],
    ['deaf', { n1: ['n1'], n2: ['n1', 'n2', 'n3'], n3: ['n1', 'n2', 'n3'] }],
    ['single-link', { n1: ['n1', 'n3'], n2: ['n2', 'n3'], n3: ['n1', 'n2', 'n3'] }],
  ])('%s of three nodes: who hears whom', (shape, expected) => {
    expect(hears(shape, three)).toEqual(expected)
  })

  it('a ring of five: each hears a majority, no two the same, and every link is whole or cut both ways', () => {
    const heard = hears('majority-ring', five)
    expect(Object.values(heard).map(({ length }) => length)).toEqual([3, 3, 3, 3, 3])
    expect(new Set(Object.values(heard).map(String)).size).toBe(5)
    for (const [from, to] of pairs(five)) expect(heard[to]?.includes(from)).toBe(heard[from]?.includes(to))
  })

  it('halves and a bridge of five', () => {
    expect(hears('halves', five)).toMatchObject({ n1: ['n1', 'n2'], n5: ['n3', 'n4', 'n5'] })
    expect(hears('bridge', five)).toMatchObject({ n1: ['n1', 'n2', 'n5'], n4: ['n3', 'n4', 'n5'], n5: five })
  })

  it('each cuts something', () => {
    for (const shape of shapeNames) for (const nodes of [three, five]) expect(shapes[shape](nodes)).not.toEqual([])
  })
})
