/** The most different things that are told apart before counting starts again. */
const maxKeys = 256

/**
 * Thins out what repeats, so that a flood of the same mistake is told without flooding who listens: the 1st, 2nd, 4th, 8th, …
 * time of each.
 */
export class Repetition {
  readonly #counts = new Map<string, number>()

  /** How often `key` has come by now, or `undefined` when this time is not to be told. */
  count(key: string): number | undefined {
    const count = (this.#counts.get(key) ?? 0) + 1
    if (count === 1 && this.#counts.size >= maxKeys) this.#counts.clear()
    this.#counts.set(key, count)
    return (count & (count - 1)) === 0 ? count : undefined
  }

  reset(): void {
    this.#counts.clear()
  }
}
