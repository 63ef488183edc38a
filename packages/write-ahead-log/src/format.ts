/**
 * How the log lies on the disk. Numbers are little-endian; sequences and batch numbers are float64, exact to 2^53.
 *
 *     segment   0  magic "QuorWAL" and a line feed    batch   0  marker "QBat"
 *     header    8  format version                     header  4  bytes of data
 *              12  checksum of the first 12 bytes             8  bytes of operations
 *              16  sequence of the segment                   12  offset of this header in the file
 *              24  number of its first batch                 16  sequence of the segment
 *              32  zero                                      24  number of the batch
 *              36  checksum of the first 36 bytes            32  checksum of the operations
 *                                                            36  checksum of the first 36 bytes
 *
 * A batch is its header, then the data (records, end to end), then the operations, which hold each record's length and
 * checksum. So every byte is summed once, and a single record that is read back later can be checked.
 *
 * The first 16 bytes of a segment are the same in every version. A batch header names its own place, so that one which
 * turns up anywhere else, in a record that holds a copy of a log or in a recycled sector, is none.
 */
import { QuorateError } from '@quorate/core'
import { crc32c } from './checksum.js'

/** The version that this package writes, and the only one that it reads. */
export const FORMAT_VERSION = 1
export const SEGMENT_HEADER_BYTES = 40
export const BATCH_HEADER_BYTES = 40

const MAGIC = [0x51756f72, 0x57414c0a] as const // "Quor", "WAL\n"
const MARKER = 0x5142_6174 // "QBat"
const MARKER_FIRST_BYTE = 0x51

const FILE_NAME = /^(\d{16})\.wal$/

/** The file of a segment: its sequence, so that names sort as segments follow each other. */
export function segmentFile(sequence: number): string {
  return `${String(sequence).padStart(16, '0')}.wal`
}

/** The sequence that a file's name states, or `undefined` for a file that is no segment. */
export function segmentSequence(file: string): number | undefined {
  const digits = FILE_NAME.exec(file)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export interface SegmentHeader {
  readonly sequence: number
  readonly firstBatch: number
}

export function writeSegmentHeader(view: DataView, header: SegmentHeader): void {
  view.setUint32(0, MAGIC[0])
  view.setUint32(4, MAGIC[1])
  view.setUint32(8, FORMAT_VERSION, true)
  view.setUint32(12, crc32c(view, 0, 12), true)
  view.setFloat64(16, header.sequence, true)
  view.setFloat64(24, header.firstBatch, true)
  view.setUint32(32, 0)
  view.setUint32(36, crc32c(view, 0, 36), true)
}

/**
 * The header at the start of a segment, or `undefined` when it is damaged.
 * Throws `QUORATE_LOG_VERSION` when a later version of this package wrote it.
 */
export function readSegmentHeader(file: string, view: DataView): SegmentHeader | undefined {
  if (view.byteLength < 16 || view.getUint32(0) !== MAGIC[0] || view.getUint32(4) !== MAGIC[1]) return undefined
  if (view.getUint32(12, true) !== crc32c(view, 0, 12)) return undefined
  const version = view.getUint32(8, true)
  if (version !== FORMAT_VERSION) throw unknownVersion(file, version)
  if (view.byteLength < SEGMENT_HEADER_BYTES || view.getUint32(36, true) !== crc32c(view, 0, 36)) return undefined
  return { sequence: view.getFloat64(16, true), firstBatch: view.getFloat64(24, true) }
}

export interface BatchHeader {
  readonly number: number
  readonly dataBytes: number
  readonly operationsBytes: number
  readonly operationsChecksum: number
}

/** Writes a batch header at `at` of `view`; `offset` is where it will lie in its file. */
export function writeBatchHeader(
  view: DataView,
  at: number,
  sequence: number,
  offset: number,
  header: BatchHeader,
): void {
  view.setUint32(at, MARKER)
  view.setUint32(at + 4, header.dataBytes, true)
  view.setUint32(at + 8, header.operationsBytes, true)
  view.setUint32(at + 12, offset, true)
  view.setFloat64(at + 16, sequence, true)
  view.setFloat64(at + 24, header.number, true)
  view.setUint32(at + 32, header.operationsChecksum, true)
  view.setUint32(at + 36, crc32c(view, at, at + 36), true)
}

/** The batch header at `offset` of the segment `sequence`, or `undefined` when there is none that belongs there. */
export function readBatchHeader(view: DataView, sequence: number, offset: number): BatchHeader | undefined {
  if (offset + BATCH_HEADER_BYTES > view.byteLength || view.getUint32(offset) !== MARKER) return undefined
  if (view.getUint32(offset + 36, true) !== crc32c(view, offset, offset + 36)) return undefined
  if (view.getUint32(offset + 12, true) !== offset || view.getFloat64(offset + 16, true) !== sequence) return undefined
  return {
    number: view.getFloat64(offset + 24, true),
    dataBytes: view.getUint32(offset + 4, true),
    operationsBytes: view.getUint32(offset + 8, true),
    operationsChecksum: view.getUint32(offset + 32, true),
  }
}

/** The offset of a batch header behind `after` whose number is greater than `number`, or `undefined`. */
export function findLaterBatch(
  bytes: Uint8Array,
  view: DataView,
  sequence: number,
  after: number,
  number: number,
): number | undefined {
  for (let at = bytes.indexOf(MARKER_FIRST_BYTE, after + 1); at >= 0; at = bytes.indexOf(MARKER_FIRST_BYTE, at + 1)) {
    const header = readBatchHeader(view, sequence, at)
    if (header !== undefined && header.number > number) return at
  }
  return undefined
}

function unknownVersion(file: string, version: number): QuorateError {
  return new QuorateError(
    'QUORATE_LOG_VERSION',
    `${file} was written in version ${version} of the log's format and this release reads version ${FORMAT_VERSION}; ` +
      `start the release that wrote it, or one that is newer`,
    { file, version, supported: FORMAT_VERSION },
  )
}
