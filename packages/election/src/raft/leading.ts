import type { NodeId } from '@quorate/core'
import type { Majority } from '@quorate/voting/majority'

/**
 * A leader's knowledge of its own support: it numbers its announcements, and leads no longer than a quorum acknowledges them.
 *
 * D. Ongaro, "Consensus: bridging theory and practice", PhD thesis, Stanford, 2014, 6.2 (check-quorum).
 */
export class Leading {
  readonly name = 'leader'
  readonly #self: NodeId
  readonly #quorum: Majority
  readonly #silenceMs: number
  /** Number of the newest announcement, and who has acknowledged it or a later one since the last check. */
  #round = 0
  #acknowledgedBy: Set<NodeId>
  /** By when a quorum must have acknowledged. */
  #checkAtMs: number

  /** `silenceMs`: how long it leads on without a quorum's acknowledgements. */
  constructor(self: NodeId, quorum: Majority, silenceMs: number, nowMs: number) {
    this.#self = self
    this.#quorum = quorum
    this.#silenceMs = silenceMs
    this.#acknowledgedBy = new Set([self])
    this.#checkAtMs = nowMs + silenceMs
  }

  /** Number of the announcement that is due; `undefined` when it is to lead no more, since no quorum has acknowledged for too long. */
  announcement(nowMs: number): number | undefined {
    if (nowMs >= this.#checkAtMs) {
      if (!this.#quorum.isQuorum(this.#acknowledgedBy)) return undefined
      this.#acknowledgedBy = new Set([this.#self])
      this.#checkAtMs = nowMs + this.#silenceMs
    }
    return ++this.#round
  }

  acknowledged(from: NodeId, round: number): void {
    // One of an earlier announcement may be older than what it is to prove.
    if (round === this.#round) this.#acknowledgedBy.add(from)
  }

  inspect() {
    return { round: this.#round, acknowledgedBy: [...this.#acknowledgedBy].sort(), checkAtMs: this.#checkAtMs }
  }
}
