import { messageCodec, type LogEntry, type NodeId, type Term } from '@quorate/core'

/**
 * An entry as it is stored and sent. It carries who proposed it, so that the proposer learns its fate from its own log and a
 * leader owes it no answer.
 */
const codec = messageCodec({
  command: {
    number: 'uint',
    id: 'string',
    proposer: 'string',
    incarnation: 'uint',
    sequence: 'uint',
    command: 'bytes',
  },
  /** The first entry of each leader: once it is committed, so is everything before it. */
  beginning: { number: 'uint', id: 'string' },
})

/** Which proposal of which life of which node an entry came from. */
export interface Origin {
  readonly proposer: NodeId
  readonly incarnation: number
  readonly sequence: number
}

export interface StoredEntry extends LogEntry {
  readonly origin: Origin | undefined
}

export function encodeCommand(term: Term, origin: Origin, command: Uint8Array): Uint8Array {
  return codec.encode({ type: 'command', number: term.number, id: term.id, ...origin, command })
}

export function encodeBeginning(term: Term): Uint8Array {
  return codec.encode({ type: 'beginning', number: term.number, id: term.id })
}

/** `undefined` for bytes that are no entry. */
export function decodeEntry(index: number, record: Uint8Array): StoredEntry | undefined {
  const decoded = codec.decode(record)
  if (!('type' in decoded)) return undefined
  const term = { number: decoded.number, id: decoded.id }
  if (decoded.type === 'beginning') return { index, term, command: undefined, origin: undefined }
  const { proposer, incarnation, sequence, command } = decoded
  return { index, term, command, origin: { proposer, incarnation, sequence } }
}
