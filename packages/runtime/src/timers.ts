import type { HostTimer } from '@quorate/core'

/** How late a timer may be before that is called a stall, in milliseconds. */
const stallToleranceMs = 4
/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const maxTimeoutMs = 2 ** 31 - 1

interface Due {
  atMs: number
  timeout: NodeJS.Timeout | undefined
}

/**
 * A process's timers, which never overtake what had arrived before they ran out.
 *
 * A process that stood still finds expired timers and unread sockets at the same time, and event loops may run the timers first:
 * a failure detector would then convict every peer whose heartbeats lie unread. A timer therefore lets the event loop read once
 * more before it fires, also when it is hardly late itself: what lies unread may be older than it.
 */
export class Timers {
  readonly #fire: (timer: HostTimer) => void
  readonly #stalled: (lateMs: number) => void
  readonly #pending = new Set<Due>()

  /** `fire` is called when a timer runs out, `stalled` whenever one was found to be late by more than the tolerance. */
  constructor(fire: (timer: HostTimer) => void, stalled: (lateMs: number) => void) {
    this.#fire = fire
    this.#stalled = stalled
  }

  schedule(timer: HostTimer, delayMs: number): void {
    const due = (timer.handle ??= { atMs: 0, timeout: undefined } satisfies Due) as Due
    const atMs = performance.now() + delayMs
    // A timeout that comes no later looks again when it does: putting off a timer, as every heartbeat does, costs nothing.
    const armed = due.timeout !== undefined && due.atMs <= atMs
    due.atMs = atMs
    if (armed) return
    clearTimeout(due.timeout)
    this.#arm(timer, due)
  }

  cancel(timer: HostTimer): void {
    const due = timer.handle as Due | undefined
    if (due === undefined) return
    clearTimeout(due.timeout)
    due.timeout = undefined
    due.atMs = Infinity
    this.#pending.delete(due)
  }

  /** Cancels all timers. */
  stop(): void {
    for (const due of this.#pending) {
      clearTimeout(due.timeout)
      due.timeout = undefined
      due.atMs = Infinity
    }
    this.#pending.clear()
  }

  #arm(timer: HostTimer, due: Due): void {
    this.#pending.add(due)
    // Whole milliseconds, rounded up: a timeout is never early.
    const delayMs = Math.min(Math.max(0, Math.ceil(due.atMs - performance.now())), maxTimeoutMs)
    due.timeout = setTimeout(() => this.#expired(timer, due), delayMs)
  }

  #expired(timer: HostTimer, due: Due): void {
    const { timeout } = due
    const lateMs = performance.now() - due.atMs
    if (lateMs < 0) {
      this.#arm(timer, due)
      return
    }
    if (lateMs > stallToleranceMs) this.#stalled(lateMs)
    this.#afterReading(() => {
      // Cancelled while reading, and perhaps set anew: then another timeout looks after it.
      if (due.timeout === timeout) this.#conclude(timer, due)
    })
  }

  /** Calls back after the event loop has polled: one `setImmediate` runs before the next poll, the second behind it. */
  #afterReading(callback: () => void): void {
    setImmediate(() => setImmediate(callback))
  }

  #conclude(timer: HostTimer, due: Due): void {
    if (due.atMs > performance.now()) {
      this.#arm(timer, due) // what was read put the timer off
      return
    }
    this.#pending.delete(due)
    due.timeout = undefined
    due.atMs = Infinity
    this.#fire(timer)
  }
}
