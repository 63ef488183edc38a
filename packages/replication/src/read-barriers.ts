import type { NodeId } from '@quorate/core'
import type { QuorumSystem } from '@quorate/voting'
import { replicationLimits } from './limits.js'

/** Who asked for a barrier: this node, or a follower that forwarded it. */
export type BarrierOrigin =
  | { readonly type: 'own'; readonly barriers: readonly number[]; readonly expiresAtMs: number }
  | { readonly type: 'forwarded'; readonly from: NodeId; readonly incarnation: number; readonly sequence: number }

/**
 * The leader's side of linearizable reads: before a read is answered, a quorum confirms, after the read was asked for, that the
 * leader still leads; then everything that was committed by then is in its log, and its commit index is a barrier for the read.
 *
 * Barriers that are asked for while a confirmation is under way wait for the next: one round serves all of them.
 *
 * D. Ongaro, "Consensus: bridging theory and practice", PhD thesis, Stanford, 2014, 6.4 (ReadIndex).
 */
export class ReadBarriers {
  readonly #self: NodeId
  readonly #quorum: QuorumSystem
  /** Number of the newest round; answers to earlier ones count for nothing. */
  #round = 0
  #confirmed = new Set<NodeId>()
  /** What the present round will answer, with the commit index when it began. */
  #asked: BarrierOrigin[] = []
  #askedIndex = 0
  #waiting: BarrierOrigin[] = []

  constructor(self: NodeId, quorum: QuorumSystem) {
    this.#self = self
    this.#quorum = quorum
  }

  /** Number of the round under way, if one is. */
  get round(): number | undefined {
    return this.#asked.length > 0 ? this.#round : undefined
  }

  inspect() {
    const plain = (origins: readonly BarrierOrigin[]) => origins.map((origin) => ({ ...origin }))
    return {
      round: this.#round,
      confirmed: [...this.#confirmed].sort(),
      asked: plain(this.#asked),
      askedIndex: this.#askedIndex,
      waiting: plain(this.#waiting),
    }
  }

  /** Returns whether there was room. */
  add(origin: BarrierOrigin): boolean {
    // A member repeats its request until it is answered, and has one at a time.
    if (origin.type === 'forwarded') this.#waiting = this.#waiting.filter((each) => !isFrom(each, origin.from))
    else if (this.#waiting.length >= replicationLimits.maxPendingBarriers) return false
    this.#waiting.push(origin)
    return true
  }

  /** Those of this node that were asked for too long ago; whoever forwarded one looks after it. */
  expire(nowMs: number): readonly BarrierOrigin[] {
    const isLate = (origin: BarrierOrigin): boolean => origin.type === 'own' && origin.expiresAtMs <= nowMs
    const late = [...this.#asked, ...this.#waiting].filter(isLate)
    if (late.length === 0) return late
    this.#asked = this.#asked.filter((origin) => !isLate(origin))
    this.#waiting = this.#waiting.filter((origin) => !isLate(origin))
    return late
  }

  /** Begins a round for those that wait, unless one is under way; returns whether it did. */
  begin(commitIndex: number): boolean {
    if (this.#asked.length > 0 || this.#waiting.length === 0) return false
    this.#round++
    this.#confirmed = new Set([this.#self])
    this.#asked = this.#waiting
    this.#askedIndex = commitIndex
    this.#waiting = []
    return true
  }

  /** `from` confirmed a round. */
  confirm(from: NodeId, round: number): void {
    if (round === this.#round) this.#confirmed.add(from)
  }

  /** What the round under way can answer now: nothing before a quorum has confirmed it. */
  answered(): { readonly origins: readonly BarrierOrigin[]; readonly index: number } | undefined {
    if (this.#asked.length === 0 || !this.#quorum.isQuorum(this.#confirmed)) return undefined
    const origins = this.#asked
    this.#asked = []
    return { origins, index: this.#askedIndex }
  }

  /** The leader leads no more: none of them can be answered. */
  abandon(): readonly BarrierOrigin[] {
    const origins = [...this.#asked, ...this.#waiting]
    this.#asked = []
    this.#waiting = []
    return origins
  }
}

function isFrom(origin: BarrierOrigin, member: NodeId): boolean {
  return origin.type === 'forwarded' && origin.from === member
}
