import type { ElectionDefinition } from '@quorate/core'
import { exploreReplicatedLog, type ExplorationResult } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { importParts } from '../src/import-parts.js'

type Parts = Awaited<ReturnType<typeof importParts>>

/** Three nodes, of which any may crash once and lose what is not durable, and one proposal; two timers run out. */
function explore({ raftLog }: Parts, election: ElectionDefinition<unknown>): ExplorationResult {
  return exploreReplicatedLog<unknown>(raftLog, {
    nodes: 3,
    election,
    timers: 2,
    timersInAll: 2,
    crashes: 1,
    proposals: 1,
    symmetric: true,
    maxStates: 2_000_000,
  })
}

const properties = ({ violations }: ExplorationResult): readonly string[] => violations.map(({ property }) => property)

describe('every schedule of Raft among three nodes with one proposal and one crash', { timeout: 300_000 }, () => {
  it('finds the vote that was not persisted', async () => {
    const parts = await importParts('ballot-not-durable')
    expect(properties(explore(parts, parts.raft))).toEqual(['quorum-support'])
    // Without the invariant, which sees the promise gone: what comes of that.
    const unseen = explore(parts, { ...parts.raft, invariants: [] })
    expect(properties(unseen)).toEqual(['election-safety'])
    expect(unseen.violations.flatMap(({ steps }) => steps.map(({ what }) => what)).join('\n')).toMatch(/crashes/)
  })

  it('finds the position that was not compared', async () => {
    const parts = await importParts('position-not-compared')
    expect(properties(explore(parts, parts.raft))).toEqual(['leader-completeness'])
  })
})
