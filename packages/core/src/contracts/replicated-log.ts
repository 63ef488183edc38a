import type { Codec } from '../codec/codec.js'
import type { Declaration, Invariant } from '../declaration.js'
import type { Environment } from '../environment.js'
import type { ForgeContext } from '../forge.js'
import type { Abstraction } from '../abstraction.js'
import type { NodeId } from '../ids.js'
import type { Protocol } from '../protocol.js'
import type { Random } from '../random.js'
import type { ElectionDefinition, LogPosition, Term } from './election.js'
import type { Verdict } from './failure-detector.js'

/**
 * How a proposal ended. `rejected`: it is in no log and never will be. `unknown`: it may have been committed, or may yet be; only
 * the proposer can tell whether repeating it is safe.
 */
export type ProposalOutcome =
  | { readonly outcome: 'committed'; readonly index: number; readonly term: Term }
  | { readonly outcome: 'rejected'; readonly reason: RejectionReason }
  | { readonly outcome: 'unknown'; readonly reason: 'timed-out' }

/**
 * `overloaded`: accepting it would exceed a bound on what is not committed yet. `superseded`: a later leader has committed, and
 * what was proposed before that and is not in the log cannot come into it any more.
 */
export type RejectionReason = 'no-leader' | 'overloaded' | 'too-large' | 'superseded'

/** An entry of a replicated log. Entries without a command only mark the beginning of a term. */
export interface LogEntry {
  readonly index: number
  readonly term: Term
  readonly command: Uint8Array | undefined
}

export type ReplicatedLogIndication =
  | { readonly type: 'leader-changed'; readonly leader: NodeId | undefined; readonly term: Term }
  /** The next entries, in order of their indexes, none left out. They are durable here and will never change. */
  | { readonly type: 'committed'; readonly entries: readonly LogEntry[] }
  | { readonly type: 'proposal-ended'; readonly proposal: number; readonly outcome: ProposalOutcome }
  /** A state that has applied everything up to `index` may answer the reads of `barrier`; without an index they must not be answered. */
  | { readonly type: 'barrier-ended'; readonly barrier: number; readonly index: number | undefined }

/** A log that every node reads the same. */
export interface ReplicatedLog<Message> extends Protocol<Message> {
  readonly leader: NodeId | undefined
  readonly term: Term
  /** Everything up to here is committed, as far as this node knows, and has been indicated here. */
  readonly commitIndex: number
  /** How far the log has come, committed or not. */
  readonly position: LogPosition
  /**
   * Proposes commands, in this order, on any node; what is proposed at once is written and sent together. The end of each is indicated
   * with its number: the first has the one returned, each further one the next.
   */
  propose(commands: readonly Uint8Array[]): number
  /** Asks, on any node, from which index on a state is current enough for a linearizable read. Its end is indicated with the returned number. */
  readBarrier(): number
  /** The entry at an index; `undefined` beyond the log's ends. */
  entry(index: number): LogEntry | undefined
  /** Becomes a candidate as soon as the election allows. */
  stand(): void
  /** If this node leads: brings `to` level and hands leadership over to it. */
  transfer(to: NodeId): void
  /** Lets go of leadership, to a member that is level if there is one. */
  resign(): void
  /** A failure detector began to suspect `peer`. */
  suspect(peer: NodeId, verdict: Verdict): void
  /** A failure detector trusts `peer` again. */
  restore(peer: NodeId): void
}

/** The five properties of Raft (D. Ongaro and J. Ousterhout, USENIX ATC 2014, figure 3), and two of what is built on it. */
export type ReplicatedLogProperty =
  /** At most one leader is elected in a term. */
  | 'election-safety'
  /** A leader never changes or removes entries of its log, it only appends. */
  | 'leader-append-only'
  /** Logs that have an entry with the same index and term are the same up to it. */
  | 'log-matching'
  /** What is committed in a term is in the logs of the leaders of all later terms. */
  | 'leader-completeness'
  /** No two nodes apply different entries at the same index. */
  | 'state-machine-safety'
  /** A read barrier lies at or behind everything that was committed anywhere before it was asked for. */
  | 'linearizable-reads'
  /** Once faults have ceased, proposals are committed by all live nodes. */
  | 'progress'

export interface ReplicatedLogOptions {
  /** All nodes, this one included. */
  readonly members: readonly NodeId[]
  /** The longest time that a message is assumed to take, handling included, in milliseconds. */
  readonly maxDelayMs: number
  /** Who leads is decided by it. It must be one that carries a log: otherwise `QUORATE_ELECTION_CARRIES_NO_LOG`. */
  readonly election: ElectionDefinition<unknown>
  /** The state machine has applied everything up to here: entries behind it are indicated once they are committed. Default 0. */
  readonly appliedIndex?: number
}

export type ReplicatedLogDefinition<Message> = Declaration<ReplicatedLogProperty> & {
  readonly kind: 'replicated-log'
  readonly codec: Codec<Message>
  /**
   * What a Byzantine participant says instead of `message`, which is what the algorithm would have it say; without it that fault cannot be
   * injected. Pure. A lie should be plausible: what no receiver believes attacks nothing.
   */
  forge?(message: Message, random: Random, context: ForgeContext): Message
  readonly invariants?: readonly Invariant[]
  readonly abstraction?: Abstraction<Message>
  /** Once faults have ceased: the time within which a proposal is committed everywhere, in milliseconds. */
  readonly commitsWithinMs: (options: ReplicatedLogOptions) => number
  readonly create: (
    env: Environment<Message, ReplicatedLogIndication>,
    options: ReplicatedLogOptions,
  ) => ReplicatedLog<Message>
}
