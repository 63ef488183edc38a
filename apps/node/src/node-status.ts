import type { NodeId } from '@quorate/core'
import type { KeyValueStateMachine } from '@quorate/kv'
import type { Member } from './composition/member.js'
import type { NodeStatus, ReplicatedStatus } from './node-handle.js'
import type { NodeSettings } from './node-settings.js'
import { version } from './version.js'

/** Where a node's status is read. */
export interface StatusSource {
  readonly settings: NodeSettings
  readonly incarnation: number
  readonly root: Member
  readonly kv: KeyValueStateMachine | undefined
  readonly connected: ReadonlyMap<NodeId, unknown>
  readonly uptimeMs: number
}

export function nodeStatus(source: StatusSource): NodeStatus {
  const { incarnation, root, connected, uptimeMs } = source
  const { name, clusterId, members, failureDetector, election, agreement } = source.settings
  const { leader, term } = root.election
  return {
    id: name,
    incarnation,
    clusterId,
    version,
    role: leader === name ? 'leader' : leader === undefined ? 'candidate' : 'follower',
    leader,
    term,
    peers: members
      .filter((id) => id !== name)
      .map((id) => ({
        id,
        connected: connected.has(id),
        verdict: root.detector.verdict(id),
        suspicion: root.detector.level(id),
      })),
    votes: root.votes.list(),
    algorithms: { failureDetector: failureDetector.name, election: election.name, agreement: agreement.name },
    uptimeMs,
    replicated: replicatedStatus(source),
  }
}

export function replicatedStatus({
  root: { state },
  kv,
}: Pick<StatusSource, 'root' | 'kv'>): ReplicatedStatus | undefined {
  if (state === undefined) return undefined
  return {
    lastIndex: state.log.position.index,
    commitIndex: state.log.commitIndex,
    appliedIndex: state.appliedIndex,
    revision: kv?.revision,
    bytes: kv?.bytes,
  }
}
