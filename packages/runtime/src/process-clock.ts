import type { Clock, ClockBound } from '@quorate/core'

/** A process's clock. It stands still within a step: `advance` moves it on at the beginning of each. */
export class ProcessClock implements Clock {
  readonly #bound: ClockBound
  #nowMs = performance.now()
  #wallMs = Date.now()

  constructor(bound: ClockBound) {
    this.#bound = bound
  }

  /** Reads the system's clocks. */
  advance(): void {
    this.#nowMs = performance.now()
    this.#wallMs = Date.now()
  }

  now(): number {
    return this.#nowMs
  }

  wall(): number {
    return this.#wallMs
  }

  bound(): ClockBound {
    return this.#bound
  }
}
