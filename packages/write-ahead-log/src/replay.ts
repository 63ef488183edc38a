import type { PathStore } from './path-store.js'
import type { OperationHandler } from './operations.js'
import type { Segment } from './segment.js'
import { crc32c } from './checksum.js'

/** Looks whether every record of a batch is what was written, before any of it is applied. */
export class Verification implements OperationHandler {
  readonly #view: DataView
  sound = true

  constructor(view: DataView) {
    this.#view = view
  }

  record(_store: number, _index: number, offset: number, length: number, checksum: number): void {
    if (this.sound) this.sound = crc32c(this.#view, offset, offset + length) === checksum
  }

  checkpoint(): void {}
  declare(): void {}
  put(): void {}
  delete(): void {}
  truncate(): void {}
  compact(): void {}
  drop(): void {}
  bounds(): void {}
}

/** The stores as the batches of the log, one after the other, make them. */
export class Replay implements OperationHandler {
  readonly stores = new Map<number, PathStore>()
  readonly #create: (id: number, path: string) => PathStore
  #segment: Segment
  #unstated: Set<number> | undefined
  /** What the operations of the current batch did that they never would, or `undefined`. */
  fault: string | undefined
  /** The greatest number that stood for a path. */
  lastId = 0

  constructor(segment: Segment, create: (id: number, path: string) => PathStore) {
    this.#segment = segment
    this.#create = create
  }

  enter(segment: Segment): void {
    this.#segment = segment
  }

  /** Ends a batch: returns whether it was a checkpoint, after which the stores that it did not name are gone. */
  endBatch(): boolean {
    const unstated = this.#unstated
    this.#unstated = undefined
    for (const id of unstated ?? []) this.drop(id)
    return unstated !== undefined
  }

  checkpoint(): void {
    this.#unstated = new Set(this.stores.keys())
    for (const store of this.stores.values()) for (const key of [...store.keys.keys()]) store.setKey(key, undefined)
  }

  declare(id: number, path: string): void {
    this.lastId = Math.max(this.lastId, id)
    this.#unstated?.delete(id)
    const known = this.stores.get(id)
    if (known === undefined) {
      const store = this.#create(id, path)
      store.declare()
      this.stores.set(id, store)
    } else if (known.path !== path) {
      this.#fail(`store ${id} is given a second path`)
    }
  }

  put(id: number, key: string, value: Uint8Array): void {
    this.#store(id)?.setKey(key, value)
  }

  delete(id: number, key: string): void {
    this.#store(id)?.setKey(key, undefined)
  }

  record(id: number, index: number, offset: number, length: number, checksum: number): void {
    const records = this.#store(id)?.index
    if (records === undefined) return
    if (index === records.last + 1) records.push(this.#segment, offset, length, checksum)
    else if (index >= records.first && index <= records.last)
      records.move(index, this.#segment, offset, length, checksum)
    else this.#fail(`record ${index} is none of a log from ${records.first} to ${records.last}`)
  }

  truncate(id: number, from: number): void {
    const store = this.#store(id)
    if (store === undefined) return
    if (from < store.index.first || from > store.index.last) this.#fail(`a log is cut at ${from}, outside of it`)
    else store.index.truncate(from)
  }

  compact(id: number, through: number): void {
    const store = this.#store(id)
    if (store === undefined) return
    if (through < store.index.first) this.#fail(`a log is compacted through ${through}, before its start`)
    else store.index.compact(through)
  }

  drop(id: number): void {
    this.#store(id)?.drop()
    this.stores.delete(id)
  }

  bounds(id: number, first: number, last: number): void {
    const store = this.#store(id)
    if (store === undefined) return
    if (first < store.index.first || last < first - 1)
      this.#fail(`a log from ${store.index.first} is to start at ${first}`)
    else store.index.setBounds(first, last)
  }

  #store(id: number): PathStore | undefined {
    const store = this.stores.get(id)
    if (store === undefined) this.#fail(`store ${id} was never named`)
    return store
  }

  #fail(fault: string): void {
    this.fault ??= fault
  }
}
