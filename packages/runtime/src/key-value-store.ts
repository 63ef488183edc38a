import { KeyValueStateMachine, appliedIndexOf } from '@quorate/kv'
import { dirname, join } from 'node:path'
import { makeFolder, syncFolder } from './files.js'
import { LmdbOrderedStore, type LmdbOrderedStoreOptions } from './lmdb-ordered-store.js'

export { LmdbOrderedStore, type LmdbOrderedStoreOptions }

export interface KeyValueStoreOptions extends Omit<LmdbOrderedStoreOptions, 'path'> {
  /** The folder of the state; the one above it must be there. It is created, for its owner alone, when it is not. */
  readonly dir: string
}

/** A key-value state machine whose state is on disk. */
export interface KeyValueStore {
  /** It stands at the index of the last commit that reached the disk: apply what the log has behind it. */
  readonly machine: KeyValueStateMachine
  /** The last index whose state is on disk: whatever happens, the next life begins there or later. The log must keep what is behind it. */
  readonly syncedIndex: number
  /** Resolves when all that was applied before the call is on disk. Rejects with `QUORATE_STORE_FAILED` or `QUORATE_STORE_FULL`. */
  flush(): Promise<void>
  /** Writes what is not on disk yet, and closes. Rejects as `flush` does; it is closed all the same. */
  close(): Promise<void>
}

/**
 * Opens the key-value state in a folder that nobody else uses. Throws what `LmdbOrderedStore` and `KeyValueStateMachine` throw when they
 * are opened, above all `QUORATE_CORRUPT_STORE`.
 */
export function openKeyValueStore(options: KeyValueStoreOptions): KeyValueStore {
  const { dir, ...limits } = options
  if (makeFolder(dir)) syncFolder(dirname(join(dir, '.')))
  const store = new LmdbOrderedStore({ ...limits, path: join(dir, STATE_FILE) })
  try {
    const machine = new KeyValueStateMachine(store)
    return {
      machine,
      get syncedIndex() {
        return appliedIndexOf(store.durable)
      },
      flush: () => store.flush(),
      close: () => store.close(),
    }
  } catch (error) {
    // Whatever closing it brings up as well, this is why it can not be used.
    store.close().catch(() => undefined)
    throw error
  }
}

const STATE_FILE = 'state.mdb'
