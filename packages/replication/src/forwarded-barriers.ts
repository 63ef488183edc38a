import { replicationLimits } from './limits.js'

/**
 * The read barriers that a follower asks of the leader: one request at a time, which answers everything that was asked for before
 * it was made. Unlike a proposal it may be repeated, since it changes nothing.
 */
export class ForwardedBarriers {
  #sequence = 0
  #asked: { readonly barriers: readonly number[]; readonly expiresAtMs: number } | undefined
  #waiting: number[] = []

  /** Number of the request that is under way, if one is. */
  get sequence(): number | undefined {
    return this.#asked === undefined ? undefined : this.#sequence
  }

  get full(): boolean {
    return this.#waiting.length >= replicationLimits.maxPendingBarriers
  }

  inspect() {
    return { sequence: this.#sequence, asked: this.#asked ?? null, waiting: [...this.#waiting] }
  }

  add(barrier: number): void {
    this.#waiting.push(barrier)
  }

  /** Makes a request for those that wait, unless one is under way; returns whether it did. */
  begin(expiresAtMs: number): boolean {
    if (this.#asked !== undefined || this.#waiting.length === 0) return false
    this.#sequence++
    this.#asked = { barriers: this.#waiting, expiresAtMs }
    this.#waiting = []
    return true
  }

  /** The barriers that an answer is for; none when it answers no request that is under way. */
  answered(sequence: number): readonly number[] {
    if (this.#asked === undefined || sequence !== this.#sequence) return []
    const { barriers } = this.#asked
    this.#asked = undefined
    return barriers
  }

  /** The barriers whose request was made too long ago. */
  expired(nowMs: number): readonly number[] {
    return this.#asked !== undefined && this.#asked.expiresAtMs <= nowMs ? this.answered(this.#sequence) : []
  }

  /** Everything that is not answered. */
  abandon(): readonly number[] {
    const barriers = [...(this.#asked?.barriers ?? []), ...this.#waiting]
    this.#asked = undefined
    this.#waiting = []
    return barriers
  }
}
