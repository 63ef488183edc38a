import type { Inspection } from '@quorate/core'

/**
 * How good a detector's suspicions of one peer have been, measured by itself. A suspicion that ends without a new life of the
 * peer was a mistake, as far as the detector can know: the peer had been alive, though perhaps stopped or cut off.
 *
 * W. Chen, S. Toueg and M. Aguilera, "On the quality of service of failure detectors", IEEE Transactions on Computers 51(5), 2002, 2.
 */
export class SuspicionQuality {
  #since = 0
  #suspectedAt: number | undefined
  #suspicions = 0
  #mistakes = 0
  #lastMistakeMs = 0
  #mistakenMs = 0
  #rightMs = 0

  begin(now: number): void {
    this.#since = now
  }

  suspected(now: number): void {
    this.#suspicions++
    this.#suspectedAt = now
  }

  restored(now: number, mistaken: boolean): void {
    if (this.#suspectedAt === undefined) return
    const lastedMs = now - this.#suspectedAt
    this.#suspectedAt = undefined
    if (mistaken) {
      this.#mistakes++
      this.#lastMistakeMs = lastedMs
      this.#mistakenMs += lastedMs
    } else {
      this.#rightMs += lastedMs
    }
  }

  /**
   * `queryAccuracy`: the share of the time, of that which the peer is known to have been alive, in which it was trusted (P_A).
   * A suspicion in force is not counted yet.
   */
  inspect(now: number): Inspection {
    const aliveMs = (this.#suspectedAt ?? now) - this.#since - this.#rightMs
    return {
      suspicions: this.#suspicions,
      mistakes: this.#mistakes,
      lastMistakeMs: this.#lastMistakeMs,
      queryAccuracy: aliveMs > 0 ? 1 - this.#mistakenMs / aliveMs : 1,
    }
  }
}
