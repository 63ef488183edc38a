/**
 * Brings back the state that the segments hold.
 *
 * The log has one batch in flight: batch n + 1 is given to the disk when batch n is durable. So a damaged batch n is a
 * write that a crash cut short if, and only if, nothing on the disk came after it; then nobody was told of it, and it
 * is cut off. If anything did, batch n was durable once and what was promised about it is lost: that is corruption and
 * is never repaired. What came after shows in one of three ways: a later batch header in the same file, a later file,
 * or that the segments before, which go only when their successor is durable, have gone.
 *
 * One case can not be told apart: damage to the newest durable batch, with nothing behind it, looks like a torn write.
 */
import type { Disk, DiskChange } from '@quorate/core'
import { viewOf } from './byte-buffer.js'
import { crc32c } from './checksum.js'
import { corrupt } from './errors.js'
import {
  BATCH_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  findLaterBatch,
  readBatchHeader,
  readSegmentHeader,
  segmentFile,
  segmentSequence,
} from './format.js'
import { decodeOperations, type BatchPlace } from './operations.js'
import type { PathStore } from './path-store.js'
import { Replay, Verification } from './replay.js'
import type { TornTail } from './report.js'
import { Segment } from './segment.js'

export interface Recovered {
  readonly segments: readonly Segment[]
  readonly stores: ReadonlyMap<number, PathStore>
  readonly lastId: number
  readonly firstBatch: number
  readonly lastBatch: number
  readonly tornTail: TornTail | undefined
  /** What the disk must do before anything is added: cut the torn tail off, and make the rest durable. */
  readonly repair: readonly DiskChange[]
}

/**
 * Reads all segments. Throws `QUORATE_LOG_CORRUPT`, `QUORATE_LOG_VERSION`, or `QUORATE_DISK_FAILED` when a file can not
 * be read.
 */
export function recover(disk: Disk, create: (id: number, path: string) => PathStore): Recovered {
  const sequences = findSegments(disk)
  const firstSequence = sequences[0] ?? 1
  const replay = new Replay(new Segment(firstSequence), create)
  const segments: Segment[] = []
  let firstBatch = 0
  let lastBatch = 0
  let tornTail: TornTail | undefined
  for (const [position, sequence] of sequences.entries()) {
    const scan = new SegmentScan(disk, sequence, replay)
    const soundBytes = scan.run(position === 0 ? undefined : lastBatch + 1)
    if (soundBytes > 0) {
      if (position === 0) firstBatch = scan.firstBatch
      lastBatch = scan.lastBatch
      scan.segment.bytes = soundBytes
      segments.push(scan.segment)
    }
    if (soundBytes < scan.size || scan.size === 0) {
      tornTail = scan.tornTail(soundBytes, { newest: position === sequences.length - 1, oldest: position === 0 })
    }
  }
  requireRecords(replay, segments)
  for (const { index, tail } of replay.stores.values()) tail.compact(index.last)
  return {
    segments,
    stores: replay.stores,
    lastId: replay.lastId,
    firstBatch,
    lastBatch,
    tornTail,
    repair: repairs(segments, tornTail),
  }
}

function findSegments(disk: Disk): readonly number[] {
  const sequences: number[] = []
  for (const file of disk.list()) {
    const sequence = segmentSequence(file)
    if (sequence === undefined) continue
    const before = sequences.at(-1)
    if (before !== undefined && sequence !== before + 1) {
      throw corrupt(
        segmentFile(before + 1),
        0,
        `the file is missing, although there are ${segmentFile(before)} and ${file}`,
      )
    }
    sequences.push(sequence)
  }
  return sequences
}

/** A record can only be missing when a segment is: the newest, or the oldest, from which it was never copied. */
function requireRecords(replay: Replay, segments: readonly Segment[]): void {
  for (const { path, index } of replay.stores.values()) {
    const missing = index.firstMissing()
    if (missing === undefined) continue
    const oldest = segments[0]?.sequence ?? 1
    throw corrupt(
      segmentFile(oldest - 1),
      0,
      `the file is missing: record ${missing} of ${JSON.stringify(path)} was in it or before it, unless ` +
        `${segments.at(-1)?.file ?? 'the newest file'}, or one behind it, has lost the end that did away with it`,
    )
  }
}

function repairs(segments: readonly Segment[], tornTail: TornTail | undefined): readonly DiskChange[] {
  const changes: DiskChange[] = []
  const newest = segments.at(-1)
  if (tornTail !== undefined && tornTail.offset === 0) changes.push({ type: 'remove', file: tornTail.file })
  // The newest batch may be in the operating system's cache only, when just the process has died. Sizing the file makes
  // it durable.
  if (newest !== undefined) changes.push({ type: 'resize', file: newest.file, bytes: newest.bytes })
  return changes
}

/** Reads one segment. */
class SegmentScan {
  readonly segment: Segment
  readonly size: number
  firstBatch = 1
  lastBatch = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #replay: Replay

  constructor(disk: Disk, sequence: number, replay: Replay) {
    this.segment = new Segment(sequence)
    this.#bytes = disk.read(this.segment.file)
    this.#view = viewOf(this.#bytes)
    this.size = this.#bytes.length
    this.#replay = replay
    replay.enter(this.segment)
  }

  /** Replays the batches up to the first damage and returns how many bytes are sound: none without a first batch. */
  run(expectedBatch: number | undefined): number {
    const { file, sequence } = this.segment
    const header = readSegmentHeader(file, this.#view)
    this.firstBatch = header?.firstBatch ?? expectedBatch ?? 1
    this.lastBatch = this.firstBatch - 1
    if (header === undefined) return 0
    if (header.sequence !== sequence) throw corrupt(file, 16, `it is segment ${header.sequence} under another's name`)
    if (expectedBatch !== undefined && header.firstBatch !== expectedBatch) {
      throw corrupt(file, 24, `it starts with batch ${header.firstBatch}, and batch ${expectedBatch} is due`)
    }
    let offset = SEGMENT_HEADER_BYTES
    for (let end = this.#batch(offset); end !== undefined; end = this.#batch(offset)) {
      offset = end
      this.lastBatch++
    }
    return this.lastBatch < this.firstBatch ? 0 : offset
  }

  /** What a crash left behind the sound bytes. Throws when no crash can have done that. */
  tornTail(soundBytes: number, place: { readonly newest: boolean; readonly oldest: boolean }): TornTail {
    const { file, sequence } = this.segment
    const number = this.lastBatch + 1
    const damage = `batch ${number} is damaged`
    if (!place.newest) throw corrupt(file, soundBytes, `${damage}, and there are later segments`)
    if (soundBytes === 0 && place.oldest && sequence > 1) {
      throw corrupt(file, soundBytes, `${damage}, and was durable before the segments before it were removed`)
    }
    const later = findLaterBatch(this.#bytes, this.#view, sequence, soundBytes, number)
    if (later !== undefined) throw corrupt(file, soundBytes, `${damage}, and there is a later batch at byte ${later}`)
    return { file, offset: soundBytes, bytes: this.size - soundBytes }
  }

  /** Replays the batch at `offset` and returns where it ends, or `undefined` when it is damaged. */
  #batch(offset: number): number | undefined {
    const { file, sequence } = this.segment
    const number = this.lastBatch + 1
    const header = readBatchHeader(this.#view, sequence, offset)
    if (header === undefined) return undefined
    if (header.number !== number)
      throw corrupt(file, offset, `there is batch ${header.number}, and batch ${number} is due`)
    const dataStart = offset + BATCH_HEADER_BYTES
    const operationsStart = dataStart + header.dataBytes
    const place: BatchPlace = { dataStart, operationsStart, end: operationsStart + header.operationsBytes }
    if (place.end > this.size) return undefined
    if (crc32c(this.#view, operationsStart, place.end) !== header.operationsChecksum) return undefined
    const verification = new Verification(this.#view)
    if (!decodeOperations(this.#bytes, this.#view, place, verification)) {
      throw corrupt(file, operationsStart, `batch ${number} has operations that this release does not know`)
    }
    if (!verification.sound) return undefined
    this.#apply(place, offset)
    return place.end
  }

  #apply(place: BatchPlace, offset: number): void {
    decodeOperations(this.#bytes, this.#view, place, this.#replay)
    const isCheckpoint = this.#replay.endBatch()
    const isFirst = offset === SEGMENT_HEADER_BYTES
    if (isFirst) this.segment.checkpointBytes = place.end - place.operationsStart
    const fault =
      this.#replay.fault ?? (isCheckpoint === isFirst ? undefined : 'only the first batch of a segment is a checkpoint')
    if (fault !== undefined) throw corrupt(this.segment.file, offset, `batch ${this.lastBatch + 1}: ${fault}`)
  }
}
