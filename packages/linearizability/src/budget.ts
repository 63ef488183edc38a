import { invalidOption, requireInteger, requireNumber } from '@quorate/core'

export interface BudgetOptions {
  /** The most steps of the model to try in all. Default: 200 million, some 10 to 60 seconds. */
  readonly maxSteps?: number
  /** The most bytes that the memory of visited configurations of one search may take. Default: 256 MiB. */
  readonly maxCacheBytes?: number
  /** The longest to search; needs `now`. Default: as long as steps and bytes last. */
  readonly timeoutMs?: number
  /** A clock that never goes back, in milliseconds, such as `() => performance.now()`: this package reads none of its own. */
  readonly now?: () => number
}

/** What a check ran out of. */
export type Exhausted = 'steps' | 'cache' | 'time'

/** How many steps pass between two looks at the clock. */
const stride = 4096

/** Counts down what a check may still spend. */
export class Budget {
  readonly maxCacheBytes: number
  readonly #maxSteps: number
  readonly #now: () => number
  readonly #endAt: number
  #spent = 0

  /** Throws `QUORATE_INVALID_OPTION` for what is out of range, and for a time without a clock. */
  constructor({ maxSteps = 200_000_000, maxCacheBytes = 256 * 1024 * 1024, timeoutMs, now }: BudgetOptions) {
    this.#maxSteps = requireInteger('maxSteps', maxSteps, { min: 1 })
    this.maxCacheBytes = requireInteger('maxCacheBytes', maxCacheBytes, { min: 1024, max: 2 * 1024 * 1024 * 1024 })
    if (timeoutMs !== undefined && now === undefined)
      throw invalidOption('now', now, 'a clock, such as () => performance.now(), when timeoutMs is given')
    this.#now = now ?? (() => 0)
    this.#endAt = this.#now() + (timeoutMs === undefined ? Infinity : requireNumber('timeoutMs', timeoutMs, { min: 0 }))
  }

  /** Steps spent so far. */
  get spent(): number {
    return this.#spent
  }

  /** Steps that may be taken before asking again; at 0 `exhausted` says why. */
  grant(): number {
    if (this.#now() >= this.#endAt) return 0
    return Math.min(stride, this.#maxSteps - this.#spent)
  }

  spend(steps: number): void {
    this.#spent += steps
  }

  get exhausted(): Exhausted {
    return this.#spent >= this.#maxSteps ? 'steps' : 'time'
  }
}
