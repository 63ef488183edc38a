import {
  KeyValueStateMachine,
  MemoryOrderedStore,
  encodeCommand,
  type Command,
  type OrderedStore,
  type Result,
} from '../src/index.js'

export const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
export const text = (value: Uint8Array): string => Buffer.from(value).toString('latin1')

export function open(store: OrderedStore = new MemoryOrderedStore()): KeyValueStateMachine {
  return new KeyValueStateMachine(store)
}

export function apply(machine: KeyValueStateMachine, ...commands: Command[]): Result[] {
  const encoded = commands.map((command) => encodeCommand(command))
  return [...machine.apply(machine.appliedIndex + 1, encoded)]
}

export function put(key: string, value = 'x', more: object = {}): { type: 'put' } & Extract<Command, { type: 'put' }> {
  return { type: 'put', key: bytes(key), value: bytes(value), ...more }
}

export function remove(key: string, end?: string): Extract<Command, { type: 'deleteRange' }> {
  return { type: 'deleteRange', key: bytes(key), ...(end === undefined ? {} : { rangeEnd: bytes(end) }) }
}

/** All that a read can see, at each revision that can be read, and what the machine says of itself. */
export function everything(machine: KeyValueStateMachine, from = Math.max(machine.compactRevision, 1)): unknown {
  const revisions: unknown[] = []
  for (let revision = from; revision <= machine.revision; revision++) {
    revisions.push(machine.range({ key: bytes('\0'), rangeEnd: bytes('\0'), revision }))
  }
  return revisions
}

export function described(machine: KeyValueStateMachine): unknown {
  const { appliedIndex, revision, compactRevision, bytes: size, quotaBytes, noSpace, keys } = machine
  return { appliedIndex, revision, compactRevision, size, quotaBytes, noSpace, keys, hash: machine.hash() }
}
