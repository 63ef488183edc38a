import { faults as faultKinds, isQuorateError, type Definition, type FaultKind } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseScenario,
  printScenario,
  runScenario,
  scenarioOf,
  shrink,
  type RunOptions,
  type Scenario,
  type ShrinkOptions,
} from '../src/index.js'
import { ddmin } from '../src/shrink/ddmin.js'
import { episodesOf, mostFaulty, scheduleFrom, withoutEnd } from '../src/shrink/episodes.js'
import { importMutant } from './mutant.js'
import type * as flooding from './support/flooding-vote.js'
import { raftElection } from './support/raft-election.js'
import type * as raft from './support/raft-election.js'
import * as wrong from './wrong-algorithms.js'

const everything = (Object.keys(faultKinds) as FaultKind[]).filter(
  (kind) => !['torn-write', 'bit-rot', 'lost-write', 'byzantine'].includes(kind),
)

/** The first of a thousand seeds that fails, as a scenario. */
function failing(algorithm: Definition, options: Omit<RunOptions, 'seed'>): Scenario {
  for (let seed = 1; seed <= 1000; seed++) {
    const scenario = scenarioOf({ algorithm }, { ...options, seed })
    if (runScenario(scenario, { algorithm }).violations.length > 0) return scenario
  }
  throw new Error(`${algorithm.name} never fails`)
}

function shrunk(algorithm: Definition, scenario: Scenario, options: ShrinkOptions = {}) {
  const run = (candidate: Scenario) => runScenario(candidate, { algorithm })
  const result = shrink(scenario, run, { resilience: algorithm.resilience, ...options })
  // Whatever it says it found is so, and can be kept.
  expect(parseScenario(printScenario(result.scenario))).toEqual(result.scenario)
  const again = runScenario(result.scenario, { algorithm })
  expect(again.violations.map(({ property }) => property)).toContain(result.property)
  expect(again.hash).toBe(result.result.hash)
  expect(mostFaulty(result.scenario.schedule)).toBeLessThanOrEqual(result.scenario.maxFaulty)
  return result
}

describe('ddmin', () => {
  it('leaves exactly what is needed, in its order, when every item counts for itself', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(99), { maxLength: 60 }),
        fc.array(fc.nat(99), { maxLength: 5 }),
        (items, wanted) => {
          const needed = items.filter((item) => wanted.includes(item))
          const fails = (some: readonly number[]) => needed.every((item) => some.includes(item))
          expect(ddmin(items, fails)).toEqual(needed)
        },
      ),
    )
  })

  it('leaves nothing of which one item could be left out, whatever fails', () => {
    const fails = (some: readonly number[]) => some.length % 3 === 0 && some.includes(7)
    const rest = ddmin(
      Array.from({ length: 30 }, (_, item) => item),
      fails,
    )
    expect(fails(rest)).toBe(true)
    expect(rest.some((_, left) => fails(rest.filter((__, index) => index !== left)))).toBe(false)
  })
})

describe('episodes', () => {
  const schedules = Array.from({ length: 200 }, (_, seed) => {
    const options = { nodes: 5, seed, faults: everything, chaosMs: 1000 }
    return scenarioOf({ algorithm: raftElection }, { ...options, maxFaulty: (seed % 4) + 1 })
  })

  it('hold all of a schedule, and each of them what ends what it begins', () => {
    for (const { schedule } of schedules) {
      const episodes = episodesOf(schedule)
      // In what order links are cut or mended at the same time makes no difference.
      const texts = (faults: typeof schedule) => faults.map((fault) => JSON.stringify(fault)).sort()
      expect(texts(scheduleFrom(episodes))).toEqual(texts(schedule))
      const times = scheduleFrom(episodes).map(({ atMs }) => atMs)
      expect(times).toEqual(schedule.map(({ atMs }) => atMs))
      for (const episode of episodes) {
        expect(withoutEnd(episode).length).toBeGreaterThan(0)
        const types = episode.map(({ action }) => action.type)
        if (types.includes('pause') && episode.length > 1) expect(types).toEqual(['pause', 'resume'])
        if (types.includes('cut')) expect(types.filter((type) => type === 'cut').length).toBeLessThanOrEqual(2)
      }
    }
    const shapes = schedules.flatMap(({ schedule }) =>
      episodesOf(schedule).map((episode) => episode.map(({ action }) => action.type).join(' ')),
    )
    expect(shapes).toEqual(expect.arrayContaining(['cut cut mend mend', 'cut mend', 'pause resume', 'crash spare']))
  })

  it('tell how many nodes are faulty at a time: in what is drawn never more than may be', () => {
    for (const { schedule, maxFaulty } of schedules) expect(mostFaulty(schedule)).toBeLessThanOrEqual(maxFaulty)
    expect(Math.max(...schedules.map(({ schedule }) => mostFaulty(schedule)))).toBe(4)
    const crash = (node: string, restartAfterMs?: number) => ({
      atMs: 10,
      action: { type: 'crash', node, ...(restartAfterMs !== undefined && { restartAfterMs }) } as const,
    })
    expect(mostFaulty([crash('n1', 5), { ...crash('n2'), atMs: 15 }])).toBe(2)
    expect(mostFaulty([crash('n1', 5), { ...crash('n2'), atMs: 16 }])).toBe(1)
    expect(mostFaulty([crash('n1'), { ...crash('n2'), atMs: 1000 }])).toBe(2)
    const lying = (node: string, atMs: number, lies: boolean) =>
      ({ atMs, action: { type: 'lying-disk', node, lies } }) as const
    const [first, second] = [lying('n1', 10, true), lying('n2', 20, true)]
    expect(mostFaulty([first, lying('n1', 15, false), second, lying('n2', 25, false)])).toBe(1)
    expect(mostFaulty([first, second, lying('n2', 25, false)])).toBe(2)
  })
})

describe('shrink', { timeout: 120_000 }, () => {
  it.each([
    [
      'that is forgotten in a crash',
      "this.#env.store.put('ballot', memory.encode({ type: 'ballot', term, votedFor }))",
      '',
      { faults: 5, requests: 2 },
    ],
    [
      'that is sent before it is durable',
      "this.#env.send(from.id, { type: 'vote', term: this.#term, granted })",
      "this.#env.send(from.id, { type: 'vote', term: this.#term, granted }, 0 as never)",
      { faults: 6, requests: 3 },
    ],
    ['that is cast twice', 'current && (this.#votedFor ?? from.id) === from.id', 'current', { faults: 1, requests: 2 }],
  ])('says of a vote %s what it takes, in a handful of faults and requests', async (_, original, mistake, most) => {
    const { raftElection: mutant } = await importMutant<typeof raft>('support/raft-election.ts', original, mistake)
    const { from, to } = shrunk(mutant, failing(mutant, { nodes: 5 }))
    expect(from.faults + from.requests).toBeGreaterThan(15)
    expect(to.faults).toBeLessThanOrEqual(most.faults)
    expect(to.requests).toBeLessThanOrEqual(most.requests)
  })

  it('finds that a vote of one round too few needs one crash in a broadcast', async () => {
    const { floodingVote } = await importMutant<typeof flooding>(
      'support/flooding-vote.ts',
      'this.#last = options.maxFaulty + 1',
      'this.#last = Math.max(1, options.maxFaulty)',
    )
    const before = failing(floodingVote, { nodes: 4, maxFaulty: 1 })
    const { scenario, property } = shrunk(floodingVote, before)
    expect(property).toBe('uniform-agreement')
    const action = { type: 'crash', node: expect.any(String), afterSends: expect.any(Number), forGood: true }
    expect(scenario.schedule).toEqual([{ atMs: expect.any(Number), action }])
    expect(scenario.faults).toEqual(['crash-stop', 'reordering'])
    expect(new Set(scenario.values)).toEqual(new Set([1, 2, 3, 4]))
  })

  const crowded = (algorithm: Definition) =>
    scenarioOf({ algorithm }, { nodes: 5, seed: 3, faults: everything, maxFaulty: 2 })

  it('comes down to nothing when nothing is needed: one node that names nobody', () => {
    const { scenario, from, to } = shrunk(wrong.nobodyLeads, crowded(wrong.nobodyLeads))
    expect(from.faults).toBeGreaterThan(10)
    expect(to).toEqual({ nodes: 1, faults: 0, requests: 0, chaosMs: 0 })
    expect(scenario).toMatchObject({
      violates: ['eventual-agreement'],
      schedule: [],
      requests: [],
      faults: ['reordering'],
    })
  })

  it('lets no message overtake another, or take longer, where that is no fault of the run', () => {
    const algorithm = wrong.nobodyLeads
    const shrunkWith = (faults: readonly FaultKind[], maxDelayMs: number) =>
      shrunk(algorithm, scenarioOf({ algorithm }, { nodes: 3, seed: 1, faults, maxDelayMs })).scenario
    const links = (minDelayMs: number, maxDelayMs: number, ordered: boolean) => [
      { atMs: 0, action: { type: 'links', conditions: { minDelayMs, maxDelayMs, ordered } } },
    ]
    expect(shrunkWith(['crash-stop'], 10)).toMatchObject({ faults: [], schedule: links(1, 10, true) })
    expect(shrunkWith(['reordering'], 0.5)).toMatchObject({ schedule: links(0.05, 0.5, true) })
    expect(shrunkWith(['reordering'], 10)).toMatchObject({ faults: ['reordering'], schedule: [] })
  })

  it('leaves out no node when nobody says how many may fail of fewer', () => {
    const algorithm = wrong.nobodyLeads
    const { to } = shrink(crowded(algorithm), (candidate) => runScenario(candidate, { algorithm }))
    expect(to.nodes).toBe(5)
  })

  it('calls whoever is left behind by its new name when a node before it is left out', () => {
    const others = ['n1', 'n2', 'n3']
    const cut = (from: readonly string[], to: readonly string[]) => ({
      atMs: 100,
      action: { type: 'cut', from, to, forGood: 'n4' } as const,
    })
    const algorithm = wrong.lastLeads
    const schedule = [cut(['n4'], others), cut(others, ['n4'])]
    const before = scenarioOf({ algorithm }, { nodes: 4, seed: 1, faults: ['partition'], chaosMs: 100, schedule })
    const { scenario, property } = shrunk(algorithm, { ...before, requests: [] })
    expect(property).toBe('eventual-accuracy')
    expect(scenario.nodes).toBe(2)
    expect(scenario.schedule).toMatchObject([
      { action: { type: 'cut', from: ['n2'], to: ['n1'], forGood: 'n2' } },
      { action: { type: 'cut', from: ['n1'], to: ['n2'], forGood: 'n2' } },
    ])
  })

  it('keeps the property that the scenario was kept for, or that is asked for', () => {
    const scenario = crowded(wrong.allLead)
    expect(shrunk(wrong.allLead, { ...scenario, violates: ['eventual-agreement'] }).property).toBe('eventual-agreement')
    const { property } = shrunk(wrong.allLead, scenario, { property: 'one-leader-at-a-time' })
    expect(property).toBe('one-leader-at-a-time')
  })

  it('makes no more runs than it may, and stops when it is told to, with the best that it has', () => {
    const scenario = crowded(wrong.nobodyLeads)
    expect(shrunk(wrong.nobodyLeads, scenario, { maxRuns: 3 }).runs).toBe(3)
    const runs: number[] = []
    const stopped = shrunk(wrong.nobodyLeads, scenario, {
      proceed: (progress) => {
        runs.push(progress.runs)
        return progress.size.faults > 0
      },
    })
    expect(stopped.to.faults).toBe(0)
    expect(runs.at(-1)).toBe(stopped.runs)
    expect(stopped.runs).toBeLessThan(shrunk(wrong.nobodyLeads, scenario).runs)
  })

  it('goes on from no run that throws, and tells what was thrown', () => {
    const algorithm = wrong.nobodyLeads
    const thrown = new Error('with fewer than three nodes it throws')
    const { to, errors } = shrink(
      crowded(algorithm),
      (candidate) => {
        if (candidate.nodes < 3) throw thrown
        return runScenario(candidate, { algorithm })
      },
      { resilience: algorithm.resilience },
    )
    expect(to.nodes).toBe(3)
    expect(errors).toContain(thrown)
  })

  it('refuses what does not fail, or not as is asked for', () => {
    const code = (action: () => unknown): unknown => {
      try {
        return action()
      } catch (error) {
        return isQuorateError(error) ? error.code : error
      }
    }
    const calm = scenarioOf({ algorithm: wrong.firstLeads }, { nodes: 3, seed: 1, faults: [] })
    expect(code(() => shrunk(wrong.firstLeads, calm))).toBe('QUORATE_NOTHING_TO_SHRINK')
    const scenario = { ...crowded(wrong.nobodyLeads), violates: ['validity'] }
    expect(code(() => shrunk(wrong.nobodyLeads, scenario))).toBe('QUORATE_NOTHING_TO_SHRINK')
  })
})
