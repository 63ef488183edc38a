import type { Random } from '@quorate/core'
import { decodeEntry, encodeCommand } from './entry.js'
import type { ReplicationMessage } from './message.js'

/**
 * How a Byzantine participant of the log lies: it holds what it has not written, has committed what nobody holds, brings followers level with
 * commands that nobody proposed, and answers reads as of long ago.
 */
export function forge(message: ReplicationMessage, random: Random): ReplicationMessage {
  const more = (): number => random.integer(1, 3)
  const less = (index: number): number => Math.max(0, index - more())
  switch (message.type) {
    case 'append': {
      if (message.records.length === 0 || random.chance(0.3)) {
        return { ...message, commitIndex: message.commitIndex + more() }
      }
      const place = random.integer(0, message.records.length - 1)
      const index = message.previousIndex + 1 + place
      const records = message.records.map((record, each) => (each === place ? another(index, record, random) : record))
      return { ...message, records }
    }
    case 'commit':
      return { ...message, commitIndex: message.commitIndex + more() }
    case 'appended':
      return { ...message, matchIndex: random.chance(0.5) ? message.matchIndex + more() : less(message.matchIndex) }
    case 'conflict':
      return { type: 'appended', term: message.term, matchIndex: message.previousIndex }
    case 'confirm':
      return { ...message, round: message.round + more() }
    case 'confirmed':
      return { ...message, round: message.round + more() }
    case 'forward': {
      const again = random.pick(message.proposals)
      return { ...message, proposals: [...message.proposals, { ...again, sequence: again.sequence + more() }] }
    }
    case 'rejected':
      return { ...message, sequences: message.sequences.map((sequence) => sequence + more()) }
    case 'barrier':
      return { ...message, sequence: message.sequence + more() }
    case 'barrierEnded':
      return { ...message, index: message.index === undefined ? more() : less(message.index) }
  }
}

/** Another command than its proposer's, in the same place and term: no comparison of terms tells them apart. */
function another(index: number, record: Uint8Array, random: Random): Uint8Array {
  const entry = decodeEntry(index, record)
  if (entry?.command === undefined || entry.origin === undefined || entry.command.length === 0) return record
  const command = entry.command.slice()
  // Of the same length, and not another's: what is proposed begins otherwise.
  command[0] = random.integer(0, 31)
  return encodeCommand(entry.term, entry.origin, command)
}
