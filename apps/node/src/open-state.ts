import type { StateMachine } from '@quorate/core'
import type { KeyValueStateMachine } from '@quorate/kv'
import { openKeyValueStore } from '@quorate/runtime/key-value-store'
import { join } from 'node:path'
import type { NodeOptions } from './node-handle.js'
import type { NodeSettings } from './node-settings.js'

/** What a node replicates, opened. */
export interface OpenState {
  readonly machine: StateMachine
  /** The same, when it is the key-value store. */
  readonly kv: KeyValueStateMachine | undefined
  /** Writes what is not on disk yet. Rejects when that fails; it is closed all the same. */
  close(): Promise<void>
}

/**
 * Opens the state that a node replicates; `undefined` when it replicates none. The data folder must be this process's. Throws
 * `QUORATE_CORRUPT_STORE` and what else `openKeyValueStore` does.
 */
export function openState({ replicates, dataDir }: NodeSettings, { stateMachine }: NodeOptions): OpenState | undefined {
  if (!replicates) return undefined
  if (stateMachine !== undefined) return { machine: stateMachine, kv: undefined, close: async () => {} }
  const store = openKeyValueStore({ dir: join(dataDir, 'state') })
  return { machine: store.machine, kv: store.machine, close: () => store.close() }
}
