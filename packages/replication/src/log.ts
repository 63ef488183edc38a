import { QuorateError, type LogPosition, type Store, type Term, type Write } from '@quorate/core'
import { decodeEntry, type StoredEntry } from './entry.js'
import { TermRuns } from './term-runs.js'

const runsKey = 'terms'

/** The entries of a replicated log on a protocol's store, with their terms, and how far they are durable. */
export class Log {
  readonly #store: Store
  readonly #runs: TermRuns
  /** Writes that are not durable yet, oldest first, with the last index that the log had after each. */
  #unsynced: { readonly write: Write; readonly lastIndex: number }[] = []
  #durableIndex: number

  /** Throws `QUORATE_STORE_MALFORMED` when what is stored cannot be read. */
  constructor(store: Store) {
    this.#store = store
    const bytes = store.get(runsKey)
    const runs = bytes === undefined ? new TermRuns() : TermRuns.decode(bytes)
    if (runs === undefined) {
      throw new QuorateError('QUORATE_STORE_MALFORMED', 'the stored terms of the replicated log cannot be read', {})
    }
    this.#runs = runs
    // What was recovered may be in the operating system's cache only: until the store says that it is durable it is not.
    this.#durableIndex = store.durable < store.latest ? store.firstIndex - 1 : store.lastIndex
    if (this.#durableIndex < store.lastIndex) this.#written(store.latest)
  }

  get firstIndex(): number {
    return this.#store.firstIndex
  }

  get lastIndex(): number {
    return this.#store.lastIndex
  }

  has(index: number): boolean {
    return index >= this.firstIndex && index <= this.lastIndex
  }

  /** All entries up to here are on this node's disk. */
  get durableIndex(): number {
    return this.#durableIndex
  }

  get position(): LogPosition {
    return { term: this.#runs.at(this.lastIndex), index: this.lastIndex }
  }

  /** The term of the entry at `index`, which must be from `firstIndex - 1` to `lastIndex`. */
  termAt(index: number): Term {
    return this.#runs.at(index)
  }

  firstOfTermAt(index: number): number {
    return Math.max(this.firstIndex, this.#runs.firstOfRun(index))
  }

  lastOfTerm(term: Term, through: number): number {
    return this.#runs.lastOf(term, Math.min(through, this.lastIndex))
  }

  records(from: number, to: number, maxBytes?: number): readonly Uint8Array[] {
    return this.#store.read(from, to, maxBytes)
  }

  entry(index: number): StoredEntry | undefined {
    const [record] = this.#store.read(index, index)
    return record === undefined ? undefined : this.#decode(index, record)
  }

  entries(from: number, to: number, maxBytes?: number): readonly StoredEntry[] {
    return this.#store.read(from, to, maxBytes).map((record, offset) => this.#decode(from + offset, record))
  }

  /** Adds records behind the last; `termOf` tells the term of each by its place in `records`. */
  append(records: readonly Uint8Array[], termOf: (place: number) => Term): void {
    if (records.length === 0) return
    let runs = 0
    const next = this.lastIndex + 1
    for (let place = 0; place < records.length; place++) if (this.#runs.extend(next + place, termOf(place))) runs++
    if (runs > 0) this.#writeRuns()
    this.#written(this.#store.append(records))
  }

  /** Removes the entry at `from` and all behind it. */
  truncate(from: number): void {
    this.#runs.truncate(from)
    this.#writeRuns()
    const write = this.#store.truncate(from)
    this.#durableIndex = Math.min(this.#durableIndex, from - 1)
    // What was written before, and removed now, never counts as durable.
    this.#unsynced = this.#unsynced.map((each) => ({ ...each, lastIndex: Math.min(each.lastIndex, from - 1) }))
    this.#written(write)
  }

  /** Removes the entries up to `through`. */
  compact(through: number): void {
    if (through < this.firstIndex) return
    this.#store.compact(through)
    this.#runs.compact(this.firstIndex)
    this.#writeRuns()
  }

  /** The store says that everything up to `write` is durable. */
  synced(write: Write): void {
    let count = 0
    for (const each of this.#unsynced) {
      if (each.write > write) break
      this.#durableIndex = Math.max(this.#durableIndex, each.lastIndex)
      count++
    }
    if (count > 0) this.#unsynced.splice(0, count)
  }

  /** `durable`: how far the store is. Of writes only distances count. */
  inspect(durable: Write) {
    return {
      firstIndex: this.firstIndex,
      lastIndex: this.lastIndex,
      durableIndex: this.#durableIndex,
      unsynced: this.#unsynced.map(({ write, lastIndex }) => ({ writes: write - durable, lastIndex })),
    }
  }

  #written(write: Write): void {
    this.#unsynced.push({ write, lastIndex: this.lastIndex })
  }

  #writeRuns(): void {
    this.#store.put(runsKey, this.#runs.encode())
  }

  #decode(index: number, record: Uint8Array): StoredEntry {
    const entry = decodeEntry(index, record)
    if (entry !== undefined) return entry
    throw new QuorateError('QUORATE_STORE_MALFORMED', `the stored entry at index ${index} cannot be read`, { index })
  }
}
