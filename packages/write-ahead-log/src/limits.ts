/**
 * The most that one disk commit may hold: one step's writes and what gathered while the commit before was in flight.
 */
export const MAX_BATCH_BYTES = 512 * 1024 * 1024
/**
 * The most that all keys and values of a node may take. They are in memory, and each segment starts with a copy of
 * them.
 */
export const MAX_KEY_BYTES = 256 * 1024 * 1024
/** The longest key, in UTF-16 code units. */
export const MAX_KEY_LENGTH = 1024

/** How much memory all stores of a log use. */
export interface Usage {
  /** Keys, values and paths, as a checkpoint needs to state them. */
  keyBytes: number
  /** Records that are in memory. */
  cachedBytes: number
}
