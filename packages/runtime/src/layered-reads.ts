import type { OrderedEntry, OrderedReads } from '@quorate/kv'

/** Stands, by identity, for a key that was deleted: what lies below may still have it. */
export const DELETED = new Uint8Array(0)

/** Reads what lies in layers, of which an upper one hides the keys of those below. */
export class LayeredReads implements OrderedReads {
  readonly #layers: readonly OrderedReads[]

  /** The uppermost layer first. */
  constructor(...layers: readonly (OrderedReads | undefined)[]) {
    this.#layers = layers.filter((layer) => layer !== undefined)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    for (const layer of this.#layers) {
      const value = layer.get(key)
      if (value !== undefined) return value === DELETED ? undefined : value
    }
    return undefined
  }

  *range(from: Uint8Array, to?: Uint8Array): Generator<OrderedEntry> {
    const [top, ...below] = this.#layers.map((layer) => layer.range(from, to))
    if (top === undefined) return
    for (const entry of below.reduce(merged, top)) if (entry[1] !== DELETED) yield entry
  }
}

/** The entries of both, in order; where both have a key, the upper one's. */
function* merged(upper: Iterable<OrderedEntry>, lower: Iterable<OrderedEntry>): Generator<OrderedEntry> {
  const rest = lower[Symbol.iterator]()
  try {
    let below = rest.next()
    for (const entry of upper) {
      let order = -1
      while (below.done !== true && (order = Buffer.compare(below.value[0], entry[0])) < 0) {
        yield below.value
        below = rest.next()
      }
      if (order === 0 && below.done !== true) below = rest.next()
      yield entry
    }
    for (; below.done !== true; below = rest.next()) yield below.value
  } finally {
    rest.return?.()
  }
}
