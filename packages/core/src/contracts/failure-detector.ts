import type { Codec } from '../codec/codec.js'
import type { Declaration, Invariant } from '../declaration.js'
import type { Environment } from '../environment.js'
import type { ForgeContext } from '../forge.js'
import type { NodeId } from '../ids.js'
import type { Protocol } from '../protocol.js'
import type { Random } from '../random.js'

/**
 * Why a peer is suspected.
 *
 * - `gone`: strong evidence that its process ended: nobody listens at its address any more.
 * - `silent`: its heartbeats are overdue; `level` says how surely, on the detector's own scale.
 */
export type Verdict = 'gone' | 'silent'

export type FailureDetectorIndication =
  | {
      readonly type: 'suspect'
      readonly peer: NodeId
      readonly verdict: Verdict
      readonly level: number
      readonly silentMs: number
    }
  | { readonly type: 'restore'; readonly peer: NodeId }
  /** This node itself stood still for `stalledMs`: until it has caught up it accuses nobody. */
  | { readonly type: 'unsure'; readonly stalledMs: number }

/**
 * Tells which peers seem to have failed. It may err; how fast and how rarely is its quality (detection time T_D, mistake
 * recurrence T_MR, mistake duration T_M, query accuracy P_A).
 *
 * T. Chandra and S. Toueg, "Unreliable failure detectors for reliable distributed systems", Journal of the ACM 43(2), 1996.
 * W. Chen, S. Toueg and M. Aguilera, "On the quality of service of failure detectors", IEEE Transactions on Computers 51(5), 2002.
 */
export interface FailureDetector<Message> extends Protocol<Message> {
  /** How strongly `peer` is suspected right now: 0 just after a heartbeat, 1 at the threshold of suspicion, rising with silence. */
  level(peer: NodeId): number
  /** The verdict in force, or `undefined` while `peer` is trusted. */
  verdict(peer: NodeId): Verdict | undefined
}

export type FailureDetectorProperty =
  /** From some time on, every process that crashed is suspected by every process that did not. */
  | 'strong-completeness'
  /** From some time on, no process that is alive is suspected. */
  | 'eventual-strong-accuracy'

export interface FailureDetectorOptions {
  /** All nodes, this one included. */
  readonly members: readonly NodeId[]
  /** Time between two heartbeats to the same peer, in milliseconds. */
  readonly heartbeatIntervalMs: number
  /** The contract: a peer that has been silent for so long is suspected, whatever the estimate says. Milliseconds. */
  readonly detectionTimeMs: number
}

export type FailureDetectorDefinition<Message> = Declaration<FailureDetectorProperty> & {
  readonly kind: 'failure-detector'
  readonly codec: Codec<Message>
  /**
   * What a Byzantine participant says instead of `message`, which is what the algorithm would have it say; without it that fault cannot be
   * injected. Pure. A lie should be plausible: what no receiver believes attacks nothing.
   */
  forge?(message: Message, random: Random, context: ForgeContext): Message
  readonly invariants?: readonly Invariant[]
  readonly create: (
    env: Environment<Message, FailureDetectorIndication>,
    options: FailureDetectorOptions,
  ) => FailureDetector<Message>
}
