import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'

/** How well a process gets to run, in milliseconds. */
export interface EventLoopHealthReport {
  /** The median and the 99th percentile of how much later than asked the event loop came round, since the last reset. */
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  readonly delayMaxMs: number
  /** Stalls that made timers late, and the longest of them. */
  readonly stalls: number
  readonly longestStallMs: number
}

const resolutionMs = 20

/** Watches how late the event loop is: a process that does not get to run must not blame its peers. */
export class EventLoopHealth {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs })
  #stalls = 0
  #longestStallMs = 0

  start(): void {
    this.#histogram.enable()
  }

  stop(): void {
    this.#histogram.disable()
  }

  stalled(lateMs: number): void {
    this.#stalls++
    this.#longestStallMs = Math.max(this.#longestStallMs, lateMs)
  }

  report(): EventLoopHealthReport {
    // The histogram measures whole intervals of its own timer.
    const delay = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)
    const measured = this.#histogram.count > 0
    return {
      delayP50Ms: measured ? delay(this.#histogram.percentile(50)) : 0,
      delayP99Ms: measured ? delay(this.#histogram.percentile(99)) : 0,
      delayMaxMs: measured ? delay(this.#histogram.max) : 0,
      stalls: this.#stalls,
      longestStallMs: this.#longestStallMs,
    }
  }
}
