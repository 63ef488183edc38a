import {
  invalidOption,
  isQuorateError,
  requireInteger,
  type Disk,
  type DiskChange,
  type DiskError,
  type Store,
  type StoreError,
  type Write,
} from '@quorate/core'
import { viewOf } from './byte-buffer.js'
import { copyForward, encodeState } from './checkpoint.js'
import { crc32c } from './checksum.js'
import { corrupt, failedBy, overflowed, unreadable } from './errors.js'
import { Group } from './group.js'
import { MAX_BATCH_BYTES, type Usage } from './limits.js'
import { PathStore, type Journal } from './path-store.js'
import { recover } from './recovery.js'
import type { LogReport, LogStats, RecoveryReport } from './report.js'
import { Segment } from './segment.js'
import type { WriteAheadLog, WriteAheadLogOptions } from './write-ahead-log.js'

const MEBIBYTE = 1024 * 1024
/** How much is read from the disk at once. */
const READ_BYTES = MEBIBYTE
/** How much is copied out of old segments by one batch when nothing else is to be written. */
const IDLE_COPY_BYTES = MEBIBYTE
/**
 * Old segments are copied from when the log is this many times as large as what is needed of it, and as many segments
 * more.
 */
const RECLAIM_FACTOR = 3

/** What the disk is doing. */
interface Commit {
  readonly group: Group | undefined
  readonly stores: Iterable<PathStore>
  /** Segments before this one hold nothing that is needed once the commit is durable. */
  readonly removeBefore: number
}

/**
 * The stores of a node, the batch that gathers their writes, the commit in flight, and the segments that hold it all.
 */
export class Log implements WriteAheadLog, Journal {
  readonly recovered: RecoveryReport
  readonly usage: Usage = { keyBytes: 0, cachedBytes: 0 }
  readonly #disk: Disk
  readonly #maxSegmentBytes: number
  readonly #maxPendingBytes: number
  readonly #maxCachedBytes: number
  readonly #report: (report: LogReport) => void
  readonly #stores = new Map<string, PathStore>()
  /** Oldest first; the last one is written to. */
  readonly #segments: Segment[]
  #group: Group
  #spare: Group
  #inFlight: Commit | undefined
  #lastId: number
  #lastBatch: number
  #removeBefore = 0
  #stepOpen = false
  #delivering = false
  #failure: StoreError | undefined
  #idleCallbacks: ((error?: StoreError) => void)[] = []

  constructor(disk: Disk, options: WriteAheadLogOptions) {
    this.#disk = disk
    this.#maxSegmentBytes = requireInteger('maxSegmentBytes', options.maxSegmentBytes ?? 64 * MEBIBYTE, {
      min: 1024,
      max: 1024 * MEBIBYTE,
    })
    this.#maxPendingBytes = requireInteger('maxPendingBytes', options.maxPendingBytes ?? 256 * MEBIBYTE, {
      min: 0,
      max: MAX_BATCH_BYTES / 2,
    })
    this.#maxCachedBytes = requireInteger('maxCachedBytes', options.maxCachedBytes ?? 64 * MEBIBYTE, { min: 0 })
    this.#report = options.onReport ?? (() => undefined)

    const { segments, stores, lastId, firstBatch, lastBatch, tornTail, repair } = recover(
      disk,
      (id, path) => new PathStore(this, id, path),
    )
    this.#segments = [...segments]
    this.#lastId = lastId
    this.#lastBatch = lastBatch
    for (const store of stores.values()) this.#stores.set(store.path, store)
    this.#group = new Group(this.#nextSegment())
    this.#group.begin(this.#group.segment)
    this.#spare = new Group(this.#group.segment)
    this.recovered = {
      segments: segments.length,
      bytes: this.#diskBytes(),
      batches: segments.length === 0 ? 0 : lastBatch - firstBatch + 1,
      lastBatch,
      records: this.#records(),
      tornTail,
    }
    if (tornTail !== undefined) this.#report({ type: 'torn-tail', ...tornTail })
    if (repair.length > 0) this.#settle(repair)
  }

  get pendingBytes(): number {
    return this.#group.bytes + (this.#inFlight?.group?.bytes ?? 0)
  }

  get failure(): StoreError | undefined {
    return this.#failure
  }

  open(path: string, written: (write: Write, error?: StoreError) => void): Store {
    let store = this.#stores.get(path)
    if (store === undefined) this.#stores.set(path, (store = new PathStore(this, ++this.#lastId, path)))
    if (store.written !== undefined) throw invalidOption('path', path, 'one whose store is not open yet')
    store.written = written
    return store
  }

  drop(path: string): void {
    for (const store of [...this.#stores.values()]) {
      if (path !== '' && store.path !== path && !store.path.startsWith(`${path}/`)) continue
      if (store.declared) store.writeDrop()
      store.drop()
      this.#stores.delete(store.path)
    }
  }

  commit(): void {
    if (!this.#stepOpen) return
    this.#stepOpen = false
    if (this.#failure !== undefined) this.#group.begin(this.#group.segment)
    else if (this.#inFlight === undefined) this.#next()
    else if (this.#group.bytes > this.#maxPendingBytes) this.#fail(overflowed(this.#group.bytes, this.#maxPendingBytes))
  }

  stats(): LogStats {
    return {
      segments: this.#segments.length,
      diskBytes: this.#diskBytes(),
      liveBytes: this.#liveBytes(),
      records: this.#records(),
      pendingBytes: this.pendingBytes,
      cachedBytes: this.usage.cachedBytes,
      lastBatch: this.#lastBatch,
    }
  }

  whenIdle(callback: (error?: StoreError) => void): void {
    if (this.#inFlight !== undefined || this.#stepOpen || this.#delivering) this.#idleCallbacks.push(callback)
    else callback(this.#failure)
  }

  gather(store: PathStore): Group {
    this.#stepOpen = true
    this.#group.stores.add(store)
    return this.#group
  }

  cached(): void {
    if (this.usage.cachedBytes <= this.#maxCachedBytes) return
    // An eighth more than must go, so that not every record that comes looks for the largest tail.
    const goal = this.#maxCachedBytes - (this.#maxCachedBytes >> 3)
    while (this.usage.cachedBytes > goal) {
      let largest: PathStore | undefined
      for (const store of this.#stores.values()) if (store.tail.bytes > (largest?.tail.bytes ?? 0)) largest = store
      if (largest === undefined) return
      largest.tail.shrink(Math.max(0, largest.tail.bytes - (this.usage.cachedBytes - goal)))
    }
  }

  load(store: PathStore, from: number, to: number, maxBytes: number): readonly Uint8Array[] {
    const span = store.index.spanOf(from)
    if (span === undefined || this.#failure !== undefined) throw unreadable(store.path, from)
    const { segment } = span
    const start = span.offset(from)
    const holder = this.#holder(segment, start)
    let end = start + span.length(from)
    let behind = from + 1
    for (let bytes = end - start; behind <= Math.min(to, span.last); behind++) {
      const offset = span.offset(behind)
      const length = span.length(behind)
      bytes += length
      if (bytes > maxBytes || offset + length - start > READ_BYTES) break
      // Records that were copied lie behind those that were written before, whatever their indexes.
      if (offset < end || this.#holder(segment, offset) !== holder) break
      end = offset + length
    }
    const block = this.#bytesAt(segment, start, end, holder)
    const view = viewOf(block)
    const records: Uint8Array[] = []
    for (let index = from; index < behind; index++) {
      const at = span.offset(index) - start
      const length = span.length(index)
      if (crc32c(view, at, at + length) !== span.checksum(index)) {
        throw this.#failReading(
          corrupt(segment.file, start + at, `record ${index} of ${JSON.stringify(store.path)} is damaged`),
        )
      }
      records.push(block.subarray(at, at + length))
    }
    return records
  }

  /** Gives the disk what there is to do, if it does nothing and no step is half done. */
  #next(): void {
    if (this.#stepOpen || this.#delivering) return
    if (!this.#reclaim()) return
    const changes: DiskChange[] = []
    const group = this.#group.empty ? undefined : this.#group
    if (group !== undefined) changes.push({ type: 'append', file: group.segment.file, bytes: this.#seal(group) })
    const oldest = this.#segments[0]
    // One file with each commit: were it several, a crash could leave a later one gone and an earlier one there.
    if (oldest !== undefined && oldest.sequence < this.#removeBefore) {
      changes.push({ type: 'remove', file: oldest.file })
      this.#segments.shift()
    }
    if (changes.length === 0) {
      this.#tellIdle()
      return
    }
    this.#inFlight = { group, stores: group?.stores ?? [], removeBefore: this.#oldestNeeded() }
    if (group !== undefined) {
      this.#group = this.#spare
      this.#spare = group
      this.#group.begin(this.#nextSegment())
    }
    this.#disk.commit(changes, (error) => this.#done(error))
  }

  #seal(group: Group): readonly Uint8Array[] {
    if (group.opensSegment) {
      encodeState(group, this.#stores.values())
      this.#segments.push(group.segment)
    }
    for (const store of group.stores) store.sealed = store.latest
    return group.seal(++this.#lastBatch)
  }

  #done(error: DiskError | undefined): void {
    const commit = this.#inFlight
    this.#inFlight = undefined
    if (commit === undefined) throw invalidOption('done', 'called again', 'called once by a disk for each commit')
    if (error !== undefined && this.#failure === undefined) this.#setFailure(failedBy(error))
    if (this.#failure !== undefined) {
      this.#tellFailure(this.#failure)
      return
    }
    this.#removeBefore = commit.removeBefore
    // What these steps write, too, goes into one commit: the next starts when all have been told.
    this.#delivering = true
    for (const store of commit.stores) {
      if (store.dropped) continue
      store.durable = store.sealed
      store.written?.(store.durable)
    }
    this.#delivering = false
    this.#next()
  }

  /** Makes what was recovered durable and tells the stores when it is: nobody may hear of it before. */
  #settle(repair: readonly DiskChange[]): void {
    const stores = [...this.#stores.values()]
    for (const store of stores) store.sealed = store.latest = 1 as Write
    this.#inFlight = { group: undefined, stores, removeBefore: this.#oldestNeeded() }
    this.#disk.commit(repair, (error) => this.#done(error))
  }

  /**
   * Copies records out of the oldest segments when too much of the log is dead. Returns false when the log has failed
   * over it.
   */
  #reclaim(): boolean {
    const segment = this.#segments.find(({ liveRecords }) => liveRecords > 0)
    if (segment === undefined || segment === this.#group.segment) return true
    // The segments before it go anyway.
    const bytes = this.#diskBytes(segment.sequence)
    if (bytes <= RECLAIM_FACTOR * (this.#liveBytes() + this.#maxSegmentBytes)) return true
    try {
      copyForward(this.#group, this.#stores.values(), segment, this.#group.bytes || IDLE_COPY_BYTES)
    } catch (error) {
      if (this.#failure === undefined || !isQuorateError(error)) throw error
      return false // `load` has made it the log's failure
    }
    return true
  }

  #nextSegment(): Segment {
    const newest = this.#segments.at(-1)
    if (newest === undefined) return new Segment(1)
    // At least half of a segment is not its checkpoint, however large that is.
    const isFull = newest.bytes >= Math.max(this.#maxSegmentBytes, 2 * newest.checkpointBytes)
    return isFull ? new Segment(newest.sequence + 1) : newest
  }

  #oldestNeeded(): number {
    const needed = this.#segments.find(({ liveRecords }) => liveRecords > 0) ?? this.#segments.at(-1)
    return needed?.sequence ?? 0
  }

  #holder(segment: Segment, offset: number): Group | undefined {
    if (this.#group.holds(segment, offset)) return this.#group
    return this.#inFlight?.group?.holds(segment, offset) === true ? this.#inFlight.group : undefined
  }

  /** Bytes from the group that holds them in memory, or from the disk. Always a copy. */
  #bytesAt(segment: Segment, start: number, end: number, holder: Group | undefined): Uint8Array {
    if (holder !== undefined) return holder.data.copy(start - holder.dataStart, end - holder.dataStart)
    if (start === end) return new Uint8Array(0)
    try {
      return this.#disk.readAt(segment.file, start, end - start)
    } catch (error) {
      throw isQuorateError(error) ? this.#failReading(error) : error
    }
  }

  #failReading(error: Parameters<typeof failedBy>[0] & Error): Error {
    this.#fail(failedBy(error))
    return error
  }

  #fail(error: StoreError): void {
    if (this.#failure !== undefined) return
    this.#setFailure(error)
    // The stores are told as steps of their own: when the disk is done, be it with nothing.
    if (this.#inFlight !== undefined) return
    this.#inFlight = { group: undefined, stores: [], removeBefore: 0 }
    this.#disk.commit([], (diskError) => this.#done(diskError))
  }

  #setFailure(error: StoreError): void {
    this.#failure = error
    this.#group.begin(this.#group.segment)
    this.#report({ type: 'failed', error })
  }

  #tellFailure(error: StoreError): void {
    for (const store of [...this.#stores.values()]) store.written?.(store.latest, error)
    this.#tellIdle()
  }

  #tellIdle(): void {
    const callbacks = this.#idleCallbacks
    this.#idleCallbacks = []
    for (const callback of callbacks) callback(this.#failure)
  }

  #diskBytes(from = 0): number {
    let bytes = 0
    for (const segment of this.#segments) if (segment.sequence >= from) bytes += segment.bytes
    return bytes
  }

  #liveBytes(): number {
    let bytes = this.usage.keyBytes
    for (const segment of this.#segments) bytes += segment.liveBytes
    return bytes
  }

  #records(): number {
    let records = 0
    for (const store of this.#stores.values()) records += store.lastIndex - store.firstIndex + 1
    return records
  }
}
