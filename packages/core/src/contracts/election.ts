import type { Codec } from '../codec/codec.js'
import type { Declaration, Invariant } from '../declaration.js'
import type { Environment } from '../environment.js'
import { QuorateError } from '../errors.js'
import type { ForgeContext } from '../forge.js'
import type { Abstraction } from '../abstraction.js'
import type { NodeId } from '../ids.js'
import type { Protocol } from '../protocol.js'
import type { Random } from '../random.js'
import type { Verdict } from './failure-detector.js'

/**
 * What orders leaderships: the greater one supersedes. Compared by number, then by id. Algorithms whose terms have one owner
 * each by agreement (Raft) leave `id` empty; those with ballots put the candidate's there.
 */
export interface Term {
  readonly number: number
  readonly id: NodeId
}

export const noTerm: Term = { number: 0, id: '' }

export function compareTerms(a: Term, b: Term): number {
  return a.number - b.number || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** How far a log has come: the term of its last entry, and that entry's index. An empty log stands at `noTerm`, 0. */
export interface LogPosition {
  readonly term: Term
  readonly index: number
}

/** Orders logs by which of them a leader must have: the later last term first, then the longer log. */
export function comparePositions(a: LogPosition, b: LogPosition): number {
  return compareTerms(a.term, b.term) || a.index - b.index
}

export type ElectionIndication = {
  readonly type: 'leader-changed'
  /** Whom this node now takes for the leader; `undefined` while it knows none. */
  readonly leader: NodeId | undefined
  readonly term: Term
}

/**
 * Brings all nodes to name the same living one of them.
 *
 * An election stands on a verdict about the leader, after a randomised delay without a known leader, on request, or on transfer. A
 * verdict shortens waiting; it never decides safety.
 */
export interface Election<Message> extends Protocol<Message> {
  /** Whom this node takes for the leader. */
  readonly leader: NodeId | undefined
  readonly term: Term
  /** Whether it stands as a candidate at present. For observers: what they cannot see they do not count. */
  readonly standing?: boolean
  /** Becomes a candidate as soon as the algorithm allows. */
  stand(): void
  /** If this node leads, it stops doing so and tells the others; for a while it stands only if nobody else leads. */
  resign(): void
  /** A failure detector began to suspect `peer`. */
  suspect(peer: NodeId, verdict: Verdict): void
  /** A failure detector trusts `peer` again. */
  restore(peer: NodeId): void
}

/**
 * An election that may carry a replicated log. What a log needs beyond a leader: terms that no crash makes a node forget, and
 * leaders whose logs hold everything that was committed before.
 */
export interface LogElection<Message> extends Election<Message> {
  /** The newest term that this node has durably acknowledged: nothing that the leader of an older one sends may be accepted. */
  readonly promised: Term
  /**
   * A message proves that `leader` leads `term`. Names it, unless a failure detector suspects it, and returns true, or returns false when
   * that cannot be or is over: above all when the term is older than the one promised.
   */
  follow(leader: NodeId, term: Term): boolean
  /** If this node leads, it makes `to` stand at once, and is superseded if `to` wins. Once `to` has caught up, that is: the caller sees to it. */
  transfer(to: NodeId): void
}

export type ElectionProperty =
  /** No term ever has two leaders. */
  | 'one-leader-per-term'
  /** At no moment do two nodes take themselves for the leader. */
  | 'one-leader-at-a-time'
  /** Whoever leads has been acknowledged by a quorum, and no crash makes the quorum forget it: no older term can be won any more. */
  | 'quorum-support'
  /** Once faults and candidacies cease, all live nodes name the same leader. */
  | 'eventual-agreement'
  /** Once faults cease, the leader that live nodes name is alive. */
  | 'eventual-accuracy'

export interface ElectionOptions {
  /** All nodes, this one included. */
  readonly members: readonly NodeId[]
  /** The longest time that a message is assumed to take, handling included, in milliseconds. */
  readonly maxDelayMs: number
  /**
   * For an election that carries a log: how far this node's log has come. A voter acknowledges no candidate that has come less
   * far than itself. Default: an empty log everywhere.
   */
  readonly logPosition?: () => LogPosition
}

export type ElectionDefinition<Message> = Declaration<ElectionProperty> & {
  readonly kind: 'election'
  readonly codec: Codec<Message>
  /**
   * What a Byzantine participant says instead of `message`, which is what the algorithm would have it say; without it that fault cannot be
   * injected. Pure. A lie should be plausible: what no receiver believes attacks nothing.
   */
  forge?(message: Message, random: Random, context: ForgeContext): Message
  readonly invariants?: readonly Invariant[]
  readonly abstraction?: Abstraction<Message>
  /** Once faults have ceased: the time within which all nodes name one living leader, in milliseconds. */
  readonly agreesWithinMs: (options: ElectionOptions) => number
} & Carriage<Message>

/**
 * The refusal of an election that carries no log where one is to be carried: `QUORATE_ELECTION_CARRIES_NO_LOG`, with what it lacks if it says
 * so. `otherwise`: what to do if it is to be kept.
 */
export function carriesNoLog(
  { name, lacks }: { readonly name: string; readonly lacks?: string },
  otherwise = '',
): QuorateError {
  const takes = 'terms that are durable and voters that compare log positions'
  const why =
    lacks === undefined ? `that takes ${takes}, and it declares none` : `it has no ${lacks}, and that takes ${takes}`
  return new QuorateError(
    'QUORATE_ELECTION_CARRIES_NO_LOG',
    `the election "${name}" cannot carry a replicated log: ${why}; choose one that declares carriesLog, such as raft or timestamp${otherwise}`,
    { election: name, lacks },
  )
}

/** Whether an election may carry a replicated log: its terms are durable, and voters compare log positions. */
type Carriage<Message> =
  | {
      readonly carriesLog: false
      /** What it has none of, as in "durable terms": what a refusal gives as the reason. */
      readonly lacks?: string
      readonly create: (env: Environment<Message, ElectionIndication>, options: ElectionOptions) => Election<Message>
    }
  | {
      readonly carriesLog: true
      readonly create: (env: Environment<Message, ElectionIndication>, options: ElectionOptions) => LogElection<Message>
    }
