import { describe, expect, it } from 'vitest'
import type { ElectionDefinition } from '@quorate/core'
import { runElection, sweep, type RunOptions, type ScheduledFault } from '@quorate/simulation'
import { bully } from '../src/bully.js'
import { timestamp } from '../src/timestamp.js'

const nodes = 5

/** The first run within 500 seeds in which `breaks` does not hold any more. */
function broken<M>(definition: ElectionDefinition<M>, breaks: string, beyond: Partial<RunOptions>): number | undefined {
  let found: number | undefined
  for (let seed = 1; seed <= 500 && found === undefined; seed++) {
    const { violations } = runElection(definition, { nodes, seed, ...beyond })
    if (violations.some(({ property }) => property === breaks)) found = seed
  }
  return found
}

describe.each(bully.counterexamples.map(({ fault, breaks }) => [fault, breaks] as const))(
  'bully under %s, which it does not tolerate',
  { timeout: 120_000 },
  (fault, breaks) => {
    it(`is found to break ${breaks}`, () => {
      if (fault === 'excess-faults') throw new Error('it tolerates all nodes but one')
      expect(broken(bully, breaks, { faults: [fault] })).toBeDefined()
    })
  },
)

describe('bully by clocks that run twice as fast, which it does not tolerate', { timeout: 120_000 }, () => {
  const links: ScheduledFault = { atMs: 0, action: { type: 'links', conditions: { minDelayMs: 5, maxDelayMs: 10 } } }
  const clocks = ['n1', 'n2', 'n3', 'n4', 'n5'].map((node): ScheduledFault => {
    return { atMs: 0, action: { type: 'clock', node, ratePpm: 1_000_000 } }
  })

  it('is found to break what it says a broken clock breaks, and nothing without them', () => {
    const breaks = bully.family === 'clocks' ? bully.brokenClockBreaks : []
    expect(breaks).toEqual(['one-leader-at-a-time'])
    expect(broken(bully, 'one-leader-at-a-time', { schedule: [links, ...clocks] })).toBeDefined()
    expect(broken(bully, 'one-leader-at-a-time', { schedule: [links] })).toBeUndefined()
  })
})

describe('timestamp with one more node down than it tolerates', { timeout: 120_000 }, () => {
  const maxFaulty = timestamp.resilience(nodes)

  it('is found to break eventual agreement, and as many as it tolerates break nothing', () => {
    const run = (faulty: number) => (seed: number) =>
      runElection(timestamp, { nodes, seed, faults: ['crash-stop'], maxFaulty: faulty })
    const { failed } = sweep({ from: 1, to: 500 }, run(maxFaulty + 1))
    expect(failed?.violations.map(({ property }) => property)).toContain('eventual-agreement')
    expect(sweep({ from: 1, to: 100 }, run(maxFaulty)).failed).toBeUndefined()
  })
})

describe('timestamp on links that change messages, which it does not tolerate', { timeout: 120_000 }, () => {
  it('is found to break quorum support: a leader is named whom nobody elected', () => {
    expect(broken(timestamp, 'quorum-support', { faults: ['corruption'] })).toBeDefined()
  })
})

describe('timestamp with Byzantine participants, which it does not tolerate', { timeout: 120_000 }, () => {
  it('is found to break eventual agreement: leaders are named whom nobody elected', () => {
    expect(broken(timestamp, 'eventual-agreement', { faults: ['byzantine'] })).toBeDefined()
  })
})

it('lists no counterexample for timestamp that is not looked for here', () => {
  expect(timestamp.counterexamples).toEqual([
    { fault: 'excess-faults', breaks: 'eventual-agreement' },
    { fault: 'corruption', breaks: 'quorum-support' },
    { fault: 'byzantine', breaks: 'eventual-agreement' },
  ])
})
