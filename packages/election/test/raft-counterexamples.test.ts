import { runElection, sweep } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { raft } from '../src/raft.js'

const nodes = 5

describe('raft with one more node down than it tolerates', { timeout: 120_000 }, () => {
  it('is found to break eventual agreement, and as many as it tolerates break nothing', () => {
    const run = (maxFaulty: number) => (seed: number) =>
      runElection(raft, { nodes, seed, faults: ['crash-stop'], maxFaulty })
    const { failed } = sweep({ from: 1, to: 500 }, run(raft.resilience(nodes) + 1))
    expect(failed?.violations.map(({ property }) => property)).toContain('eventual-agreement')
    expect(sweep({ from: 1, to: 100 }, run(raft.resilience(nodes))).failed).toBeUndefined()
  })
})

describe('raft with Byzantine participants, which it does not tolerate', { timeout: 120_000 }, () => {
  it('is found to have two leaders in a term: one voted for both, or one that nobody elected is believed', () => {
    const { failed } = sweep({ from: 1, to: 200 }, (seed) => {
      const result = runElection(raft, { nodes, seed, faults: ['byzantine'] })
      return { ...result, violations: result.violations.filter(({ property }) => property === 'one-leader-per-term') }
    })
    expect(failed).toBeDefined()
  })
})

it('lists no counterexample for raft that is not looked for here', () => {
  expect(raft.counterexamples).toEqual([
    { fault: 'excess-faults', breaks: 'eventual-agreement' },
    { fault: 'byzantine', breaks: 'one-leader-per-term' },
  ])
})
