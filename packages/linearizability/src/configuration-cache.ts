/** The configuration that a search has come to: which operations have taken effect, and the state that they led to. */
export interface Configuration {
  state: number
  /** A hash of the required operations that took effect. */
  hash: number
  /** The required operations that took effect, a bit each. */
  readonly required: Int32Array
  /** The first required one that did not. */
  base: number
  /** A word of `required` after which all are zero. */
  high: number
  /** The optional operations that took effect, a bit each. */
  readonly optional: Int32Array
}

/** What `add` may answer. */
export const ADDED = 1
export const VISITED = 0
export const FULL = -1

// An entry in the arena: these, then the words of `required` from that of `base` to the last that is not zero, then all of `optional`.
const NEXT = 0
const HASH = 1
const STATE = 2
const FIRST = 3
const WORDS = 4
const header = 5

/**
 * The configurations that a search has visited (Lowe's caching). From one of them nothing new is found, nor from one that has let more
 * optional operations take effect on the way to the same state: whatever could follow there could follow here.
 *
 * What lies before `base` is not stored, so an entry is as long as the history is concurrent, not as the history is.
 */
export class ConfigurationCache {
  readonly #maxBytes: number
  readonly #optionalWords: number
  #arena = new Int32Array(1024)
  #used = 0
  #heads = new Int32Array(256).fill(-1)
  #count = 0

  constructor(maxBytes: number, optionalWords: number) {
    this.#maxBytes = maxBytes
    this.#optionalWords = optionalWords
  }

  get bytes(): number {
    return (this.#arena.length + this.#heads.length) * 4
  }

  /** `ADDED` when it had not been visited, `VISITED` when it need not be, `FULL` when there is no room to tell. */
  add(configuration: Configuration): typeof ADDED | typeof VISITED | typeof FULL {
    const { state, required, base } = configuration
    const hash = configuration.hash ^ mix(state)
    const first = base >>> 5
    let high = configuration.high
    while (high > first && required[high] === 0) high--
    configuration.high = high
    const words = high - first + 1

    const arena = this.#arena
    let at = this.#heads[hash & (this.#heads.length - 1)] as number
    for (; at >= 0; at = arena[at + NEXT] as number) {
      if (arena[at + HASH] !== hash || arena[at + STATE] !== state) continue
      if (arena[at + FIRST] !== first || arena[at + WORDS] !== words) continue
      if (!this.#sameRequired(at + header, required, first, words)) continue
      const dominance = this.#compareOptional(at + header + words, configuration.optional)
      if (dominance >= 0) return VISITED
      if (dominance === -1) {
        // The new one is the better of the two, and takes the other's place.
        arena.set(configuration.optional, at + header + words)
        return ADDED
      }
    }
    return this.#insert(configuration, hash, first, words)
  }

  #sameRequired(at: number, required: Int32Array, first: number, words: number): boolean {
    for (let word = 0; word < words; word++) if (this.#arena[at + word] !== required[first + word]) return false
    return true
  }

  /** 0 or 1: the stored ones are the same, or fewer of them; -1: the given ones are fewer; -2: neither. */
  #compareOptional(at: number, optional: Int32Array): number {
    let storedFewer = true
    let givenFewer = true
    for (let word = 0; word < this.#optionalWords; word++) {
      const stored = this.#arena[at + word] as number
      const given = optional[word] as number
      if ((stored & ~given) !== 0) storedFewer = false
      if ((given & ~stored) !== 0) givenFewer = false
    }
    if (storedFewer) return givenFewer ? 0 : 1
    return givenFewer ? -1 : -2
  }

  #insert({ state, required, optional }: Configuration, hash: number, first: number, words: number): 1 | -1 {
    const length = header + words + this.#optionalWords
    if (!this.#makeRoom(length)) return FULL
    const arena = this.#arena
    const at = this.#used
    const bucket = hash & (this.#heads.length - 1)
    arena[at + NEXT] = this.#heads[bucket] as number
    arena[at + HASH] = hash
    arena[at + STATE] = state
    arena[at + FIRST] = first
    arena[at + WORDS] = words
    for (let word = 0; word < words; word++) arena[at + header + word] = required[first + word] as number
    arena.set(optional, at + header + words)
    this.#heads[bucket] = at
    this.#used += length
    this.#count++
    return ADDED
  }

  #makeRoom(length: number): boolean {
    if (this.#used + length > this.#arena.length) {
      // While it is copied, both are there.
      const most = Math.floor(this.#maxBytes / 4) - this.#arena.length - this.#heads.length
      const size = Math.min(2 * this.#arena.length, most)
      if (size < this.#used + length) return false
      const larger = new Int32Array(size)
      larger.set(this.#arena)
      this.#arena = larger
    }
    if (this.#count >= this.#heads.length) {
      if ((this.#arena.length + this.#heads.length * 2) * 4 > this.#maxBytes) return false
      this.#rehash()
    }
    return true
  }

  #rehash(): void {
    const arena = this.#arena
    const heads = new Int32Array(this.#heads.length * 2).fill(-1)
    for (let at = 0; at < this.#used; at += header + (arena[at + WORDS] as number) + this.#optionalWords) {
      const bucket = (arena[at + HASH] as number) & (heads.length - 1)
      arena[at + NEXT] = heads[bucket] as number
      heads[bucket] = at
    }
    this.#heads = heads
  }
}

/** Spreads an integer over 32 bits; exclusive or of these is the hash of a set. The constants are those of MurmurHash3's last step. */
export function mix(value: number): number {
  let hash = Math.imul(value + 1, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
