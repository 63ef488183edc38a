const most = 4096

/** Some of all that was added, spread evenly over it. */
export class Sample<T> {
  readonly kept: T[] = []
  #met = 0

  add(value: T): void {
    this.#met++
    if (this.kept.length < most) this.kept.push(value)
    else this.kept[Math.imul(this.#met, 0x9e37_79b1) >>> 20] = value
  }
}
