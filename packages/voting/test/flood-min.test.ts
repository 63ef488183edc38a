import { describe, expect, it, vi } from 'vitest'
import { cascade, explain, runAgreement, sweep } from '@quorate/simulation'
import { floodMin } from '../src/flood-min.js'
import { cluster, messagesBetween } from './cluster.js'
import { thrown } from './codes.js'
import { findViolation } from './violations.js'

// Sweeps take as long as the machine needs.
vi.setConfig({ testTimeout: 120_000 })

const sizes = [3, 4, 5].flatMap((nodes) =>
  Array.from({ length: nodes - 1 }, (_, less) => ({ nodes, maxFaulty: less + 1 })),
)
const seeds = { from: 1, to: 2000 }

describe('flood-min', () => {
  it.each(sizes)(
    'agrees among $nodes nodes when $maxFaulty crash in one broadcast after the other',
    ({ nodes, maxFaulty }) => {
      const run = (seed: number) =>
        runAgreement(floodMin, { nodes, maxFaulty, seed, ...cascade(seed, nodes, maxFaulty) })
      expect(explain(sweep({ from: 1, to: 500 }, run))).toBeUndefined()
    },
  )

  it('decides the smallest value at the end of round f + 1, after n(n - 1)(f + 1) messages', () => {
    const { simulation, indicated } = cluster(floodMin, { nodes: 5, maxFaulty: 2, values: [50, 40, 10, 30, 20] })
    simulation.run(1000)
    expect(indicated.map(({ node, value }) => [node, value])).toEqual(
      ['n1', 'n2', 'n3', 'n4', 'n5'].map((id) => [id, 10]),
    )
    // Rounds last 10 ms, the longest delay, and begin at 100 ms.
    for (const { atMs } of indicated) expect(atMs).toBeCloseTo(130, 3)
    expect(messagesBetween(simulation.trace)).toBe(5 * 4 * 3)
    expect(floodMin.worstCaseMessages?.(5)).toBe(5 * 4 * 5)
  })

  it('lets nodes without a value take part, and decides nothing when none has one', () => {
    const some = cluster(floodMin, { nodes: 3, values: [undefined, 7, undefined] })
    some.simulation.run(1000)
    expect(some.decisions()).toEqual([7, 7, 7])
    const none = cluster(floodMin, { nodes: 3 })
    none.simulation.run(1000)
    expect(none.decisions()).toEqual([undefined, undefined, undefined])
  })

  it('ignores a second value, and one that comes after round 1 began', () => {
    const { simulation, propose, decisions } = cluster(floodMin, { nodes: 3, values: [undefined, 7, 9] })
    propose('n2', 3)
    simulation.run(101)
    propose('n1', 1)
    simulation.run(1000)
    expect(decisions()).toEqual([7, 7, 7])
  })

  it('keeps a node that starts late out of the rounds and tells it the decision', () => {
    const { simulation, propose, decisions } = cluster(floodMin, { nodes: 4, values: [1, 7, 8, 9] })
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.run(105)
    simulation.apply({ type: 'restart', node: 'n1' })
    propose('n1', 1)
    simulation.run(1000)
    expect(simulation.inspect('n1')).toMatchObject({ late: true, smallest: null, decision: 7 })
    expect(decisions()).toEqual([7, 7, 7, 7])
  })

  it('keeps its rounds when they begin an hour later and timers run at other rates than wall clocks', () => {
    const { simulation, members, decisions } = cluster(floodMin, {
      nodes: 3,
      values: [8, 7, 9],
      startsAfterMs: 3_600_000,
    })
    simulation.apply({ type: 'clock', node: 'n1', ratePpm: 200 })
    simulation.apply({ type: 'clock', node: 'n2', ratePpm: -200 })
    simulation.run(3_601_000)
    for (const id of members) expect(simulation.inspect(id, 'rounds')).toMatchObject({ round: 4, late: 0, held: {} })
    expect(decisions()).toEqual([7, 7, 7])
  })

  it('lets a node that restarts before round 1 take part', () => {
    const { simulation, propose, decisions } = cluster(floodMin, { nodes: 3, values: [1, 7, 8] })
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.run(50)
    simulation.apply({ type: 'restart', node: 'n1' })
    propose('n1', 2)
    simulation.run(1000)
    expect(decisions()).toEqual([2, 2, 2])
  })

  it('refuses as many faults as nodes, values that no message carries, and clocks that declare no bound', () => {
    expect(thrown(() => cluster(floodMin, { nodes: 5, maxFaulty: 5 }))).toMatchObject({
      code: 'QUORATE_TOO_MANY_FAULTS',
      message: expect.stringContaining('n = 5 members flood-min allows f ≤ 4'),
    })
    expect(thrown(() => cluster(floodMin, { nodes: 2, values: [0.5] }))).toMatchObject({
      code: 'QUORATE_INVALID_OPTION',
    })
    expect(thrown(() => cluster(floodMin, { nodes: 2, values: [2 ** 52] }))).toMatchObject({
      code: 'QUORATE_INVALID_OPTION',
    })
    const clockBound = { wallErrorMs: Infinity, ratePpm: 200 }
    const run = () => runAgreement(floodMin, { nodes: 3, seed: 1, clockBound })
    expect(thrown(run)).toMatchObject({ code: 'QUORATE_CLOCK_UNBOUNDED' })
  })
})

describe('flood-min, beyond its model', () => {
  it('loses uniform agreement to one node that floods each of the others with another value', () => {
    const equivocal = [{ atMs: 0, action: { type: 'byzantine', node: 'n1', equivocates: 1 } }] as const
    const run = (seed: number) => runAgreement(floodMin, { nodes: 4, maxFaulty: 1, seed, schedule: equivocal })
    expect(findViolation({ from: 1, to: 20 }, 'uniform-agreement', run)).toBeDefined()
    expect(run(1).coverage['byzantine-equivocation']).toBeGreaterThan(0)
  })

  it('loses termination in time, and nothing else, to a wall clock that is far behind', () => {
    const schedule = [{ atMs: 0, action: { type: 'clock', node: 'n2', wallErrorMs: -60_000 } }] as const
    const { violations } = runAgreement(floodMin, { nodes: 5, seed: 1, schedule })
    expect(violations).toMatchObject([{ property: 'termination', what: 'n2 never decided' }])
  })

  it('loses uniform agreement to one crash more than it was told to survive', () => {
    const run = (seed: number) => runAgreement(floodMin, { nodes: 5, maxFaulty: 1, seed, ...cascade(seed, 5, 2) })
    expect(findViolation(seeds, 'uniform-agreement', run)).toBeDefined()
  })
})
