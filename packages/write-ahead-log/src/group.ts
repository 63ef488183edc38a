import { ByteBuffer } from './byte-buffer.js'
import { BATCH_HEADER_BYTES, SEGMENT_HEADER_BYTES, writeBatchHeader, writeSegmentHeader } from './format.js'
import { crc32c } from './checksum.js'
import type { PathStore } from './path-store.js'
import type { Segment } from './segment.js'

/**
 * What the next disk commit will write: one batch, gathered from the steps since the last.
 *
 * Where its data will lie is settled before the first record comes, so that a record's place never has to be corrected.
 */
export class Group {
  readonly data = new ByteBuffer()
  readonly operations = new ByteBuffer()
  /** Stores that must be told when the batch is durable. */
  readonly stores = new Set<PathStore>()
  segment: Segment
  /** Whether the batch is the first of its segment. */
  opensSegment = false
  #start = 0

  constructor(segment: Segment) {
    this.segment = segment
  }

  /** Starts anew, behind what `segment` holds. */
  begin(segment: Segment): void {
    this.segment = segment
    this.opensSegment = segment.bytes === 0
    this.#start = this.opensSegment ? SEGMENT_HEADER_BYTES : segment.bytes
    this.data.reset()
    this.operations.reset()
    this.stores.clear()
  }

  get empty(): boolean {
    return this.operations.length === 0
  }

  get bytes(): number {
    return this.data.length + this.operations.length
  }

  /** Where in the segment the next record will lie. */
  get nextOffset(): number {
    return this.dataStart + this.data.length
  }

  get dataStart(): number {
    return this.#start + BATCH_HEADER_BYTES
  }

  /**
   * Whether a record at `offset` of `segment` is in this group; its end is a place for empty ones, and for nothing
   * else.
   */
  holds(segment: Segment, offset: number): boolean {
    return segment === this.segment && offset >= this.dataStart && offset <= this.nextOffset
  }

  /** Adds a record's bytes to the data and returns their checksum. */
  addRecord(record: Uint8Array): number {
    const start = this.data.length
    this.data.bytes(record)
    return crc32c(this.data.view, start, this.data.length)
  }

  /** What is to be appended to the segment's file. It stays as it is until `begin`. */
  seal(number: number): readonly Uint8Array[] {
    const segmentHeaderBytes = this.opensSegment ? SEGMENT_HEADER_BYTES : 0
    const header = new Uint8Array(segmentHeaderBytes + BATCH_HEADER_BYTES)
    const view = new DataView(header.buffer)
    const { sequence } = this.segment
    if (this.opensSegment) writeSegmentHeader(view, { sequence, firstBatch: number })
    writeBatchHeader(view, segmentHeaderBytes, sequence, this.#start, {
      number,
      dataBytes: this.data.length,
      operationsBytes: this.operations.length,
      operationsChecksum: crc32c(this.operations.view, 0, this.operations.length),
    })
    this.segment.bytes = this.nextOffset + this.operations.length
    return [header, this.data.written(), this.operations.written()]
  }
}
