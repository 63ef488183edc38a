import { compareIds, type Store, type StoreBackend, type StoreError, type Write } from '@quorate/core'
import type { Loss, Storage } from './storage.js'

/** One change of one store. */
type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array | undefined }
  | { readonly type: 'append'; readonly records: readonly Uint8Array[] }
  | { readonly type: 'truncate'; readonly from: number }
  | { readonly type: 'compact'; readonly through: number }

/** What one store holds. */
class Contents {
  readonly values = new Map<string, Uint8Array>()
  firstIndex = 1
  records: Uint8Array[] = []

  apply(change: Change): void {
    switch (change.type) {
      case 'put':
        if (change.value === undefined) this.values.delete(change.key)
        else this.values.set(change.key, change.value)
        return
      case 'append':
        for (const record of change.records) this.records.push(record)
        return
      case 'truncate':
        this.records.length = Math.min(this.records.length, Math.max(0, change.from - this.firstIndex))
        return
      case 'compact': {
        const removed = change.through - this.firstIndex + 1
        if (removed <= 0) return
        this.records = this.records.slice(removed)
        this.firstIndex = change.through + 1
      }
    }
  }

  inspect(): unknown {
    return [[...this.values].sort((a, b) => compareIds(a[0], b[0])), this.firstIndex, this.records]
  }

  copy(): Contents {
    const copy = new Contents()
    for (const [key, value] of this.values) copy.values.set(key, value)
    copy.firstIndex = this.firstIndex
    copy.records = [...this.records]
    return copy
  }
}

/** A write of one store, or, with neither, that everything at the path and below is forgotten. */
interface BatchEntry {
  readonly path: string
  readonly store: SimulatedStore | undefined
  readonly change: Change | undefined
}

/** The writes of one step: durable together or not at all. */
interface Batch {
  readonly entries: readonly BatchEntry[]
  /** The stores that wrote, each with its newest token. */
  readonly writers: ReadonlyMap<SimulatedStore, Write>
}

/**
 * The stores of one simulated node without a disk beneath them, as fast as can be. What was written becomes durable batch by batch,
 * when the simulator says so; a crash forgets the rest, or all of it but a prefix.
 */
export class SimulatedStores implements StoreBackend, Storage {
  /** Every write takes space. */
  readonly grows = true
  /** Where there is no disk there are no bits to flip. */
  readonly rotten = false
  readonly #durable = new Map<string, Contents>()
  /** The open stores, by path. */
  readonly #open = new Map<string, SimulatedStore>()
  /** Paths that were dropped, while that is not durable: what the durable contents still hold of them is not seen any more. */
  #dropped: string[] = []
  readonly #submitted: () => void
  #entries: BatchEntry[] = []
  #writers = new Map<SimulatedStore, Write>()
  #pending: Batch[] = []
  /** Reported durable, and not: they are older than what is pending. */
  #pretended: Batch[] = []

  /** `submitted` is told of every batch; the simulator then calls `complete` or `fail` for each, in the same order. */
  constructor(submitted: () => void) {
    this.#submitted = submitted
  }

  open(path: string, written: (write: Write, error?: StoreError) => void): Store {
    const recovered = this.#dropped.some((dropped) => isWithin(path, dropped)) ? undefined : this.#durable.get(path)
    const store = new SimulatedStore(recovered?.copy() ?? new Contents(), written, (change) => {
      this.#entries.push({ path, store, change })
      this.#writers.set(store, store.latest)
    })
    this.#open.set(path, store)
    return store
  }

  drop(path: string): void {
    for (const [each, store] of this.#open) {
      if (!isWithin(each, path)) continue
      store.closed = true
      this.#open.delete(each)
    }
    this.#dropped.push(path)
    this.#entries.push({ path, store: undefined, change: undefined })
  }

  commit(): void {
    if (this.#entries.length === 0) return
    const batch: Batch = { entries: this.#entries, writers: this.#writers }
    this.#entries = []
    this.#writers = new Map()
    this.#pending.push(batch)
    this.#submitted()
  }

  mount(): StoreBackend {
    return this
  }

  peek(): StoreBackend {
    return this
  }

  /** Tells each protocol that wrote in the oldest batch. */
  complete(): void {
    const batch = this.#oldest()
    for (const older of this.#pretended) this.#harden(older)
    this.#pretended = []
    this.#harden(batch)
    this.#tell(batch)
  }

  pretend(): void {
    const batch = this.#oldest()
    this.#pretended.push(batch)
    this.#tell(batch)
  }

  get waits(): boolean {
    return this.#pending.length > 0
  }

  get pretends(): boolean {
    return this.#pretended.length > 0
  }

  /** Tells each protocol that wrote in the oldest batch. */
  fail(reason: string): void {
    const batch = this.#oldest()
    const error: StoreError = {
      code: 'QUORATE_STORE_FAILED',
      message: `the simulated stores failed with ${reason} to make a write durable`,
      data: { reason },
    }
    for (const [store, write] of batch.writers) if (!store.closed) store.failed(write, error)
  }

  crash({ survivors }: Loss): void {
    for (const batch of [...this.#pretended, ...this.#pending].slice(0, survivors)) this.#harden(batch)
    this.#pretended = []
    for (const store of this.#open.values()) store.closed = true
    this.#open.clear()
    this.#dropped = []
    this.#entries = []
    this.#writers = new Map()
    this.#pending = []
  }

  rot(): boolean {
    return false
  }

  /** How many paths it remembers anything of: what ended leaves nothing behind. */
  get pathCount(): number {
    return new Set([...this.#durable.keys(), ...this.#open.keys(), ...this.#dropped]).size
  }

  /**
   * Everything that it holds: what is durable, and what each open store has written since, by how many writes it is ahead. Numbers of
   * writes are compared, and never looked at, so that only distances count.
   */
  inspect(): unknown {
    return {
      durable: [...this.#durable].map(([path, contents]) => [path, contents.inspect()]).sort(byPath),
      open: [...this.#open].map(([path, store]) => [path, store.latest - store.durable]).sort(byPath),
      dropped: this.#dropped,
      pending: this.#pending.map(({ entries, writers }) => [
        entries.map(({ path, change, store }) => [path, change ?? null, store?.closed === true]),
        [...writers].map(([store, write]) => write - store.durable),
      ]),
    }
  }

  /** How many batches are not durable. */
  get pendingCount(): number {
    return this.#pending.length
  }

  #oldest(): Batch {
    const batch = this.#pending.shift()
    if (batch === undefined) throw new Error('no batch is waiting to become durable')
    return batch
  }

  #tell(batch: Batch): void {
    for (const [store, write] of batch.writers) if (!store.closed) store.hardened(write)
  }

  #harden(batch: Batch): void {
    for (const { path, change } of batch.entries) {
      if (change === undefined) {
        for (const each of this.#durable.keys()) if (isWithin(each, path)) this.#durable.delete(each)
        this.#dropped.splice(this.#dropped.indexOf(path), 1)
        continue
      }
      let contents = this.#durable.get(path)
      if (contents === undefined) this.#durable.set(path, (contents = new Contents()))
      contents.apply(change)
    }
  }
}

function byPath(a: readonly unknown[], b: readonly unknown[]): number {
  return compareIds(String(a[0]), String(b[0]))
}

function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}/`)
}

class SimulatedStore implements Store {
  latest = 0 as Write
  durable = 0 as Write
  /** Its protocol has ended, or its node's life has. */
  closed = false
  readonly #contents: Contents
  readonly #written: (write: Write, error?: StoreError) => void
  readonly #log: (change: Change) => void

  constructor(contents: Contents, written: (write: Write, error?: StoreError) => void, log: (change: Change) => void) {
    this.#contents = contents
    this.#written = written
    this.#log = log
  }

  get firstIndex(): number {
    return this.#contents.firstIndex
  }

  get lastIndex(): number {
    return this.#contents.firstIndex + this.#contents.records.length - 1
  }

  get(key: string): Uint8Array | undefined {
    return this.#contents.values.get(key)
  }

  put(key: string, value: Uint8Array | undefined): Write {
    return this.#change({ type: 'put', key, value })
  }

  read(from: number, to: number, maxBytes = Infinity): readonly Uint8Array[] {
    const { firstIndex, records } = this.#contents
    const found: Uint8Array[] = []
    let bytes = 0
    for (let index = Math.max(from, firstIndex); index <= Math.min(to, this.lastIndex); index++) {
      const record = records[index - firstIndex] as Uint8Array
      bytes += record.length
      if (found.length > 0 && bytes > maxBytes) break
      found.push(record)
    }
    return found
  }

  append(records: readonly Uint8Array[]): Write {
    return this.#change({ type: 'append', records })
  }

  truncate(from: number): Write {
    return this.#change({ type: 'truncate', from })
  }

  compact(through: number): Write {
    return this.#change({ type: 'compact', through })
  }

  hardened(write: Write): void {
    this.durable = write
    this.#written(write)
  }

  failed(write: Write, error: StoreError): void {
    this.#written(write, error)
  }

  #change(change: Change): Write {
    this.#contents.apply(change)
    this.latest = (this.latest + 1) as Write
    // A protocol that has ended, or a former life of one, has nothing left to write to.
    if (!this.closed) this.#log(change)
    return this.latest
  }
}
