import { QuorateError, invalidOption } from '@quorate/core'
import {
  MemoryOrderedStore,
  type OrderedChange,
  type OrderedEntry,
  type OrderedReads,
  type OrderedStore,
  type OrderedView,
} from '@quorate/kv'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DELETED, LayeredReads } from './layered-reads.js'
import { LmdbFile, maxKeyBytes } from './lmdb-file.js'

export interface LmdbOrderedStoreOptions {
  /** The file; its folder must be there. */
  readonly path: string
  /** How long a commit may stay in memory before it is written. Default 1,000 ms. */
  readonly flushIntervalMs?: number
  /** How much may wait in memory before it is written at once. To hand it over takes this thread some 4 ms per MiB. Default 1 MiB. */
  readonly flushBytes?: number
  /** How much may wait while a write is under way; a commit beyond it holds up its caller until that is done. Default 64 MiB. */
  readonly maxPendingBytes?: number
  /** What the file may take. Default 32 GiB. */
  readonly maxFileBytes?: number
}

/**
 * An ordered store on disk, for a state whose commands are kept elsewhere, synced, until they are in it.
 *
 * A commit is made in memory, and written to lmdb with those around it, in whole commits and in their order, on another thread. So a crash
 * of the process or of the machine leaves the store as it was after some earlier commit, never between two, and costs at most
 * `flushIntervalMs` and one write of them. The alternative, lmdb without syncs, would have the system write its pages in any order: a
 * loss of power could leave a tree whose parts are of different commits.
 */
export class LmdbOrderedStore implements OrderedStore {
  readonly #file: LmdbFile
  readonly #flushIntervalMs: number
  readonly #flushBytes: number
  readonly #maxPendingBytes: number
  readonly #maxFileBytes: number
  /** Not yet on its way to the file. */
  #pending = new MemoryOrderedStore()
  #pendingBytes = 0
  /** On its way. */
  #flushing: MemoryOrderedStore | undefined
  #flushingBytes = 0
  /** The transactions of the file when it set out. */
  #transactionsBefore = 0
  #flushed: Promise<void> = Promise.resolve()
  #reads: OrderedReads
  #commits = 0
  #flushingCommits = 0
  #flushIsRunning = false
  #durableCommits = 0
  #timer: NodeJS.Timeout | undefined
  #timerDelayMs = 0
  #failure: QuorateError | undefined
  #closed = false
  #closing: Promise<void> | undefined

  /**
   * Opens the file, or creates it. Throws `QUORATE_CORRUPT_STORE`, with the file, when it is damaged, `QUORATE_UNSUPPORTED_VERSION` when
   * another release wrote it, `QUORATE_STORE_FULL` when it is longer than `maxFileBytes`, and `QUORATE_STORE_FAILED` when the system
   * refuses it.
   */
  constructor(options: LmdbOrderedStoreOptions) {
    const { path, flushIntervalMs = 1000, flushBytes = MIB, maxPendingBytes = 64 * MIB } = options
    const { maxFileBytes = 32 * 1024 * MIB } = options
    for (const [name, value] of Object.entries({ flushIntervalMs, flushBytes, maxPendingBytes, maxFileBytes })) {
      if (!(value > 0)) throw invalidOption(name, value, 'greater than 0')
    }
    this.#flushIntervalMs = flushIntervalMs
    this.#flushBytes = flushBytes
    this.#maxPendingBytes = maxPendingBytes
    this.#maxFileBytes = maxFileBytes
    this.#file = new LmdbFile(path, maxFileBytes)
    this.#reads = this.#layered()
    this.#checkSize()
    if (this.#failure === undefined) return
    void this.#file.close()
    throw this.#failure
  }

  /** What the file holds: what would be left if the machine failed now. */
  get durable(): OrderedReads {
    return this.#file
  }

  /** What the file takes. */
  get fileBytes(): number {
    return this.#file.bytes
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#reads.get(key)
  }

  *range(from: Uint8Array, to?: Uint8Array): Generator<OrderedEntry> {
    const view = this.view()
    try {
      yield* view.range(from, to)
    } finally {
      view.close()
    }
  }

  /**
   * Throws `QUORATE_STORE_FAILED`, or `QUORATE_STORE_FULL`, once a write to the file has failed: open the store again then. Throws
   * `QUORATE_INVALID_OPTION` for a key that is empty or longer than 1,978 bytes.
   */
  commit(changes: readonly OrderedChange[]): void {
    this.#requireUsable()
    if (changes.length === 0) return
    let bytes = 0
    for (const { key, value } of changes) {
      if (key.length === 0 || key.length > maxKeyBytes) {
        throw invalidOption('key.length', key.length, `1 to ${maxKeyBytes} bytes`)
      }
      bytes += CHANGE_BYTES + key.length + (value?.length ?? 0)
    }
    if (this.#pendingBytes + this.#flushingBytes + bytes > this.#maxPendingBytes) this.#makeRoom(bytes)
    this.#requireUsable()
    this.#pending.commit(changes.map(({ key, value = DELETED }) => ({ key, value })))
    this.#pendingBytes += bytes
    this.#commits++
    if (this.#flushing !== undefined) return
    if (this.#timer === undefined) this.#flushIn(this.#flushIntervalMs)
    if (this.#pendingBytes >= this.#flushBytes && this.#timerDelayMs > 0) this.#flushIn(0)
  }

  /** Close it: lmdb keeps what it has seen, and the file grows meanwhile. */
  view(): OrderedView {
    const snapshot = this.#file.snapshot()
    const pending = this.#pending.view()
    const file: OrderedReads = {
      get: (key) => this.#file.get(key, snapshot),
      range: (from, to) => this.#file.range(from, to, snapshot),
    }
    const reads = new LayeredReads(pending, this.#flushing, file)
    let open = true
    return {
      get: (key) => reads.get(key),
      range: (from, to) => reads.range(from, to),
      close() {
        if (open) snapshot.done()
        open = false
      },
    }
  }

  /** Resolves when all that was committed before the call is on disk. Rejects as `commit` throws. */
  async flush(): Promise<void> {
    const commits = this.#commits
    while (this.#durableCommits < commits) {
      this.#requireUsable()
      if (this.#flushing === undefined) {
        await nextTurn()
        this.#startFlush()
      }
      await this.#flushed
    }
    this.#requireUsable()
  }

  /** Writes what is pending and closes the file, also when the write fails, with which it then rejects. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      this.#closed = true
      clearTimeout(this.#timer)
      await this.#file.close()
    }
  }

  /**
   * Later, not now: a write that is begun waits for the next turn of the event loop, which a caller that commits on and on does not let
   * come.
   */
  #flushIn(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timerDelayMs = delayMs
    this.#timer = setTimeout(() => this.#startFlush(), delayMs).unref()
  }

  #startFlush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#flushing !== undefined || this.#pendingBytes === 0 || this.#failure !== undefined) return
    const flushing = this.#pending
    this.#flushing = flushing
    this.#flushingBytes = this.#pendingBytes
    this.#flushingCommits = this.#commits
    this.#transactionsBefore = this.#file.transactions
    this.#clearPending()
    this.#flushIsRunning = false
    this.#flushed = this.#file.write(entriesOf(flushing)).then(
      () => this.#endFlush(flushing),
      (error: QuorateError) => void (this.#failure ??= error),
    )
    // Behind what lmdb does in the next turn, which is to hand the write to its thread.
    setImmediate(() => (this.#flushIsRunning = true))
  }

  /** The file has what `flushing` held. */
  #endFlush(flushing: MemoryOrderedStore): void {
    if (this.#flushing !== flushing) return
    this.#file.refresh()
    this.#flushing = undefined
    this.#flushingBytes = 0
    this.#durableCommits = this.#flushingCommits
    this.#reads = this.#layered()
    this.#checkSize()
    if (this.#pendingBytes > 0) this.#flushIn(this.#pendingBytes >= this.#flushBytes ? 0 : this.#flushIntervalMs)
  }

  /**
   * Holds up the caller until so much more may be pending, or nothing is. Only for a write that was begun in this turn of the event loop it
   * cannot wait.
   */
  #makeRoom(bytes: number): void {
    if (this.#flushing !== undefined) {
      if (!this.#flushIsRunning) return
      this.#awaitFlush(this.#flushing)
    }
    if (this.#pendingBytes + bytes <= this.#maxPendingBytes) return
    try {
      this.#file.writeSync(entriesOf(this.#pending))
    } catch (error) {
      throw (this.#failure = error as QuorateError)
    }
    this.#file.refresh()
    this.#durableCommits = this.#commits
    this.#clearPending()
    this.#checkSize()
  }

  /** The write under way needs nothing from this thread. That it is done, shows in the file. */
  #awaitFlush(flushing: MemoryOrderedStore): void {
    const deadlineMs = performance.now() + MAX_WAIT_MS
    while (this.#file.transactions === this.#transactionsBefore) {
      if (performance.now() > deadlineMs) throw (this.#failure = this.#file.tooSlow(MAX_WAIT_MS))
      Atomics.wait(sleeper, 0, 0, 1)
    }
    this.#endFlush(flushing)
  }

  #clearPending(): void {
    this.#pending = new MemoryOrderedStore()
    this.#pendingBytes = 0
    this.#reads = this.#layered()
  }

  #layered(): OrderedReads {
    return new LayeredReads(this.#pending, this.#flushing, this.#file)
  }

  #checkSize(): void {
    const { bytes } = this.#file
    if (bytes > this.#maxFileBytes) this.#failure ??= this.#file.tooLong(bytes, this.#maxFileBytes)
  }

  #requireUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw new QuorateError('QUORATE_STORE_CLOSED', 'the store was closed; open it again', {})
  }
}

const MIB = 1024 * 1024

/** What a change takes in memory beyond its bytes, about. */
const CHANGE_BYTES = 100

/** A disk that takes so long for one write hangs. */
const MAX_WAIT_MS = 30_000

const sleeper = new Int32Array(new SharedArrayBuffer(4))

function entriesOf(changes: MemoryOrderedStore): OrderedEntry[] {
  return [...changes.range(new Uint8Array(0))]
}
