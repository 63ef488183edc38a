import type { ReplicatedLogDefinition } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { explain, runReplicatedLog, sweep } from '@quorate/simulation'
import { raftLog } from '../src/index.js'

/** A sweep of a log on Raft's election; what failed, in words, with the command that replays it. */
export function violations(
  definition: ReplicatedLogDefinition<unknown>,
  seeds: { readonly from: number; readonly to: number },
  nodes: number,
): string | undefined {
  return explain(sweep(seeds, (seed) => runReplicatedLog(definition, { nodes, seed, election: raft, chaosMs: 600 })))
}

export const shipped = raftLog
