import type { NodeId, ReplicatedLog, ReplicatedLogIndication } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { raftLog } from '@quorate/replication'
import { Simulation } from '@quorate/simulation'

/** The longest time that a message takes among them, and that the algorithms assume, in milliseconds. */
export const maxDelayMs = 10

/** Nodes with Raft's log, on links and disks that are well: the attack brings about itself what goes wrong. */
export function calmLogs(
  seed: number,
  ids: readonly NodeId[],
  indicated: (node: NodeId, indication: ReplicatedLogIndication) => void = () => {},
): Simulation<ReplicatedLog<unknown>> {
  return new Simulation<ReplicatedLog<unknown>>({
    seed,
    nodes: ids,
    links: { minDelayMs: 0.1, maxDelayMs: maxDelayMs - 1 },
    syncMs: [0.1, 1],
    protocol: () => ({
      codec: raftLog.codec,
      create: (env) => raftLog.create(env, { members: ids, maxDelayMs, election: raft }),
      listen: () => {},
    }),
    onIndication: (node, path, indication) => {
      if (path === '') indicated(node, indication as ReplicatedLogIndication)
    },
  })
}
