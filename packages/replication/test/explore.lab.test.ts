import { raft } from '@quorate/election/raft'
import { exploreReplicatedLog, type ExplorationResult, type ExploreLogOptions } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { raftLog } from '../src/index.js'

/** Three nodes, of which any may crash once and lose what is not durable, and one proposal. Raft ranks nodes only in how long they wait. */
function explore(options: Partial<ExploreLogOptions>): ExplorationResult {
  return exploreReplicatedLog(raftLog, {
    nodes: 3,
    election: raft,
    timers: 2,
    crashes: 1,
    proposals: 1,
    symmetric: true,
    maxStates: 2_000_000,
    ...options,
  })
}

/** What is found in words, with the steps. */
function found({ violations }: ExplorationResult): readonly string[] {
  return violations.flatMap(({ property, what, steps }) => [
    `${property}: ${what}`,
    ...steps.map((step) => `${step.node} ${step.what}`),
  ])
}

describe('every schedule of Raft among three nodes with one proposal and one crash', () => {
  it('keeps the five properties and what is invariant, with one timer that runs out', { timeout: 300_000 }, () => {
    const result = explore({ timersInAll: 1, compareFutures: 2000 })
    expect({ found: found(result), exhaustive: result.exhaustive }).toEqual({ found: [], exhaustive: true })
    expect(result.compared).toBeGreaterThan(1000)
  })
})
