import type { Disk, StoreBackend, StoreError } from '@quorate/core'
import { Log } from './log.js'
import type { LogReport, LogStats, RecoveryReport } from './report.js'

export interface WriteAheadLogOptions {
  /** A new segment is begun when the newest has reached this size. From 1024 to 2^30, default 64 MiB. */
  readonly maxSegmentBytes?: number
  /**
   * When more waits behind a commit in flight, the log fails: a node must admit less long before. At most and by
   * default 256 MiB.
   */
  readonly maxPendingBytes?: number
  /**
   * How much of the newest records is kept in memory, for all stores together. Older ones are read from the disk.
   * Default 64 MiB.
   */
  readonly maxCachedBytes?: number
  /** Called, within a step, with what an operator should know. */
  readonly onReport?: (report: LogReport) => void
}

/** One log for all the stores of a node. */
export interface WriteAheadLog extends StoreBackend {
  /** What was found on the disk. */
  readonly recovered: RecoveryReport
  /** Bytes that are not durable yet, in flight or waiting: what a node looks at to admit less work. */
  readonly pendingBytes: number
  /** Why nothing becomes durable any more, or `undefined`. */
  readonly failure: StoreError | undefined
  stats(): LogStats
  /**
   * Calls `callback` once, when everything is durable and the disk is left alone, or when the log has failed: at once
   * if that is so already. Only then may the disk be closed.
   */
  whenIdle(callback: (error?: StoreError) => void): void
}

/**
 * Opens the log on `disk` and reads what it holds.
 *
 * Throws `QUORATE_LOG_CORRUPT` with the file and the offset when what was durable is damaged or missing,
 * `QUORATE_LOG_VERSION` when a newer release wrote it, `QUORATE_DISK_FAILED` when it cannot be read,
 * `QUORATE_INVALID_OPTION`.
 */
export function openWriteAheadLog(disk: Disk, options: WriteAheadLogOptions = {}): WriteAheadLog {
  return new Log(disk, options)
}
