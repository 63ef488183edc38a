import { raft } from '@quorate/election/raft'
import { raftLog } from '@quorate/replication'
import { exploreReplicatedLog } from '@quorate/simulation'
import type { Violations } from './attack.js'

/**
 * Every schedule of the replicated log on Raft's election among three nodes, of which any may crash once and lose what is not durable, with
 * one proposal, until two timers have run out: as many states of that as are asked for, the shortest schedules first.
 */
export function exploreLog(maxStates: number): Violations {
  const { violations } = exploreReplicatedLog(raftLog, {
    nodes: 3,
    election: raft,
    timers: 2,
    timersInAll: 2,
    crashes: 1,
    proposals: 1,
    symmetric: true,
    maxStates,
  })
  return violations.map(({ property, what }) => ({ property, what, atMs: 0 }))
}
