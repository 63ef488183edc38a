import { requireInteger } from './limits.js'

/** Where a protocol's randomness comes from: seeded under simulation, so that a seed is a run. */
export interface Random {
  /** Uniform over [0, 1), 32 bits of it. */
  fraction(): number
  /** Uniform over the integers from `min` to `max`, both included. Throws a `RangeError` when there is none or a bound is not safe. */
  integer(min: number, max: number): number
  /** True with probability `probability`. */
  chance(probability: number): boolean
  /** A uniformly drawn item. Throws a `RangeError` on an empty list. */
  pick<T>(items: readonly T[]): T
  /** The items in uniformly random order, as a new array. */
  shuffle<T>(items: readonly T[]): T[]
  /** A generator of its own for `label`: what one consumer draws does not move what another will draw. */
  fork(label: string): Random
}

/**
 * A generator that is fully determined by its seed: xoshiro128** seeded through splitmix32.
 *
 * `seed` is a safe integer of 0 or more, otherwise `QUORATE_INVALID_OPTION` is thrown. Good enough for schedules, jitter and simulations; never for keys or tokens, which a reader of its output could predict.
 *
 * D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM Transactions on Mathematical Software 47(4), 2021.
 */
export function seededRandom(seed: number): Random {
  return new Xoshiro128(requireInteger('seed', seed, { min: 0 }))
}

type State = readonly [number, number, number, number]

/** @internal Exported for known answers from given states. */
export class Xoshiro128 implements Random {
  readonly #seed: number
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number, [a, b, c, d]: State = expand(seed)) {
    this.#seed = seed
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
  }

  fraction(): number {
    return this.#uint32() / 0x1_0000_0000
  }

  integer(min: number, max: number): number {
    const count = max - min + 1
    if (!(count >= 1 && count <= Number.MAX_SAFE_INTEGER)) throw new RangeError(`no integers from ${min} to ${max}`)
    // A range of more than 32 bits takes a second draw for the bits below.
    const low = count <= 0x1_0000_0000 ? 0 : this.#uint32() >>> 11
    const fraction = this.fraction() + low / 0x20_0000_0000_0000
    return min + Math.floor(fraction * count)
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick() from an empty list')
    return items[this.integer(0, items.length - 1)] as T
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.integer(0, last)
      const item = shuffled[last] as T
      shuffled[last] = shuffled[other] as T
      shuffled[other] = item
    }
    return shuffled
  }

  fork(label: string): Random {
    // FNV-1a in two lanes, begun and ended with mixing: neighbouring seeds and similar labels end far apart.
    let low = mix(this.#seed >>> 0)
    let high = mix(highOf(this.#seed) ^ 0x9e37_79b9)
    for (let index = 0; index < label.length; index++) {
      const code = label.charCodeAt(index)
      low = Math.imul(low ^ code, 0x0100_0193)
      high = Math.imul(high ^ code, 0x85eb_ca6b)
    }
    return new Xoshiro128((mix(high) >>> 11) * 0x1_0000_0000 + (mix(low) >>> 0))
  }

  #uint32(): number {
    const scrambled = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9)
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotate(this.#d, 11)
    return scrambled >>> 0
  }
}

/** Four words from a seed, by splitmix32: the first two are of different counts, so not both zero. */
function expand(seed: number): State {
  let state = seed >>> 0
  const next = (): number => mix((state = (state + 0x9e37_79b9) | 0))
  const [a, b] = [next(), next()]
  // The bits beyond 32 count in the other two words.
  state ^= Math.imul(highOf(seed), 0x85eb_ca6b)
  return [a, b, next(), next()]
}

function highOf(seed: number): number {
  return Math.floor(seed / 0x1_0000_0000)
}

/** The finishing of splitmix32: a bijection of 32 bits. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x21f0_aaad)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x735a_2d97)
  return mixed ^ (mixed >>> 15)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
