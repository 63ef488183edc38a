export { startNode } from './start-node.js'
export type {
  ClientTlsOptions,
  NodeEvent,
  KeyValueHandle,
  NodeHandle,
  NodeLogger,
  NodeOptions,
  NodeStatus,
  PeerStatus,
  PeerTlsOptions,
  ReplicatedStatus,
  VoteOutcome,
} from './node-handle.js'
export { Member, member, type MemberIndication, type MemberOptions } from './composition/member.js'
export type { Proposal, ProposalEnd, Read, ReadEnd } from './composition/replicated-state.js'
export type { VoteIndication } from './composition/votes.js'
export { connectControl, type ControlClient, type RemoteStatus } from './control/control-client.js'
export { ProcessCluster, type ProcessClusterOptions } from './processes/process-cluster.js'
