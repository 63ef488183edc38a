import type {
  AgreementDefinition,
  ElectionDefinition,
  FailureDetectorDefinition,
  Incarnation,
  NodeId,
  StateMachine,
  Term,
  Verdict,
} from '@quorate/core'
import type { Command, RangeRequest, RangeResult, Refusal, Result } from '@quorate/kv'
import type { MemberIndication } from './composition/member.js'
import type { ProposalEnd, ReadEnd } from './composition/replicated-state.js'

/** How a node is started: see `startNode`. Names follow etcd's flags. */
export interface NodeOptions {
  /** This node's id: one of those in `initialCluster`. */
  readonly name: string
  /** Where it keeps what it must not forget. Created if missing; one process at a time. */
  readonly dataDir: string
  /** All members with the URLs at which their peers reach them: `{ n1: ['http://10.0.0.1:2380'], … }`. */
  readonly initialCluster: Readonly<Record<NodeId, readonly string[]>>
  /** Tells clusters apart that share a network. Default `quorate-cluster`. */
  readonly initialClusterToken?: string
  /** Where to listen for peers. Default: this node's own URLs in `initialCluster`. Port 0 takes a free one. */
  readonly listenPeerUrls?: readonly string[]
  /** Time between two heartbeats to the same peer, in milliseconds. Default 100. */
  readonly heartbeatIntervalMs?: number
  /** The bound on the time in which a silent peer is suspected, in milliseconds. Default 1,000. */
  readonly electionTimeoutMs?: number
  /** The longest time that a message is assumed to take, handling and disk included, in milliseconds. Default 100. */
  readonly maxDelayMs?: number
  /** How far this machine's wall clock may be off, in milliseconds. Default 50: what an ordinary time service keeps. */
  readonly clockErrorMs?: number
  /** The module that has the algorithm, the short name of one of ours, or its definition. Default `phi-accrual`. */
  readonly failureDetector?: string | FailureDetectorDefinition<unknown>
  /**
   * Likewise. Default `raft`. Only with one that carries a log do the members replicate a state: with others they elect and vote, and
   * `listenClientUrls` or `stateMachine` are refused with `QUORATE_ELECTION_CARRIES_NO_LOG`.
   */
  readonly election?: string | ElectionDefinition<unknown>
  /** Likewise. Default `threshold`. */
  readonly agreement?: string | AgreementDefinition<unknown>
  /**
   * How many nodes votes must survive: `QUORATE_TOO_MANY_FAULTS` when the agreement cannot with so few members. Default: a
   * minority, or less if the agreement survives fewer.
   */
  readonly maxFaulty?: number
  /** This node's value in a vote, a safe integer. Default: random from 1 to 100. */
  readonly voteValue?: (vote: string) => number
  /**
   * What the members replicate: every member's own, which starts with what it had applied when it was closed. Default: a key-value store
   * with etcd's data model, on disk in `dataDir`.
   */
  readonly stateMachine?: StateMachine
  /**
   * The most that the key-value store may hold, with its history, in bytes. Beyond it puts are refused. The leader's holds for all. Default
   * 2 GiB.
   */
  readonly quotaBytes?: number
  /** Where to serve the key-value store to clients that speak etcd's API. Default: nowhere. */
  readonly listenClientUrls?: readonly string[]
  /** Where clients reach this node, for those who ask for the members. Default: `listenClientUrls`. */
  readonly advertiseClientUrls?: readonly string[]
  /** Certificates for clients; without them they are served in plain text. */
  readonly clientTls?: ClientTlsOptions
  /** Certificates for peers; without them peers talk in plain text. */
  readonly peerTls?: PeerTlsOptions
  /** Where to serve `/metrics`, `/livez` and `/readyz`. Default: nowhere. */
  readonly listenMetricsUrls?: readonly string[]
  /** Gets structured log records. Default: none are written. */
  readonly logger?: NodeLogger
  /** Where relative module names of algorithms are looked up from. Default: the working directory. */
  readonly resolveFrom?: string
}

/** Files in PEM format, as etcd's `--peer-*` flags name them. */
export interface PeerTlsOptions {
  readonly certFile: string
  readonly keyFile: string
  readonly trustedCaFile: string
  /** Whether peers must show a certificate that `trustedCaFile` vouches for. Default true. */
  readonly clientCertAuth?: boolean
}

/** Likewise, as etcd's flags for clients name them. */
export interface ClientTlsOptions {
  readonly certFile: string
  readonly keyFile: string
  /** Needed with `clientCertAuth`. */
  readonly trustedCaFile?: string
  /** Whether clients must show a certificate that `trustedCaFile` vouches for. Default false. */
  readonly clientCertAuth?: boolean
}

/** The part of a structured logger that a node uses; pino has it. */
export interface NodeLogger {
  debug(data: object, message: string): void
  info(data: object, message: string): void
  warn(data: object, message: string): void
  error(data: object, message: string): void
}

/** What happened in a node. `atMs` is its wall clock's time. */
export type NodeEvent = { readonly atMs: number; readonly node: NodeId } & (
  | MemberIndication
  | { readonly type: 'peer-connected'; readonly peer: Incarnation }
  | { readonly type: 'peer-disconnected'; readonly peer: Incarnation; readonly cause: string }
  | { readonly type: 'stopping'; readonly reason: string }
)

export interface PeerStatus {
  readonly id: NodeId
  readonly connected: boolean
  readonly verdict: Verdict | undefined
  /** From 0 to 1, the threshold of suspicion, and beyond. */
  readonly suspicion: number
}

export interface NodeStatus {
  readonly id: NodeId
  readonly incarnation: number
  readonly clusterId: string
  readonly version: string
  readonly role: 'leader' | 'follower' | 'candidate'
  readonly leader: NodeId | undefined
  readonly term: Term
  readonly peers: readonly PeerStatus[]
  /** The newest votes, oldest first. */
  readonly votes: readonly { readonly vote: string; readonly value: number; readonly decision: number | undefined }[]
  readonly algorithms: { readonly failureDetector: string; readonly election: string; readonly agreement: string }
  readonly uptimeMs: number
  /** How far the replicated log has come here; `undefined` when nothing is replicated. */
  readonly replicated: ReplicatedStatus | undefined
}

/** Indexes are those of the log's entries. */
export interface ReplicatedStatus {
  readonly lastIndex: number
  readonly commitIndex: number
  readonly appliedIndex: number
  /** The key-value store's current revision; `undefined` when another state machine is replicated. */
  readonly revision: number | undefined
  /** What the key-value store holds, with its history: what the quota bounds. */
  readonly bytes: number | undefined
}

/** How a vote ended, as far as this node knows. `undecided`: not within the time given; it may still be decided. */
export type VoteOutcome =
  | { readonly outcome: 'decided'; readonly vote: string; readonly value: number }
  | { readonly outcome: 'undecided'; readonly vote: string; readonly reason: string }

/** The replicated key-value store, as seen from one member. */
export interface KeyValueHandle {
  /** Has a command carried out once, on all members. What etcd would refuse is a result, too, of type `refused`. */
  execute(command: Command): Promise<ProposalEnd<Result>>
  /**
   * Reads. Linearizable by default; `serializable` reads what this member has, at once, and may be late. It is `unavailable` when no quorum
   * could be asked in time.
   */
  range(
    request: RangeRequest,
    options?: { readonly serializable?: boolean },
  ): Promise<RangeResult | Refusal | { readonly type: 'unavailable'; readonly reason: Exclude<ReadEnd, 'ready'> }>
}

/** A node that runs. */
export interface NodeHandle {
  readonly name: NodeId
  readonly incarnation: number
  readonly clusterId: string
  /** Where it really listens for peers: with port 0 the port that it got. */
  readonly peerUrls: readonly string[]
  readonly metricsUrls: readonly string[]
  /** Where it really listens for clients. */
  readonly clientUrls: readonly string[]
  /**
   * Proposes a command to the state machine, on any member. One that finds no leader waits for it, for the time of two elections and 5
   * seconds: it is in no log then, so that trying again repeats nothing. Rejects with `QUORATE_ELECTION_CARRIES_NO_LOG` when nothing is
   * replicated.
   */
  propose(command: Uint8Array): Promise<ProposalEnd<unknown>>
  /** `ready` once the state machine of this member shows everything that had been committed anywhere when it was called. */
  read(): Promise<ReadEnd>
  /** The key-value store; `undefined` when another state machine, or nothing, is replicated. */
  readonly kv: KeyValueHandle | undefined
  readonly detector: {
    /** How strongly `peer` is suspected: 0 just after a heartbeat, 1 at the threshold. */
    level(peer: NodeId): number
    verdict(peer: NodeId): Verdict | undefined
  }
  readonly election: {
    readonly leader: NodeId | undefined
    readonly term: Term
    stand(): void
    resign(): void
  }
  readonly votes: {
    /** Calls a vote on the members' values and waits for its decision, at most `timeoutMs`, 10,000 by default. */
    call(options?: { readonly timeoutMs?: number }): Promise<VoteOutcome>
    decision(vote: string): number | undefined
  }
  status(): NodeStatus
  /** Prometheus text. */
  metrics(): Promise<string>
  /** Calls `listener` with everything that happens from now on; returns how to stop that. */
  onEvent(listener: (event: NodeEvent) => void): () => void
  /** Resolves once the node has stopped, rejects with the error when it had to. */
  readonly stopped: Promise<void>
  /**
   * Resigns, tells its peers, closes connections and the data folder. Takes at most `timeoutMs`, 3,000 by default: what is not
   * done by then is cut off.
   */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>
}
