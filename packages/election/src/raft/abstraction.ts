import type { Abstraction, Inspection } from '@quorate/core'
import type { Message } from './messages.js'

/** What an exhaustive search need not tell apart. */
export const abstraction: Abstraction<Message> = {
  // Who has acknowledged a leader counts once the clock comes to when that is checked.
  timeless(inspection) {
    const { leading } = inspection
    if (!isRecord(leading)) return inspection
    const { acknowledgedBy: _, ...rest } = leading
    return { ...inspection, leading: rest }
  },

  obsolete({ newest, role, leading }, message) {
    const term = isRecord(newest) ? Number(newest['number']) : 0
    switch (message.type) {
      // A node is a candidate once in a term.
      case 'vote':
        return message.term < term || (message.term === term && role !== 'candidate')
      case 'wouldVote':
        // It asks about terms newer than its own.
        return message.term <= term && message.current <= term
      case 'acknowledge':
        // It answers a leader. One that leads that term no more does not lead it again.
        return message.term <= term && !(isRecord(leading) && 'acknowledgedBy' in leading)
      case 'resigned':
      case 'standNow':
        return message.term < term
      default:
        // It would be told of the newer term.
        return false
    }
  },
}

function isRecord(value: Inspection[string] | undefined): value is Inspection {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
