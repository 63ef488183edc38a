import { etcdErrors } from '@quorate/kv'
import type { BarrierEnd, MoveLeaderEnd, ProposalEnd } from '../backend.js'
import { codes, type Status } from '../grpc/status.js'

/**
 * The refusals of etcd's server around its store, with codes and texts as clients know them; those of the store itself are `etcdErrors` of
 * `@quorate/kv`.
 *
 * etcd 3.4, `etcdserver/api/v3rpc/rpctypes/error.go`; what gRPC says of deadlines is grpc-go's.
 */
export const serverErrors = {
  noLeader: { code: codes.unavailable, message: 'etcdserver: no leader' },
  leaderChanged: { code: codes.unavailable, message: 'etcdserver: leader changed' },
  stopped: { code: codes.unavailable, message: 'etcdserver: server stopped' },
  timedOut: { code: codes.unavailable, message: 'etcdserver: request timed out' },
  tooManyRequests: { code: codes.resourceExhausted, message: 'etcdserver: too many requests' },
  notLeader: { code: codes.failedPrecondition, message: 'etcdserver: not leader' },
  badLeaderTransferee: { code: codes.failedPrecondition, message: 'etcdserver: bad leader transferee' },
  /** etcd 3.4 dies of an unknown order; later versions say this. */
  invalidSortOption: { code: codes.invalidArgument, message: 'etcdserver: invalid sort option' },
  deadlineExceeded: { code: codes.deadlineExceeded, message: 'context deadline exceeded' },
} as const satisfies Readonly<Record<string, Status>>

/** Why a proposal has no result. */
export function statusOfProposal(end: Exclude<ProposalEnd, { outcome: 'committed' }>): Status {
  // etcd says so, too, when it cannot know: whoever hears it must not take the request for undone.
  if (end.outcome === 'unknown') return serverErrors.timedOut
  switch (end.reason) {
    case 'no-leader':
      return serverErrors.noLeader
    case 'overloaded':
      return serverErrors.tooManyRequests
    case 'too-large':
      return etcdErrors.requestTooLarge
    case 'superseded':
      return serverErrors.leaderChanged
  }
}

export const statusOfBarrier: Readonly<Record<Exclude<BarrierEnd, 'ready'>, Status>> = {
  'no-leader': serverErrors.noLeader,
  'timed-out': serverErrors.timedOut,
  stopped: serverErrors.stopped,
}

export const statusOfMove: Readonly<Record<Exclude<MoveLeaderEnd, 'moved'>, Status>> = {
  'not-leader': serverErrors.notLeader,
  'bad-transferee': serverErrors.badLeaderTransferee,
  'timed-out': serverErrors.timedOut,
}
