/** Mean and standard deviation of the newest values, as many as the window holds, at a constant cost for each. */
export class SlidingWindow {
  readonly #capacity: number
  readonly #values: number[] = []
  /** Sums run over distances from here: squares of those cancel less than squares of the values. */
  #origin = 0
  /** Where the next value goes, once the window is full: over the oldest. */
  #next = 0
  #sum = 0
  #sumOfSquares = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#values.length
  }

  add(value: number): void {
    const values = this.#values
    if (values.length === 0) this.#origin = value
    if (values.length === this.#capacity) {
      const removed = (values[this.#next] as number) - this.#origin
      this.#sum -= removed
      this.#sumOfSquares -= removed * removed
    }
    values[this.#next] = value
    const added = value - this.#origin
    this.#sum += added
    this.#sumOfSquares += added * added
    this.#next = (this.#next + 1) % this.#capacity
    if (this.#next === 0) this.#sumAgain()
  }

  /** 0 of no values. */
  get mean(): number {
    return this.size === 0 ? 0 : this.#origin + this.#sum / this.size
  }

  /** Of the window itself, not of a population that it might be drawn from. 0 of no values. */
  get standardDeviation(): number {
    if (this.size === 0) return 0
    const mean = this.#sum / this.size
    return Math.sqrt(Math.max(0, this.#sumOfSquares / this.size - mean * mean))
  }

  /** Once per turn of the window, so that the rounding errors of adding and taking away do not pile up over months. */
  #sumAgain(): void {
    this.#origin = this.mean
    this.#sum = 0
    this.#sumOfSquares = 0
    for (const value of this.#values) {
      const distance = value - this.#origin
      this.#sum += distance
      this.#sumOfSquares += distance * distance
    }
  }
}
