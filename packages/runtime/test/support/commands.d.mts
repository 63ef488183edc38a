import type { KeyValueStateMachine } from '@quorate/kv'

export function applyNext(machine: KeyValueStateMachine, count: number): void
