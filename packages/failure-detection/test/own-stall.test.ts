import type { FailureDetectorIndication } from '@quorate/core'
import { Simulation } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { phiAccrual, timeout } from '../src/index.js'
import { Bench } from './bench.js'

const detectors = [timeout, phiAccrual]
const n2 = { id: 'n2', incarnation: 1 }

describe('a stall of its own', () => {
  it('is indicated once, by the first step after it, however many messages piled up', () => {
    const bench = new Bench(timeout)
    bench.calm(['n2', 'n3'], 1, 10)
    bench.stallTo(2050)
    for (let sequence = 11; sequence <= 20; sequence++) for (const peer of ['n2', 'n3']) bench.heartbeat(peer, sequence)
    bench.fireLate()
    expect(bench.news()).toEqual([{ type: 'unsure', stalledMs: 950 }])
  })

  it('is none as long as no whole heartbeat was missed', () => {
    const bench = new Bench(timeout)
    bench.stallTo(200)
    bench.fireLate()
    expect(bench.news()).toEqual([])
    bench.stallTo(401)
    bench.fireLate()
    expect(bench.news()).toEqual([{ type: 'unsure', stalledMs: 101 }])
  })

  it.each(detectors)('convicts nobody by $name even if timers run before what piled up is read', (definition) => {
    const bench = new Bench(definition)
    bench.calm(['n2', 'n3'], 1, 50)
    bench.stallTo(10_000)
    bench.fireLate()
    for (const peer of ['n2', 'n3']) bench.heartbeat(peer, 99)
    bench.calm(['n2', 'n3'], 101, 110)
    expect(bench.news()).toMatchObject([{ type: 'unsure' }])
  })

  it('does not make silence of the time in which it was deaf, but keeps counting what it heard nothing in', () => {
    const bench = new Bench(timeout)
    bench.calm(['n2', 'n3'], 1, 5)
    bench.calm(['n3'], 6, 10)
    bench.stallTo(4000)
    bench.heartbeat('n3', 39)
    bench.fireLate()
    bench.news()
    // n2 was silent for 500 ms until 1001 and not heard again: 99 ms more passed before the missed moment at 1100.
    expect(bench.shown('n2')['silentMs']).toBe(599)
    bench.calm(['n3'], 41, 42)
    bench.runTo(4400)
    expect(bench.news()).toEqual([])
    bench.runTo(4402)
    expect(bench.news()).toMatchObject([{ type: 'suspect', peer: 'n2', silentMs: 1000 }])
  })

  it('gives every peer two intervals to be heard before it accuses one', () => {
    const bench = new Bench(phiAccrual)
    bench.calm(['n2', 'n3'], 1, 50)
    bench.calm(['n3'], 51, 53)
    bench.stallTo(6000)
    bench.fireLate()
    bench.runTo(6199)
    expect(bench.news()).toMatchObject([{ type: 'unsure' }])
    bench.runTo(6201)
    expect(bench.news()).toMatchObject([{ type: 'suspect', peer: 'n2', silentMs: 599 }])
  })

  it('does not keep a node that stalls again and again from suspecting the dead', () => {
    const bench = new Bench(phiAccrual)
    bench.calm(['n2', 'n3'], 1, 50)
    for (let stall = 0; stall < 60; stall++) {
      bench.stallTo(bench.now + 230)
      bench.fireLate()
    }
    const suspected = bench.news().filter(({ type }) => type === 'suspect')
    expect(suspected).toHaveLength(2)
    for (const each of suspected as (FailureDetectorIndication & { type: 'suspect' })[]) {
      expect(each.silentMs).toBeLessThanOrEqual(1200 + 100)
    }
  })

  it('does not raise the level while it goes on unnoticed', () => {
    const bench = new Bench(timeout)
    bench.calm(['n2', 'n3'], 1, 50)
    bench.stallTo(60_000)
    expect(bench.detector.level('n2')).toBeLessThan(0.11)
  })

  it('does not hold back what a connection shows', () => {
    const bench = new Bench(timeout)
    bench.calm(['n2', 'n3'], 1, 5)
    bench.stallTo(3000)
    bench.peer({ type: 'disconnected', peer: n2, cause: 'refused' })
    expect(bench.news()).toMatchObject([{ type: 'unsure' }, { type: 'suspect', peer: 'n2', verdict: 'gone' }])
  })

  it('teaches the estimate nothing: neither the gap nor the burst behind it are samples', () => {
    const bench = new Bench(phiAccrual, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 50)
    const before = bench.shown('n2')['estimate']
    expect(before).toMatchObject({ samples: 49, meanMs: 100 })
    bench.stallTo(6050)
    for (let sequence = 51; sequence <= 60; sequence++) bench.heartbeat('n2', sequence)
    bench.calm(['n2'], 61, 62)
    expect(bench.shown('n2')['estimate']).toEqual(before)
    bench.calm(['n2'], 63, 70)
    expect(bench.shown('n2')['estimate']).toMatchObject({ samples: 49 + 7, meanMs: 100 })
  })
})

describe("a stall of the sender's", () => {
  it('that it reports spoils the gaps on both sides', () => {
    const bench = new Bench(phiAccrual, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 50)
    bench.runTo(5450)
    bench.heartbeat('n2', 54, { lateMs: 400 })
    bench.calm(['n2'], 55, 55)
    expect(bench.shown('n2')).toMatchObject({ sequence: 55, estimate: { samples: 49, meanMs: 100 } })
    bench.calm(['n2'], 56, 56)
    expect(bench.shown('n2')).toMatchObject({ estimate: { samples: 50, meanMs: 100 } })
  })

  it('of less than an interval is something to get used to', () => {
    const bench = new Bench(phiAccrual, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 50)
    bench.runTo(5190)
    bench.heartbeat('n2', 51, { lateMs: 90 })
    expect(bench.shown('n2')).toMatchObject({ estimate: { samples: 50 } })
  })
})

describe('a pause in a simulation', () => {
  /** What n1 accused others of in a run in which it stood still for a second. */
  function accusations(
    definition: (typeof detectors)[number],
    seed: number,
    deaf: boolean,
  ): FailureDetectorIndication[] {
    const found: FailureDetectorIndication[] = []
    const nodes = ['n1', 'n2', 'n3', 'n4', 'n5']
    const simulation = new Simulation({
      seed,
      nodes,
      links: { minDelayMs: 0.2, maxDelayMs: 20 },
      protocol: () => ({
        codec: definition.codec,
        create: (env) => definition.create(env, { members: nodes, heartbeatIntervalMs: 100, detectionTimeMs: 1000 }),
        listen: () => {},
      }),
      onIndication: (node, _, indication) => {
        if (node === 'n1') found.push(indication as FailureDetectorIndication)
      },
    })
    const [pausedAt, resumedAt] = [3000 + seed * 7, 4000 + seed * 7]
    simulation.at(pausedAt, () => {
      simulation.apply({ type: 'pause', node: 'n1' })
      if (deaf) simulation.apply({ type: 'cut', from: nodes, to: ['n1'] })
    })
    simulation.at(resumedAt, () => {
      simulation.apply({ type: 'heal' })
      simulation.apply({ type: 'resume', node: 'n1' })
    })
    simulation.start()
    simulation.run(resumedAt + 3000)
    return found
  }

  it.each(detectors)('of the observer convicts nobody by $name', { timeout: 60_000 }, (definition) => {
    for (let seed = 1; seed <= 50; seed++)
      expect(accusations(definition, seed, false)).toMatchObject([{ type: 'unsure' }])
  })

  it.each(detectors)(
    'of the observer in which all was lost that was sent to it convicts nobody by $name',
    (definition) => {
      for (let seed = 1; seed <= 50; seed++)
        expect(accusations(definition, seed, true)).toMatchObject([{ type: 'unsure' }])
    },
  )
})
