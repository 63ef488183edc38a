import { fromBinary, toBinary } from './bytes.js'
import { OrderedMap } from './ordered-map.js'

/** Reads of an ordered store. Keys are in the order of their bytes. What is returned belongs to the store: do not change it. */
export interface OrderedReads {
  get(key: Uint8Array): Uint8Array | undefined
  /** The entries from `from` on, up to but without `to` if given, as they stand when the iteration begins. End it: a store may hold on to old pages for it. */
  range(from: Uint8Array, to?: Uint8Array): Iterable<OrderedEntry>
}

export type OrderedEntry = readonly [key: Uint8Array, value: Uint8Array]

/** A consistent image that later commits do not touch. Close it: a store may have to hold on to old pages for it. */
export interface OrderedView extends OrderedReads {
  /** Closing again does nothing. */
  close(): void
}

/** A value to put under a key, or, with `undefined`, a key to delete. */
export interface OrderedChange {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** Where a state machine keeps its state: byte keys in order, synchronous, with atomic commits. */
export interface OrderedStore extends OrderedReads {
  /**
   * Makes changes, in order, all or none of them, even across a crash. It takes over the arrays. What it throws is fatal to its user:
   * the store then holds what it held before.
   */
  commit(changes: readonly OrderedChange[]): void
  view(): OrderedView
}

/** An ordered store in memory, for tests, simulation and nodes whose state may be fetched from others. */
export class MemoryOrderedStore implements OrderedStore {
  readonly #entries = new OrderedMap<Uint8Array>()

  get size(): number {
    return this.#entries.size
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(toBinary(key))
  }

  *range(from: Uint8Array, to?: Uint8Array): Generator<OrderedEntry> {
    yield* entriesOf(this.#entries.clone(), from, to)
  }

  commit(changes: readonly OrderedChange[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.#entries.delete(toBinary(key))
      else this.#entries.set(toBinary(key), value)
    }
  }

  view(): OrderedView {
    const entries = this.#entries.clone()
    return {
      get: (key) => entries.get(toBinary(key)),
      range: (from, to) => entriesOf(entries, from, to),
      close() {},
    }
  }
}

function* entriesOf(
  entries: OrderedMap<Uint8Array>,
  from: Uint8Array,
  to: Uint8Array | undefined,
): Generator<OrderedEntry> {
  for (const [key, value] of entries.entries(toBinary(from), to && toBinary(to))) yield [fromBinary(key), value]
}
