import type { NodeId } from '@quorate/core'
import type { EtcdBackend, EtcdMember, MoveLeaderEnd } from '@quorate/etcd-api'
import type { KeyValueStateMachine, Result } from '@quorate/kv'
import type { ProposalEnd } from './composition/replicated-state.js'
import { leaderChange } from './leader-change.js'
import { clusterNumber, memberNumber } from './member-ids.js'
import type { NodeEvent, NodeStatus } from './node-handle.js'
import type { RequestQueue } from './request-queue.js'
import { version } from './version.js'

/** What the services for clients need of a node. */
export interface ServedNode {
  readonly name: NodeId
  readonly clusterId: string
  /** All members with their peer URLs. */
  readonly members: Readonly<Record<NodeId, readonly string[]>>
  readonly kv: KeyValueStateMachine
  readonly requests: RequestQueue
  /** How long to wait until another member has taken over, in milliseconds. */
  readonly handOverMs: number
  leader(): NodeId | undefined
  term(): number
  replicated(): NonNullable<NodeStatus['replicated']>
  clientUrls(member: NodeId): readonly string[]
  transfer(to: NodeId): void
  onEvent(listener: (event: NodeEvent) => void): () => void
}

/** A node as etcd's services want it: members and clusters have numbers. */
export function etcdBackend(node: ServedNode): EtcdBackend {
  const { clusterId, kv, requests } = node
  const names = Object.keys(node.members)
  const numbers = new Map(names.map((name) => [name, memberNumber(clusterId, name)]))
  const numberOf = (name: NodeId | undefined): bigint => (name === undefined ? 0n : (numbers.get(name) ?? 0n))
  return {
    clusterId: clusterNumber(clusterId),
    memberId: numberOf(node.name),
    state: kv,
    term: () => node.term(),
    leaderId: () => numberOf(node.leader()),
    members: () =>
      names.map((name): EtcdMember => ({
        id: numberOf(name),
        name,
        peerUrls: node.members[name] ?? [],
        clientUrls: node.clientUrls(name),
      })),
    status: () => {
      const { commitIndex, appliedIndex } = node.replicated()
      return {
        version,
        raftIndex: commitIndex,
        raftAppliedIndex: appliedIndex,
        dbSizeBytes: kv.bytes,
        dbSizeInUseBytes: kv.bytes,
      }
    },
    propose: (command, done) => requests.propose(command, (end) => done(end as ProposalEnd<Result>)),
    readBarrier: (done) => requests.read(done),
    moveLeader: (target, done) => {
      const to = names.find((name) => numberOf(name) === target)
      setImmediate(() => void moveLeader(node, to, done))
    },
  }
}

async function moveLeader(node: ServedNode, to: NodeId | undefined, done: (end: MoveLeaderEnd) => void): Promise<void> {
  if (node.leader() !== node.name) return done('not-leader')
  if (to === undefined) return done('bad-transferee')
  if (to === node.name) return done('moved')
  const moved = leaderChange(node.onEvent, (leader) => leader === to, node.handOverMs)
  node.transfer(to)
  if (await moved) done('moved')
  else done(node.leader() === node.name ? 'timed-out' : 'not-leader')
}
