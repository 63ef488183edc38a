import { QuorateError, isQuorateError } from '@quorate/core'
import type { OrderedEntry, OrderedReads } from '@quorate/kv'
import { open, type Database, type RootDatabase } from 'lmdb'
import fs from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { syncFolder } from './files.js'
import { DELETED } from './layered-reads.js'
import { checkLmdbFile } from './lmdb-header.js'

/** The longest key that fits a page of 4 KiB. */
export const maxKeyBytes = 1978

/** Names what entries are: values with a checksum behind them. Another format is another name. */
const ENTRIES = 'entries-1'

const CHECKSUM_BYTES = 4

/** Nothing is mapped anew while the file grows: addresses cost nothing, and a map that moves would cost every open view. */
const SPARE_MAP_BYTES = 2 ** 30

/** A read transaction of lmdb: an image that later commits do not touch. */
type Snapshot = ReturnType<Database['useReadTransaction']>

interface Stats {
  readonly lastPageNumber: number
  readonly lastTxnId: number
  readonly root: { readonly pageSize: number }
}

/**
 * An lmdb file of byte keys and values. Every transaction is synced before it counts, data first and then the page that makes it current,
 * so that a crash at any point leaves the one before it. Whoever opens the file owns it.
 *
 * lmdb has no checksums: a value is stored with one over its key and itself, which every read checks.
 */
export class LmdbFile implements OrderedReads {
  readonly path: string
  readonly #root: RootDatabase<Uint8Array, Uint8Array>
  readonly #entries: Database<Uint8Array, Uint8Array>

  /** Throws `QUORATE_CORRUPT_STORE` for a file that is none of ours or damaged, `QUORATE_STORE_FAILED` with the system's reason otherwise. */
  constructor(path: string, maxBytes: number) {
    this.path = path
    const isNew = !fs.existsSync(path)
    const wrong = this.#attempt('open', () => checkLmdbFile(path))
    if (wrong !== undefined) throw this.#corrupt(wrong)
    this.#root = this.#attempt('open', () =>
      open<Uint8Array, Uint8Array>({
        path,
        noSubdir: true,
        maxDbs: 1,
        encoding: 'binary',
        keyEncoding: 'binary',
        mapSize: maxBytes + SPARE_MAP_BYTES,
        // The plain commit of lmdb, whose order of writes and syncs is that of its authors.
        overlappingSync: false,
        // A write is one batch, begun by itself.
        eventTurnBatching: false,
      }),
    )
    try {
      this.#fillUp()
      this.#entries = this.#attempt('open', () => this.#openEntries())
      if (isNew) this.#attempt('open', () => syncFolder(dirname(path)))
    } catch (error) {
      void this.#root.close()
      throw error
    }
  }

  /** What the file takes, with pages that are free again: it grows and never shrinks. */
  get bytes(): number {
    const { lastPageNumber, root } = this.#stats()
    return (lastPageNumber + 1) * root.pageSize
  }

  /** One more with every transaction that is visible. */
  get transactions(): number {
    return this.#stats().lastTxnId
  }

  get(key: Uint8Array, snapshot?: Snapshot): Uint8Array | undefined {
    if (key.length === 0) return undefined // lmdb has no such key
    const stored = this.#attempt('read', () => this.#entries.get(key, withSnapshot(snapshot)))
    return stored === undefined ? undefined : this.#checked(key, stored)
  }

  *range(from: Uint8Array, to?: Uint8Array, snapshot?: Snapshot): Generator<OrderedEntry> {
    if (to !== undefined && Buffer.compare(from, to) >= 0) return
    const bounds = { start: from.length === 0 ? FIRST_KEY : from, ...(to === undefined ? {} : { end: to }) }
    try {
      for (const { key, value } of this.#entries.getRange({ ...bounds, ...withSnapshot(snapshot) })) {
        yield [key, this.#checked(key, value)]
      }
    } catch (error) {
      throw isQuorateError(error) ? error : this.#failed('read', error)
    }
  }

  /** The state of the last transaction, until `done` is called on it. */
  snapshot(): Snapshot {
    return this.#entries.useReadTransaction()
  }

  /** Lets reads see the last transaction: within one turn of the event loop they otherwise keep to what the first one saw. */
  refresh(): void {
    this.#entries.resetReadTxn()
  }

  /** Writes in one transaction, on a thread of libuv's. Resolves when all is on disk. */
  async write(changes: readonly OrderedEntry[]): Promise<void> {
    try {
      await this.#entries.batch(() => this.#put(withChecksums(changes)))
    } catch (error) {
      const { commitError } = error as { commitError?: PromiseLike<unknown> }
      // What it rejects with is the reason; that it rejects, is known.
      throw this.#failed('write to', await (commitError ?? Promise.reject(error)).then(undefined, (reason) => reason))
    }
  }

  /** As `write`, on this thread. */
  writeSync(changes: readonly OrderedEntry[]): void {
    this.#attempt('write to', () => this.#entries.transactionSync(() => this.#put(withChecksums(changes))))
  }

  async close(): Promise<void> {
    await this.#root.close()
  }

  tooLong(bytes: number, maxBytes: number): QuorateError {
    return new QuorateError(
      'QUORATE_STORE_FULL',
      `${this.path} has ${bytes} bytes, more than the ${maxBytes} that it may have; set a lower quota, or raise maxFileBytes`,
      { file: this.path, bytes, maxBytes },
    )
  }

  tooSlow(waitedMs: number): QuorateError {
    return this.#failed('write to', new Error(`a write is not done after ${waitedMs} ms`))
  }

  #put(changes: readonly OrderedEntry[]): void {
    for (const [key, value] of changes) {
      if (value === DELETED) void this.#entries.remove(key)
      else void this.#entries.put(key, value)
    }
  }

  #openEntries(): Database<Uint8Array, Uint8Array> {
    const names = [...this.#root.getKeys()].map((name) => Buffer.from(name).toString().replace(/\0$/, ''))
    const others = names.filter((name) => name !== ENTRIES)
    if (others.length > 0) {
      throw new QuorateError(
        'QUORATE_UNSUPPORTED_VERSION',
        `${this.path} holds ${others.join(', ')}, this release knows ${ENTRIES}; run the release that wrote it`,
        { file: this.path, format: others, known: ENTRIES },
      )
    }
    return this.#root.openDB<Uint8Array, Uint8Array>(ENTRIES, { ...codecs(), encoding: 'binary' })
  }

  /**
   * Gives the file the length that it says it has. The pages that were missing read as zeros, which are no pages: what refers to them is
   * found damaged. Without them the system would end the process.
   */
  #fillUp(): void {
    const { bytes } = this
    this.#attempt('open', () => {
      if (fs.statSync(this.path).size < bytes) fs.truncateSync(this.path, bytes)
    })
  }

  /** The value without its checksum, once that is found right. */
  #checked(key: Uint8Array, stored: Uint8Array): Uint8Array {
    const length = stored.length - CHECKSUM_BYTES
    const value = stored.subarray(0, Math.max(length, 0))
    if (length < 0 || checksum(key, value) !== readUint32(stored, length)) {
      throw this.#corrupt(`the value of key ${Buffer.from(key).toString('hex')} is not what was written`)
    }
    return value
  }

  #stats(): Stats {
    return this.#root.getStats() as Stats
  }

  #attempt<Result>(action: string, act: () => Result): Result {
    try {
      return act()
    } catch (error) {
      throw isQuorateError(error) ? error : this.#failed(action, error)
    }
  }

  #failed(action: string, error: unknown): QuorateError {
    const { code, message = String(error) } = error as { code?: unknown; message?: string }
    if (typeof code === 'number' && DAMAGE.has(code)) return this.#corrupt(message, error)
    return new QuorateError(
      'QUORATE_STORE_FAILED',
      `the store could not ${action} ${this.path}: ${message}; see to its disk, then start this member again`,
      { file: this.path, reason: code },
      { cause: error },
    )
  }

  #corrupt(what: string, cause?: unknown): QuorateError {
    return new QuorateError(
      'QUORATE_CORRUPT_STORE',
      `${this.path} is damaged: ${what}; restore this member from another or from a backup`,
      { file: this.path, what },
      { cause },
    )
  }
}

/** What lmdb says of a file that it did not write so: page not found, corrupted, version mismatch, invalid. */
const DAMAGE = new Set([-30797, -30796, -30794, -30793])

const FIRST_KEY = Uint8Array.of(0)

/**
 * How lmdb's own memory becomes ours: keys and values as bytes, never as a `Buffer`, whose `slice` is no copy. Many small values share an
 * array: one for each would take most of the time of reading them.
 */
function codecs(): object {
  let shared = new Uint8Array(0)
  let used = 0
  return {
    keyEncoder: {
      writeKey(key: Uint8Array, target: Uint8Array, start: number): number {
        target.set(key, start)
        return start + key.length
      },
      readKey(source: Uint8Array, start: number, end: number): Uint8Array {
        const key = new Uint8Array(end - start)
        for (let index = start; index < end; index++) key[index - start] = source[index] as number
        return key
      },
    },
    encoder: {
      encode: (value: Uint8Array) => value,
      /** `source` is lmdb's, and another value the next time. */
      decode(source: Uint8Array): Uint8Array {
        const { length } = source
        if (used + length > shared.length) {
          shared = new Uint8Array(Math.max(SHARED_BYTES, length))
          used = 0
        }
        const value = shared.subarray(used, (used += length))
        value.set(source.subarray(0, length))
        return value
      },
    },
  }
}

/** So much may be kept by one who keeps a single value. */
const SHARED_BYTES = 16 * 1024

function withSnapshot(transaction: Snapshot | undefined): { transaction?: Snapshot } {
  return transaction === undefined ? {} : { transaction }
}

/** The changes with the checksum of each behind its value, all in one buffer, whose address lmdb asks for once. */
function withChecksums(changes: readonly OrderedEntry[]): OrderedEntry[] {
  let bytes = 0
  for (const [, value] of changes) if (value !== DELETED) bytes += value.length + CHECKSUM_BYTES
  const buffer = Buffer.allocUnsafeSlow(bytes)
  let at = 0
  return changes.map(([key, value]) => {
    if (value === DELETED) return [key, value]
    const from = at
    buffer.set(value, from)
    at = buffer.writeUInt32LE(checksum(key, value), from + value.length)
    return [key, buffer.subarray(from, at)]
  })
}

/** CRC-32 of the value, begun with a hash of the key: FNV-1a, which no change of one byte leaves as it was. */
function checksum(key: Uint8Array, value: Uint8Array): number {
  let hash = 0x811c_9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ (key[index] as number), 0x0100_0193)
  return crc32(value, hash >>> 0)
}

function readUint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)
  return (low | ((bytes[at + 3] as number) << 24)) >>> 0
}
