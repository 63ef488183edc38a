import type { ClockBound } from '../clock.js'
import type { Codec } from '../codec/codec.js'
import type { Declaration, Invariant } from '../declaration.js'
import type { Environment } from '../environment.js'
import type { ChildForge, ForgeContext } from '../forge.js'
import type { NodeId } from '../ids.js'
import type { Protocol } from '../protocol.js'
import type { Random } from '../random.js'

export type AgreementIndication = {
  readonly type: 'decide'
  readonly value: number
}

/**
 * Agreement on one value, of the values that the nodes propose. One instance decides once.
 *
 * Values are integers, so that "the smaller" means the same everywhere, from -2^52 to 2^52 - 1: what an `int` field carries.
 */
export interface Agreement<Message> extends Protocol<Message> {
  /** This node's value. Only the first proposal counts. */
  propose(value: number): void
  /** The decision, once this node knows it. */
  readonly decision: number | undefined
}

export type AgreementProperty =
  /** What is decided was proposed. */
  | 'validity'
  /** No node decides twice. */
  | 'integrity'
  /** No two nodes that live decide differently. */
  | 'agreement'
  /** No two nodes decide differently, also when one of them crashes afterwards. */
  | 'uniform-agreement'
  /** Every node that lives decides in the end. */
  | 'termination'

export interface AgreementOptions {
  /** All nodes, this one included. */
  readonly members: readonly NodeId[]
  /** How many of them may be faulty. Algorithms refuse more than their resilience with `QUORATE_TOO_MANY_FAULTS`. */
  readonly maxFaulty: number
  /** The longest time that a message is assumed to take, handling included, in milliseconds. */
  readonly maxDelayMs: number
  /** When the instance begins, by the wall clock, in milliseconds: the same for all nodes. */
  readonly startsAtMs: number
}

export type AgreementDefinition<Message> = Declaration<AgreementProperty> & {
  readonly kind: 'agreement'
  readonly codec: Codec<Message>
  /**
   * What a Byzantine participant says instead of `message`, which is what the algorithm would have it say; without it that fault cannot be
   * injected. Pure. A lie should be plausible: what no receiver believes attacks nothing.
   */
  forge?(message: Message, random: Random, context: ForgeContext): Message
  /** The same for what its children say, by their paths: an algorithm in rounds says most in them. */
  readonly childForges?: Readonly<Record<string, ChildForge>>
  readonly invariants?: readonly Invariant[]
  /**
   * Once faults have ceased, every live node has proposed and the instance has begun: the time within which they decide, in
   * milliseconds. `clock` is what the nodes' clocks declare of their error.
   */
  readonly decidesWithinMs: (options: AgreementOptions, clock: ClockBound) => number
  readonly create: (env: Environment<Message, AgreementIndication>, options: AgreementOptions) => Agreement<Message>
}
