import { describe, expect, it, vi } from 'vitest'
import type { AgreementDefinition } from '@quorate/core'
import { runAgreement, runScenario, scenarioOf, shrink, sweep, type Scenario } from '@quorate/simulation'
import { asPrinted } from '../src/exhibits/as-printed.js'
import { naiveFloodMin } from '../src/exhibits/naive-flood-min.js'
import { naiveThreshold } from '../src/exhibits/naive-threshold.js'
import { cluster } from './cluster.js'
import { findViolation } from './violations.js'

// Sweeps take as long as the machine needs.
vi.setConfig({ testTimeout: 120_000 })

const seeds = { from: 1, to: 200 }

describe('as-printed', () => {
  it.each([2, 3, 5])(
    'brings all %d nodes to the smallest value, and none to a decision within ten seconds',
    (nodes) => {
      for (let seed = 1; seed <= 50; seed++) {
        const values = Array.from({ length: nodes }, (_, index) => ((seed * 37 + index * 61) % 100) + 1)
        const { simulation, members, decisions } = cluster(asPrinted, { nodes, seed, values })
        simulation.run(20_000)
        expect(members.map((id) => simulation.inspect(id)?.['value'])).toEqual(members.map(() => Math.min(...values)))
        expect(members.map((id) => simulation.inspect(id)?.['gaveUp'])).toEqual(members.map(() => true))
        expect(decisions()).toEqual(members.map(() => undefined))
      }
    },
  )

  it('is found not to terminate by every seed, and to break nothing else', () => {
    for (let seed = seeds.from; seed <= seeds.to; seed++) {
      const { violations, virtualMs } = runAgreement(asPrinted, { nodes: 5, seed, faults: [] })
      expect(violations).toMatchObject([{ property: 'termination', what: 'n1, n2, n3, n4, n5 never decided' }])
      expect(virtualMs).toBeGreaterThan(10_000)
    }
  })
})

describe('naive-threshold', () => {
  it('is found to decide two values although nothing fails', () => {
    const run = (seed: number) => runAgreement(naiveThreshold, { nodes: 5, seed, faults: [] })
    expect(findViolation(seeds, 'uniform-agreement', run)).toBeDefined()
  })

  it('breaks agreement only: it terminates, on values that were proposed', () => {
    for (let seed = seeds.from; seed <= seeds.to; seed++) {
      const { violations } = runAgreement(naiveThreshold, { nodes: 5, seed })
      expect(['uniform-agreement', 'agreement']).toEqual(
        expect.arrayContaining(violations.map(({ property }) => property)),
      )
    }
  })
})

describe('naive-flood-min', () => {
  it('is found to decide two values when one node crashes in its broadcast', () => {
    const run = (seed: number) => runAgreement(naiveFloodMin, { nodes: 5, maxFaulty: 1, seed })
    expect(findViolation(seeds, 'uniform-agreement', run)).toBeDefined()
  })

  it('decides alike as long as no node crashes', () => {
    const { failed } = sweep(seeds, (seed) => runAgreement(naiveFloodMin, { nodes: 5, seed, faults: [] }))
    expect(failed).toBeUndefined()
  })
})

describe('shrunk, what an exhibit fails on is as simple as it can be', () => {
  const shrunk = (algorithm: AgreementDefinition<unknown>, nodes: number) => {
    for (let seed = seeds.from; ; seed++) {
      const scenario = scenarioOf({ algorithm }, { nodes, seed, faults: ['crash-stop', 'reordering'], maxFaulty: 1 })
      const run = (candidate: Scenario) => runScenario(candidate, { algorithm })
      if (run(scenario).violations.length > 0) return shrink(scenario, run, { resilience: () => 1 })
    }
  }

  it('as-printed takes no fault at all', () => {
    const { scenario, property } = shrunk(asPrinted, 5)
    expect(property).toBe('termination')
    expect(scenario).toMatchObject({ nodes: 3, schedule: [], requests: [], faults: ['reordering'] })
  })

  it('naive-threshold decides two values among three nodes of which none fails', () => {
    const { scenario, property } = shrunk(naiveThreshold, 5)
    expect(property).toBe('uniform-agreement')
    expect(scenario.nodes).toBe(3)
    expect(scenario.schedule).toEqual([])
  })

  it('naive-flood-min takes one crash in the midst of a broadcast', () => {
    const { scenario } = shrunk(naiveFloodMin, 5)
    expect(scenario.schedule).toEqual([
      { atMs: expect.any(Number), action: expect.objectContaining({ type: 'crash', afterSends: expect.any(Number) }) },
    ])
  })
})
