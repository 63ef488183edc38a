import type { ElectionDefinition } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { exploreReplicatedLog, type ExplorationResult, type ExploreLogOptions } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { raftLog } from '../src/index.js'
import { mutants, partsOf } from './mutations.js'
import type { Parts } from './support.js'

/** Three nodes, of which any may crash once and lose what is not durable, and one proposal. Raft ranks nodes only in how long they wait. */
function explore(
  options: Partial<ExploreLogOptions>,
  { log = raftLog, election = raft }: Parts = {},
): ExplorationResult {
  return exploreReplicatedLog(log, {
    nodes: 3,
    election,
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

async function mutant(mistake: string): Promise<Parts> {
  const known = mutants.find((each) => each.mistake === mistake)
  if (known === undefined) throw new Error(`no mutant "${mistake}"`)
  return partsOf(known)
}

describe('every schedule of Raft among three nodes with one proposal and one crash', () => {
  it('keeps the five properties and what is invariant, with one timer that runs out', { timeout: 300_000 }, () => {
    const result = explore({ timersInAll: 1, compareFutures: 2000 })
    expect({ found: found(result), exhaustive: result.exhaustive }).toEqual({ found: [], exhaustive: true })
    expect(result.compared).toBeGreaterThan(1000)
  })

  it('finds the vote that was not persisted', { timeout: 300_000 }, async () => {
    const parts = await mutant('a vote is not durable at all')
    const result = explore({ timersInAll: 2 }, parts)
    expect(result.violations.map(({ property }) => property)).toEqual(['quorum-support'])
    // Without the invariant, which sees the promise gone: what comes of that.
    const election = { ...(parts.election as ElectionDefinition<unknown>), invariants: [] }
    const unseen = explore({ timersInAll: 2 }, { election })
    expect(unseen.violations.map(({ property }) => property)).toEqual(['election-safety'])
    expect(found(unseen).join('\n')).toMatch(/crashes/)
  })

  it('finds the position that was not compared', { timeout: 300_000 }, async () => {
    const result = explore({ timersInAll: 2 }, await mutant('a voter does not compare how far logs have come'))
    expect(result.violations.map(({ property }) => property)).toEqual(['leader-completeness'])
  })
})
