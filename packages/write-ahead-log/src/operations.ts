import type { ByteBuffer } from './byte-buffer.js'
import { ByteCursor } from './byte-buffer.js'

const CHECKPOINT = 0
const DECLARE = 1
const PUT = 2
const DELETE = 3
const RECORDS = 4
const TRUNCATE = 5
const COMPACT = 6
const DROP = 7
const BOUNDS = 8

/** What the operations of a batch do, in their order. A store is known by a number that stands for its path. */
export interface OperationHandler {
  /**
   * What follows in this batch is all there is: keys and stores that it does not name are gone. Records stay where they
   * are.
   */
  checkpoint(): void
  /** From here on `store` stands for `path`. */
  declare(store: number, path: string): void
  put(store: number, key: string, value: Uint8Array): void
  delete(store: number, key: string): void
  /** The record `index` lies at `offset` of this segment. It is the next of its log, or one that was copied here. */
  record(store: number, index: number, offset: number, length: number, checksum: number): void
  truncate(store: number, from: number): void
  compact(store: number, through: number): void
  drop(store: number): void
  /** The log holds the records from `first` to `last`. Only in a checkpoint. */
  bounds(store: number, first: number, last: number): void
}

export function encodeCheckpoint(to: ByteBuffer): void {
  to.varint(CHECKPOINT)
}

export function encodeDeclare(to: ByteBuffer, store: number, path: string): void {
  to.varint(DECLARE)
  to.varint(store)
  to.text(path)
}

export function encodePut(to: ByteBuffer, store: number, key: string, value: Uint8Array): void {
  to.varint(PUT)
  to.varint(store)
  to.text(key)
  to.varint(value.length)
  to.bytes(value)
}

export function encodeDelete(to: ByteBuffer, store: number, key: string): void {
  to.varint(DELETE)
  to.varint(store)
  to.text(key)
}

/**
 * Opens a run of `count` records from index `from`, end to end from `dataOffset` of the batch's data; `encodeRecord`
 * adds each.
 */
export function encodeRecords(to: ByteBuffer, store: number, from: number, count: number, dataOffset: number): void {
  to.varint(RECORDS)
  to.varint(store)
  to.varint(from)
  to.varint(count)
  to.varint(dataOffset)
}

export function encodeRecord(to: ByteBuffer, length: number, checksum: number): void {
  to.varint(length)
  to.uint32(checksum)
}

export function encodeTruncate(to: ByteBuffer, store: number, from: number): void {
  to.varint(TRUNCATE)
  to.varint(store)
  to.varint(from)
}

export function encodeCompact(to: ByteBuffer, store: number, through: number): void {
  to.varint(COMPACT)
  to.varint(store)
  to.varint(through)
}

export function encodeDrop(to: ByteBuffer, store: number): void {
  to.varint(DROP)
  to.varint(store)
}

export function encodeBounds(to: ByteBuffer, store: number, first: number, last: number): void {
  to.varint(BOUNDS)
  to.varint(store)
  to.varint(first)
  to.varint(last)
}

/** Where a batch's operations and data lie in its segment. */
export interface BatchPlace {
  readonly dataStart: number
  readonly operationsStart: number
  readonly end: number
}

/** Tells `handler` the operations of a batch. Returns false when they are not what this version writes. */
export function decodeOperations(
  bytes: Uint8Array,
  view: DataView,
  place: BatchPlace,
  handler: OperationHandler,
): boolean {
  const from = new ByteCursor(bytes, view, place.operationsStart, place.end)
  while (from.more) {
    const code = from.varint()
    if (code === CHECKPOINT) {
      handler.checkpoint()
      continue
    }
    const store = from.varint()
    if (code === DECLARE) handler.declare(store, from.text())
    else if (code === PUT) handler.put(store, from.text(), from.bytes(from.varint()))
    else if (code === DELETE) handler.delete(store, from.text())
    else if (code === RECORDS) decodeRecords(from, place, store, handler)
    else if (code === TRUNCATE) handler.truncate(store, from.varint())
    else if (code === COMPACT) handler.compact(store, from.varint())
    else if (code === DROP) handler.drop(store)
    else if (code === BOUNDS) handler.bounds(store, from.varint(), from.varint())
    else return false
  }
  return !from.broken
}

function decodeRecords(from: ByteCursor, place: BatchPlace, store: number, handler: OperationHandler): void {
  let index = from.varint()
  const behind = index + from.varint()
  let offset = place.dataStart + from.varint()
  for (; index < behind && !from.broken; index++) {
    const length = from.varint()
    const checksum = from.uint32()
    if (offset + length > place.operationsStart) from.broken = true
    else handler.record(store, index, offset, length, checksum)
    offset += length
  }
}
