import type { ErrorData } from './errors.js'

declare const writeBrand: unique symbol

/**
 * A token for something that was written: the position, in its protocol's own sequence of writes, up to which everything must be
 * durable. A later token includes all earlier ones of the same protocol; tokens of different protocols have nothing to do with
 * each other.
 */
export type Write = number & { readonly [writeBrand]: true }

/** To be waited for by what may leave before anything is durable. Whoever passes it says in a comment why that is safe. */
export const AT_ONCE = 0 as Write

/**
 * What a protocol must not forget: some named values and one log of records.
 *
 * Reads see every write at once, durable or not. Writes of one step become durable together or not at all, and in the order of
 * the steps: after a crash the store holds the writes of some prefix of the steps, at least up to the last that was reported
 * durable. A protocol reads what was recovered in its constructor.
 */
export interface Store {
  /** The value last put under `key`, or `undefined`. The bytes are the store's: do not change them. */
  get(key: string): Uint8Array | undefined
  /** Sets `key`, or deletes it when `value` is `undefined`. The store keeps the bytes: do not change them afterwards. */
  put(key: string, value: Uint8Array | undefined): Write

  /** Index of the first record that the log still holds, or would hold next: 1 in a new log, one past what was compacted. */
  readonly firstIndex: number
  /** Index of the last record; `firstIndex - 1` when there is none. */
  readonly lastIndex: number
  /**
   * The records from `from` to `to`, both included, clipped to what the log holds. Stops early once `maxBytes` are exceeded,
   * but returns at least one record if there is any.
   */
  read(from: number, to: number, maxBytes?: number): readonly Uint8Array[]
  /** Adds records behind the last. */
  append(records: readonly Uint8Array[]): Write
  /** Removes the record at `from` and all behind it. */
  truncate(from: number): Write
  /** Removes the record at `through` and all before it. `through` may lie beyond the log's end: the log then starts behind it. */
  compact(through: number): Write

  /** The token of the newest write. */
  readonly latest: Write
  /** Up to here everything is durable. */
  readonly durable: Write
}

/** Why a write did not become durable. It is never retried: after a failed sync nobody knows what the disk holds. */
export interface StoreError {
  readonly code: 'QUORATE_STORE_FAILED'
  readonly message: string
  readonly data: ErrorData
}

/** The stores of one node's protocols. The simulator has one; a real node's is the write-ahead log. */
export interface StoreBackend {
  /**
   * Opens the store of the protocol at `path`. `written` is called, each time as a step of its own, when everything up to a
   * token has become durable, or once with the error that ended it.
   */
  open(path: string, written: (write: Write, error?: StoreError) => void): Store
  /** Forgets everything stored at `path` and below it. */
  drop(path: string): void
  /** Ends a step: what was written since the last call is one atomic batch. */
  commit(): void
}
