import { AT_ONCE, invalidOption, requireInteger, type Store, type StoreError, type Write } from '@quorate/core'
import { CachedTail } from './cached-tail.js'
import { tooLarge } from './errors.js'
import type { Group } from './group.js'
import { MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_KEY_LENGTH, type Usage } from './limits.js'
import {
  encodeCompact,
  encodeDeclare,
  encodeDelete,
  encodeDrop,
  encodePut,
  encodeRecord,
  encodeRecords,
  encodeTruncate,
} from './operations.js'
import { RecordIndex } from './record-index.js'

/** What a store needs of the log that it is part of. */
export interface Journal {
  readonly usage: Usage
  /** The group that takes writes now. The step that makes them is open until the log's next commit. */
  gather(store: PathStore): Group
  /**
   * Reads records from `from` on that are not in memory: at least one, and more up to `to` and `maxBytes` where that is
   * cheap.
   */
  load(store: PathStore, from: number, to: number, maxBytes: number): readonly Uint8Array[]
  /** Records came into memory: others may have to go. */
  cached(): void
}

/**
 * What a record costs in a batch next to its bytes, at most: its length and checksum, and the head of a run of its own.
 */
const RUN_BYTES = 48

/**
 * The store of the protocol at one path. Keys are in memory, the log's records on the disk and the newest also in
 * memory.
 */
export class PathStore implements Store {
  readonly id: number
  readonly path: string
  readonly keys = new Map<string, Uint8Array>()
  readonly index = new RecordIndex()
  readonly tail: CachedTail
  /** Whether the log on the disk, or the group that gathers, knows what the id stands for. */
  declared = false
  written: ((write: Write, error?: StoreError) => void) | undefined
  latest: Write = AT_ONCE
  durable: Write = AT_ONCE
  /** The newest write that the disk has been given. */
  sealed: Write = AT_ONCE
  readonly #journal: Journal
  #dropped = false

  constructor(journal: Journal, id: number, path: string) {
    this.#journal = journal
    this.id = id
    this.path = path
    this.tail = new CachedTail(journal.usage, 1)
  }

  get firstIndex(): number {
    return this.index.first
  }

  get lastIndex(): number {
    return this.index.last
  }

  get dropped(): boolean {
    return this.#dropped
  }

  /** Whether it holds nothing and never did, so that nothing need be said of it. */
  get pristine(): boolean {
    return this.keys.size === 0 && this.index.first === 1 && this.index.last === 0
  }

  get(key: string): Uint8Array | undefined {
    return this.keys.get(key)
  }

  put(key: string, value: Uint8Array | undefined): Write {
    if (key.length > MAX_KEY_LENGTH) throw invalidOption('key', key, `at most ${MAX_KEY_LENGTH} characters long`)
    if (this.#dropped || (value === undefined && !this.keys.has(key))) return this.latest
    const bytes = value === undefined ? 0 : keyBytes(key, value)
    const total = this.#journal.usage.keyBytes + bytes
    if (total > MAX_KEY_BYTES) throw tooLarge('all keys and values of this node', total, MAX_KEY_BYTES)
    const group = this.#gather(bytes)
    if (value === undefined) encodeDelete(group.operations, this.id, key)
    else encodePut(group.operations, this.id, key, value)
    this.setKey(key, value)
    return this.#next()
  }

  read(from: number, to: number, maxBytes = Infinity): readonly Uint8Array[] {
    const end = Math.min(to, this.index.last)
    const records: Uint8Array[] = []
    let bytes = 0
    let at = Math.max(from, this.index.first)
    while (at < this.tail.first && at <= end && (bytes < maxBytes || records.length === 0)) {
      const loaded = this.#journal.load(this, at, Math.min(end, this.tail.first - 1), maxBytes - bytes)
      for (const record of loaded) {
        bytes += record.length
        if (bytes > maxBytes && records.length > 0) return records
        records.push(record)
      }
      at += loaded.length
    }
    if (at < this.tail.first) return records
    for (; at <= end; at++) {
      const record = this.tail.get(at)
      bytes += record.length
      if (bytes > maxBytes && records.length > 0) return records
      records.push(record)
    }
    return records
  }

  append(records: readonly Uint8Array[]): Write {
    if (this.#dropped || records.length === 0) return this.latest
    let bytes = 0
    for (const record of records) bytes += record.length + RUN_BYTES
    const group = this.#gather(bytes)
    const { index, tail } = this
    encodeRecords(group.operations, this.id, index.last + 1, records.length, group.data.length)
    for (const record of records) {
      const offset = group.nextOffset
      const checksum = group.addRecord(record)
      encodeRecord(group.operations, record.length, checksum)
      index.push(group.segment, offset, record.length, checksum)
      tail.push(record)
    }
    this.#journal.cached()
    return this.#next()
  }

  truncate(from: number): Write {
    requireInteger('truncate from', from)
    const start = Math.max(from, this.index.first)
    if (this.#dropped || start > this.index.last) return this.latest
    encodeTruncate(this.#gather(RUN_BYTES).operations, this.id, start)
    this.index.truncate(start)
    this.tail.truncate(start)
    return this.#next()
  }

  compact(through: number): Write {
    requireInteger('compact through', through)
    if (this.#dropped || through < this.index.first) return this.latest
    encodeCompact(this.#gather(RUN_BYTES).operations, this.id, through)
    this.index.compact(through)
    this.tail.compact(through)
    return this.#next()
  }

  /** Takes a key's value over without writing it. */
  setKey(key: string, value: Uint8Array | undefined): void {
    const { usage } = this.#journal
    const old = this.keys.get(key)
    if (old !== undefined) usage.keyBytes -= keyBytes(key, old)
    if (value === undefined) {
      this.keys.delete(key)
    } else {
      this.keys.set(key, value)
      usage.keyBytes += keyBytes(key, value)
    }
  }

  declare(): void {
    if (!this.declared) this.#journal.usage.keyBytes += pathBytes(this.path)
    this.declared = true
  }

  undeclare(): void {
    if (this.declared) this.#journal.usage.keyBytes -= pathBytes(this.path)
    this.declared = false
  }

  /** Writes that everything at this path is forgotten. */
  writeDrop(): void {
    encodeDrop(this.#gather(RUN_BYTES).operations, this.id)
  }

  /** Gives up everything it holds. It takes no more writes, as its protocol takes no more messages. */
  drop(): void {
    for (const key of [...this.keys.keys()]) this.setKey(key, undefined)
    this.index.truncate(this.index.first)
    this.tail.truncate(this.tail.first)
    this.undeclare()
    this.#dropped = true
  }

  #gather(bytes: number): Group {
    const group = this.#journal.gather(this)
    const total = group.bytes + bytes + pathBytes(this.path)
    if (total > MAX_BATCH_BYTES) throw tooLarge('one batch of writes', total, MAX_BATCH_BYTES)
    if (!this.declared) encodeDeclare(group.operations, this.id, this.path)
    this.declare()
    return group
  }

  #next(): Write {
    this.latest = (this.latest + 1) as Write
    return this.latest
  }
}

/** What a checkpoint needs to state a key, at most. */
function keyBytes(key: string, value: Uint8Array): number {
  return 16 + key.length * 3 + value.length
}

/** What a checkpoint needs to state a store and a record of its own run, at most. */
function pathBytes(path: string): number {
  return 64 + path.length * 3
}
