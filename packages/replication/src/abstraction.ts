import { compareTerms, noTerm, type Abstraction, type Inspection, type Term } from '@quorate/core'
import { sameTerm, type ReplicationMessage } from './message.js'

/** What an exhaustive search need not tell apart. */
export const abstraction: Abstraction<ReplicationMessage> = {
  obsolete({ promised, leadership, former }, message) {
    if (!('term' in message)) return false
    const age = compareTerms(message.term, termOf(promised))
    const leads = isRecord(leadership) && sameTerm(termOf(leadership['term']), message.term)
    switch (message.type) {
      // Nobody follows an older leader.
      case 'append':
      case 'commit':
      case 'confirm':
        return age < 0
      // They answer a leader. One that leads that term no more does not lead it again.
      case 'appended':
      case 'conflict':
      case 'confirmed':
        return age < 0 || (age === 0 && !leads)
      // A leader of the past refuses what it has not seen.
      case 'forward':
        return age < 0 && !leads && !(isRecord(former) && sameTerm(termOf(former['term']), message.term))
    }
  },
}

function termOf(value: Inspection[string] | undefined): Term {
  if (!isRecord(value)) return noTerm
  const { number, id } = value
  return typeof number === 'number' && typeof id === 'string' ? { number, id } : noTerm
}

function isRecord(value: Inspection[string] | undefined): value is Inspection {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
