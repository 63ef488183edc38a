/**
 * Numbers for pairs of numbers: equal pairs have equal numbers, so whole trees of pairs are compared by comparing two numbers, and trees
 * that differ in one leaf share the rest. Numbers begin at 1; each part of a pair is below 2^26.
 */
export class Pairs {
  readonly #left = [0]
  readonly #right = [0]
  readonly #numbers = new Map<number, number>()

  of(left: number, right: number): number {
    const key = left * 0x400_0000 + right
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#left.push(left) - 1
    this.#right.push(right)
    this.#numbers.set(key, number)
    return number
  }

  left(number: number): number {
    return this.#left[number] as number
  }

  right(number: number): number {
    return this.#right[number] as number
  }
}

/** Arrays of numbers that are never changed: `set` returns another one. Equal arrays are equal numbers; the array of zeros is 0. */
export class SharedArrays {
  readonly #pairs: Pairs
  readonly #levels: number

  constructor(pairs: Pairs, length: number) {
    this.#pairs = pairs
    this.#levels = length <= 1 ? 0 : 32 - Math.clz32(length - 1)
  }

  get(array: number, index: number): number {
    let node = array
    for (let level = this.#levels - 1; level >= 0 && node !== 0; level--)
      node = ((index >>> level) & 1) === 0 ? this.#pairs.left(node) : this.#pairs.right(node)
    return node
  }

  set(array: number, index: number, value: number): number {
    return this.#set(array, index, value, this.#levels - 1)
  }

  /** As deep as the logarithm of the length. */
  #set(node: number, index: number, value: number, level: number): number {
    if (level < 0) return value
    const left = this.#pairs.left(node)
    const right = this.#pairs.right(node)
    const isLeft = ((index >>> level) & 1) === 0
    const newLeft = isLeft ? this.#set(left, index, value, level - 1) : left
    const newRight = isLeft ? right : this.#set(right, index, value, level - 1)
    return newLeft === 0 && newRight === 0 ? 0 : this.#pairs.of(newLeft, newRight)
  }
}
