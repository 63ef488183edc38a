import { segmentFile } from './format.js'

/** What the description of a live record costs when it is copied, at most, next to the record itself. */
export const RECORD_OVERHEAD_BYTES = 16

/** One file of the log, and how much of it is still needed. */
export class Segment {
  readonly sequence: number
  readonly file: string
  /** Size of the file once everything that was given to the disk is there. */
  bytes = 0
  /** What its first batch needs to state everything but records anew. */
  checkpointBytes = 0
  /** Records in it that their logs still hold. */
  liveRecords = 0
  liveBytes = 0

  constructor(sequence: number) {
    this.sequence = sequence
    this.file = segmentFile(sequence)
  }

  hold(recordBytes: number): void {
    this.liveRecords++
    this.liveBytes += recordBytes + RECORD_OVERHEAD_BYTES
  }

  release(recordBytes: number): void {
    this.liveRecords--
    this.liveBytes -= recordBytes + RECORD_OVERHEAD_BYTES
  }
}
