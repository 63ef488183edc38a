import type { KeyValueStateMachine, Result } from '@quorate/kv'

/** The state that is read. It changes only between two calls of this package. */
export type KeyValueState = Pick<KeyValueStateMachine, 'range' | 'readTxn' | 'hashing' | 'revision' | 'noSpace'>

export interface EtcdMember {
  /** Unsigned, 64 bits, not 0. */
  readonly id: bigint
  readonly name: string
  readonly peerUrls: readonly string[]
  readonly clientUrls: readonly string[]
}

/** What a member tells of itself when it is asked for its status. */
export interface EtcdStatus {
  /** The version of the server, as `3.4.0`. */
  readonly version: string
  /** The last index that is committed, as far as this member knows. */
  readonly raftIndex: number
  readonly raftAppliedIndex: number
  /** Bytes that the store takes on disk. */
  readonly dbSizeBytes: number
  /** Those of them that hold something. */
  readonly dbSizeInUseBytes: number
}

/** `rejected`: certainly not applied, now or later. `unknown`: it may have been applied, or may yet be. */
export type ProposalEnd =
  | { readonly outcome: 'committed'; readonly result: Result }
  | { readonly outcome: 'rejected'; readonly reason: 'no-leader' | 'overloaded' | 'too-large' | 'superseded' }
  | { readonly outcome: 'unknown' }

/** Only after `ready` may a linearizable read be answered. */
export type BarrierEnd = 'ready' | 'no-leader' | 'timed-out' | 'stopped'

export type MoveLeaderEnd = 'moved' | 'not-leader' | 'bad-transferee' | 'timed-out'

/**
 * The node, as these services need it. Every `done` is called exactly once, never within the call that it was given to; the services
 * give up on their own once a request's time is over, and then ignore it.
 */
export interface EtcdBackend {
  readonly clusterId: bigint
  readonly memberId: bigint
  /** Read anew for each request: it may be replaced. */
  readonly state: KeyValueState
  term(): number
  /** 0n while no leader is known. */
  leaderId(): bigint
  members(): readonly EtcdMember[]
  status(): EtcdStatus
  /** Replicates a command, encoded by `encodeCommand` of `@quorate/kv`, and tells its result once it is applied here. */
  propose(command: Uint8Array, done: (end: ProposalEnd) => void): void
  /** Tells when `state` has applied all that was committed anywhere before this call. */
  readBarrier(done: (end: BarrierEnd) => void): void
  /** Hands leadership to another member, if this one leads. `moved` once this member knows that the other leads. */
  moveLeader(target: bigint, done: (end: MoveLeaderEnd) => void): void
}
