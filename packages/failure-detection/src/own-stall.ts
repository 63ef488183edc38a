import type { Inspection } from '@quorate/core'

/**
 * Notices that this node itself stood still: a node that was deaf for a while must not take what it did not hear for silence.
 *
 * The protocol has a step at least once every heartbeat interval. A step that comes more than the tolerance after one was due
 * means that the process did not get to run: it was stopped, starved, or busy with something else.
 */
export class OwnStall {
  readonly #toleranceMs: number
  readonly #graceMs: number
  /** When the next step is due at the latest, and when the last one was. */
  #dueAt = Infinity
  #lastStepAt = -Infinity
  #deafMs = 0
  #graceUntil = -Infinity
  #count = 0
  #lastMs = 0

  constructor(toleranceMs: number, graceMs: number) {
    this.#toleranceMs = toleranceMs
    this.#graceMs = graceMs
  }

  get graceMs(): number {
    return this.#graceMs
  }

  /** Until then what is heard or not heard says more about this node than about its peers. */
  get graceUntil(): number {
    return this.#graceUntil
  }

  get lastStepAt(): number {
    return this.#lastStepAt
  }

  /** A step will come at `atMs` or before. */
  expect(atMs: number): void {
    this.#dueAt = atMs
  }

  /** A step begins. Returns for how long, at least, this node stood still before it; 0 when it did not. */
  step(now: number): number {
    const stalledMs = this.#overdueMs(now)
    this.#lastStepAt = now
    if (stalledMs === 0) return 0
    this.#deafMs += stalledMs
    this.#graceUntil = now + this.#graceMs
    this.#count++
    this.#lastMs = stalledMs
    return stalledMs
  }

  /** All the time that this node has stood still, one going on unnoticed included. */
  deafMs(now: number): number {
    return this.#deafMs + this.#overdueMs(now)
  }

  inspect(now: number): Inspection {
    return { count: this.#count, lastMs: this.#lastMs, unsure: now < this.#graceUntil }
  }

  #overdueMs(now: number): number {
    // After a stall the messages that piled up come first: the first of them notices, the others must not count it again.
    const overdueMs = now - Math.max(this.#dueAt, this.#lastStepAt)
    return overdueMs > this.#toleranceMs ? overdueMs : 0
  }
}
