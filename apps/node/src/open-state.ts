import type { StateMachine } from '@quorate/core'
import { KeyValueStateMachine, MemoryOrderedStore } from '@quorate/kv'
import type { NodeOptions } from './node-handle.js'
import type { NodeSettings } from './node-settings.js'

/** What a node replicates, opened. */
export interface OpenState {
  readonly machine: StateMachine
  /** The same, when it is the key-value store. */
  readonly kv: KeyValueStateMachine | undefined
  close(): Promise<void>
}

/** Opens the state that a node replicates; `undefined` when it replicates none. */
export async function openState(
  { replicates }: NodeSettings,
  { stateMachine }: NodeOptions,
): Promise<OpenState | undefined> {
  if (!replicates) return undefined
  if (stateMachine !== undefined) return { machine: stateMachine, kv: undefined, close: async () => {} }
  const kv = new KeyValueStateMachine(new MemoryOrderedStore())
  return { machine: kv, kv, close: async () => {} }
}
