import { describe, expect, it, vi } from 'vitest'
import type { Inspection, Store } from '@quorate/core'
import { runAgreement } from '@quorate/simulation'
import { threshold } from '../src/threshold.js'
import { Ledger } from '../src/threshold/ledger.js'
import { cluster, messagesBetween } from './cluster.js'
import { thrown } from './codes.js'

// Sweeps take as long as the machine needs.
vi.setConfig({ testTimeout: 120_000 })

const numberPromised = (state: Inspection | undefined): unknown =>
  (state?.['promised'] as Inspection | undefined)?.['number']

describe('threshold', () => {
  it('decides undisturbed in one ballot and 5(n - 1) messages, on the smallest value of a majority', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { simulation, decisions } = cluster(threshold, { nodes: 5, seed, values: [50, 40, 30, 20, 10] })
      simulation.run(80)
      expect(simulation.inspect('n3')).toMatchObject({ promised: { number: 1, id: 'n1' } })
      expect(messagesBetween(simulation.trace)).toBe(threshold.worstCaseMessages?.(5))
      expect(new Set(decisions()).size).toBe(1)
      expect([10, 20, 30]).toContain(decisions()[0])
    }
  })

  it('decides alone only when its own acceptance is durable', () => {
    const { simulation, indicated } = cluster(threshold, { nodes: 1, values: [7] })
    simulation.run(0.9)
    expect(indicated).toEqual([])
    simulation.run(10)
    expect(indicated).toMatchObject([{ node: 'n1', value: 7 }])
  })

  it('lets another node stand when the first is down', () => {
    const { simulation, decisions } = cluster(threshold, { nodes: 3, values: [5, 6, 7] })
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.run(400)
    expect(decisions()).toEqual([undefined, 6, 6])
    expect(simulation.inspect('n3')).toMatchObject({ accepted: { ballot: { id: 'n2' } } })
  })

  it('keeps to a value that a majority accepted, though a smaller one is proposed later', () => {
    const { simulation, propose, decisions } = cluster(threshold, { nodes: 3, values: [50, 60, undefined] })
    simulation.apply({ type: 'cut', from: ['n3'], to: ['n1', 'n2'] })
    simulation.apply({ type: 'cut', from: ['n1', 'n2'], to: ['n3'] })
    simulation.run(60)
    expect(decisions()).toEqual([50, 50, undefined])
    propose('n3', 1)
    simulation.apply({ type: 'heal' })
    simulation.run(2000)
    expect(decisions()).toEqual([50, 50, 50])
  })

  it('adopts the value of the highest ballot when the proposer that chose it is gone', () => {
    const { simulation, decisions } = cluster(threshold, { nodes: 3, values: [50, 60, 1] })
    simulation.apply({ type: 'cut', from: ['n3'], to: ['n1', 'n2'] })
    simulation.run(100, () => simulation.inspect('n2')?.['accepted'] !== null)
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.run(110)
    simulation.apply({ type: 'heal' })
    simulation.run(2000)
    expect(decisions().slice(1)).toEqual([50, 50])
  })

  it('recovers promise, acceptance, value and decision after a crash, and says the decision again', () => {
    const { simulation, propose, indicated } = cluster(threshold, { nodes: 3, values: [5, 6, 7] })
    simulation.run(200)
    const before = simulation.inspect('n2')
    expect(before).toMatchObject({ promised: { number: 1, id: 'n1' }, accepted: { value: 5 }, value: 6, decision: 5 })
    simulation.apply({ type: 'crash', node: 'n2' })
    simulation.apply({ type: 'restart', node: 'n2' })
    propose('n2', 1)
    simulation.run(300)
    expect(simulation.inspect('n2')).toEqual(before)
    expect(indicated.filter(({ node }) => node === 'n2').map(({ value }) => value)).toEqual([5, 5])
  })

  it('never uses a ballot again that an earlier life of the proposer made known', () => {
    const { simulation } = cluster(threshold, { nodes: 3, values: [5, 6, 7] })
    simulation.run(100, () => numberPromised(simulation.inspect('n2')) === 1)
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.apply({ type: 'restart', node: 'n1' })
    simulation.run(100, () => simulation.inspect('n1')?.['attempt'] !== null)
    expect(simulation.inspect('n1')).toMatchObject({ attempt: { ballot: { number: 2, id: 'n1' } } })
  })

  it('tells the decision to a node that slept through it, also one without a value', () => {
    const { simulation, decisions } = cluster(threshold, { nodes: 3, values: [5, 6, undefined] })
    simulation.apply({ type: 'crash', node: 'n3' })
    simulation.run(500)
    simulation.apply({ type: 'restart', node: 'n3' })
    simulation.run(1000)
    expect(decisions()).toEqual([5, 5, 5])
  })

  it('waits for a value when none was proposed, then decides it at once', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { simulation, propose, decisions } = cluster(threshold, { nodes: 3, seed })
      simulation.run(5000)
      expect(decisions()).toEqual([undefined, undefined, undefined])
      propose('n1', 9)
      simulation.run(5080)
      expect(decisions()).toEqual([9, 9, 9])
    }
  })

  it('stands in a ballot greater than the one for which it was refused', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { simulation } = cluster(threshold, { nodes: 3, seed, values: [5, 6, 7] })
      for (const node of ['n1', 'n2']) simulation.apply({ type: 'crash', node })
      // Alone, n3 stands again and again, each time in a greater ballot.
      simulation.run(10_000)
      const known = Number(numberPromised(simulation.inspect('n3')))
      expect(known).toBeGreaterThan(10)
      simulation.apply({ type: 'restart', node: 'n1' })
      const numberTried = () =>
        Number((simulation.inspect('n1')?.['attempt'] as { ballot: Inspection } | null)?.ballot['number'])
      simulation.run(12_000, () => numberTried() === 1)
      simulation.run(12_000, () => numberTried() > 1 || simulation.root('n1').decision !== undefined)
      expect(Number(numberPromised(simulation.inspect('n1')))).toBeGreaterThanOrEqual(known)
    }
  })

  it('decides although a proposer that hears nothing interrupts again and again', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { simulation, decisions } = cluster(threshold, { nodes: 5, seed, values: [1, 2, 3, 4, 5] })
      simulation.apply({ type: 'cut', from: ['n2', 'n3', 'n4', 'n5'], to: ['n1'] })
      simulation.run(5000)
      expect(
        decisions()
          .slice(1)
          .map((each) => each !== undefined),
      ).toEqual([true, true, true, true])
    }
  })

  it('decides although messages take twelve times as long as was assumed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { simulation, decisions } = cluster(threshold, { nodes: 5, seed, values: [1, 2, 3, 4, 5] })
      simulation.apply({ type: 'links', conditions: { minDelayMs: 108, maxDelayMs: 120 } })
      simulation.run(10_000)
      expect(new Set(decisions()).size).toBe(1)
      expect(decisions()).not.toContain(undefined)
    }
  })

  it('refuses to be told of more faults than a minority', () => {
    expect(thrown(() => cluster(threshold, { nodes: 5, maxFaulty: 3 }))).toMatchObject({
      code: 'QUORATE_TOO_MANY_FAULTS',
      message: 'maxFaulty is 3; with n = 5 members threshold allows f ≤ 2: lower it, or have 7 members',
    })
    expect(thrown(() => cluster(threshold, { nodes: 3, maxFaulty: -1 }))).toMatchObject({
      code: 'QUORATE_INVALID_OPTION',
    })
    expect(thrown(() => cluster(threshold, { nodes: 3, values: [NaN] }))).toMatchObject({
      code: 'QUORATE_INVALID_OPTION',
    })
  })

  it('refuses to vote with a ledger that it cannot read', () => {
    const store = { get: () => new Uint8Array([1, 2, 3]) } as unknown as Store
    expect(thrown(() => new Ledger(store))).toMatchObject({ code: 'QUORATE_STATE_MALFORMED' })
  })
})

describe('threshold, beyond its model', () => {
  it('breaks nothing through nodes that might lie and do not: what nobody knows of them is not held against the others', () => {
    const schedule = (['n2', 'n4'] as const).map((node) => ({ atMs: 0, action: { type: 'byzantine', node } }) as const)
    for (let seed = 1; seed <= 40; seed++) {
      expect(runAgreement(threshold, { nodes: 5, seed, schedule }).violations).toEqual([])
    }
  })

  it('never decides, and breaks nothing else, with one node more down than a minority', () => {
    const schedule = (['n1', 'n3', 'n4'] as const).map(
      (node) => ({ atMs: 0, action: { type: 'crash', node } }) as const,
    )
    const { violations } = runAgreement(threshold, { nodes: 5, seed: 1, faults: ['crash-stop'], schedule })
    expect(violations.map(({ property }) => property)).toEqual(['termination'])
  })
})
