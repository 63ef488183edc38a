import type { StoreError } from '@quorate/core'

/**
 * The remains of a write that a crash cut short. Nobody was told that it was durable. They are cut off before anything
 * is added.
 */
export interface TornTail {
  readonly file: string
  /** Where the file ends from now on; 0: the file is removed. */
  readonly offset: number
  /** How much was behind it. */
  readonly bytes: number
}

/** What was found on the disk when the log was opened. */
export interface RecoveryReport {
  readonly segments: number
  readonly bytes: number
  /** Batches that were read. */
  readonly batches: number
  /** Number of the newest batch; 0 in a new log. */
  readonly lastBatch: number
  /** Records that the logs hold. */
  readonly records: number
  readonly tornTail: TornTail | undefined
}

/** What a log tells its operator. */
export type LogReport =
  | ({ readonly type: 'torn-tail' } & TornTail)
  /** Nothing that is not durable yet will ever be. Stop the node. */
  | { readonly type: 'failed'; readonly error: StoreError }

/** How much of what a log has at the moment. */
export interface LogStats {
  readonly segments: number
  /** Bytes of all segments, with those that the disk is about to write. */
  readonly diskBytes: number
  /** What of it is still needed: keys, paths, and records with what describes them. */
  readonly liveBytes: number
  /** Records that the logs hold. */
  readonly records: number
  /** Bytes that are not durable yet: in flight or waiting. */
  readonly pendingBytes: number
  /** Bytes of records in memory. */
  readonly cachedBytes: number
  /** Number of the newest batch that the disk was given. */
  readonly lastBatch: number
}
