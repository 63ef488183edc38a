import type { Abstraction } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { exploreReplicatedLog, type ExplorationResult, type ExploreLogOptions } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { raftLog } from '../src/index.js'

/**
 * Three nodes, any of which may, unless it is said otherwise, crash once and lose what is not durable, and one proposal. Raft ranks nodes
 * only in how long they wait.
 */
function explore(options: Partial<ExploreLogOptions>, log = raftLog): ExplorationResult {
  return exploreReplicatedLog(log, {
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

/** Without what is said of messages that do nothing any more. */
function telling<Definition extends { readonly abstraction?: Abstraction<never> }>(definition: Definition): Definition {
  const { timeless } = definition.abstraction ?? {}
  return { ...definition, abstraction: { ...(timeless !== undefined && { timeless }) } }
}

describe('every schedule of Raft among three nodes, to where nothing can happen any more,', () => {
  it.each([
    { timersInAll: 2, crashes: 1, proposals: 1 },
    { timersInAll: 3, crashes: 0, proposals: 1 },
    { timersInAll: 3, crashes: 1, proposals: 0 },
  ])('keeps the five properties and what is invariant, with %o', { timeout: 600_000 }, (bounds) => {
    const result = explore({ ...bounds, compareFutures: 300 })
    expect({ found: found(result), exhaustive: result.exhaustive }).toEqual({ found: [], exhaustive: true })
    expect(result.compared).toBeGreaterThan(200)
  })

  it(
    'comes to the same states of the nodes, where what does nothing any more is left out',
    { timeout: 600_000 },
    () => {
      const bounds = { timersInAll: 1, symmetric: false }
      const fewer = explore(bounds)
      const all = explore({ ...bounds, election: telling(raft) }, telling(raftLog))
      expect(fewer).toMatchObject({ exhaustive: true, violations: [], hash: all.hash, nodeStates: all.nodeStates })
      expect(fewer.states).toBeLessThan(all.states)
    },
  )
})
