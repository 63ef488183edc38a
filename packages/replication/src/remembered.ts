/**
 * Numbers seen, the newest so many of them: tells whether a message came before. Numbers below what is remembered count as seen,
 * since it is not known that they were not.
 */
export class Remembered {
  readonly #limit: number
  readonly #seen = new Set<number>()
  #floor = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  inspect() {
    return { floor: this.#floor, seen: [...this.#seen] }
  }

  /** Returns whether `number` is new, and remembers it. */
  add(number: number): boolean {
    if (number <= this.#floor || this.#seen.has(number)) return false
    this.#seen.add(number)
    if (this.#seen.size > this.#limit) {
      // Sets keep the order of insertion, which is nearly that of the numbers.
      const [oldest] = this.#seen
      this.#seen.delete(oldest as number)
      this.#floor = Math.max(this.#floor, oldest as number)
    }
    return true
  }
}
