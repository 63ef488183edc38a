import { requireNumber, type Clock, type ClockBound } from '@quorate/core'

/**
 * A node's clocks in a simulation: a monotonic one on an oscillator whose rate is off, and a wall clock that is set wrong by so
 * much, and stays so: a time service keeps it from running away. What they declare of their error is given separately, and is a
 * lie when a fault says so.
 */
export class SimulatedClock implements Clock {
  readonly trueTime: () => number
  readonly #epochMs: number
  readonly #bound: ClockBound
  #wallErrorMs = 0
  #rate = 1
  /** True and local time when the rate last changed. */
  #sinceTrue = 0
  #sinceLocal = 0

  /** `trueTime` is the simulation's virtual time, in milliseconds; `epochMs` is what true wall clocks show when it is 0. */
  constructor(trueTime: () => number, epochMs: number, bound: ClockBound) {
    this.trueTime = trueTime
    this.#epochMs = epochMs
    this.#bound = bound
  }

  now(): number {
    return this.#localAt(this.trueTime())
  }

  wall(): number {
    return this.#epochMs + this.trueTime() + this.#wallErrorMs
  }

  bound(): ClockBound {
    return this.#bound
  }

  /** The true time at which `now` will have come to `localMs`, at the present rate. */
  trueTimeOf(localMs: number): number {
    let at = this.#sinceTrue + (localMs - this.#sinceLocal) / this.#rate
    // However it was rounded: nothing runs out before its time by the clock that it was set by.
    while (this.#localAt(at) < localMs) at += at * Number.EPSILON
    return at
  }

  /** Sets how wrong the wall clock is from now on, in milliseconds. */
  setWallError(errorMs: number): void {
    this.#wallErrorMs = requireNumber('wallErrorMs', errorMs, { min: -1e12, max: 1e12 })
  }

  /** Sets how much faster than true time the monotonic clock runs from now on, in parts per million. */
  setRate(ppm: number): void {
    requireNumber('ratePpm', ppm, { min: -999_999, max: 1e9 })
    this.#sinceLocal = this.now()
    this.#sinceTrue = this.trueTime()
    this.#rate = 1 + ppm / 1_000_000
  }

  #localAt(trueMs: number): number {
    return this.#sinceLocal + (trueMs - this.#sinceTrue) * this.#rate
  }
}
