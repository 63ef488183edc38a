import { messageCodec, type MessageOf } from '@quorate/core'
import { positionField } from '../position.js'

const candidacy = { record: { number: 'uint', id: 'string' } } as const

/** What the nodes of a timestamp election say to each other. */
export const codec = messageCodec({
  /** The sender stands with this timestamp, and its log has come that far. */
  request: { timestamp: 'uint', position: positionField },
  /** The sender acknowledged the receiver's candidacy of this timestamp, durably. */
  acknowledge: { timestamp: 'uint' },
  /** The newest candidacy that the sender has seen, for one who seems to have seen only older ones. */
  newer: { newest: candidacy },
  /** `term.id` leads, with that candidacy. */
  leads: { term: candidacy, newest: candidacy },
  /** Who leads? To the sender's knowledge it is `term.id`, with that candidacy, or nobody. */
  inquire: { term: candidacy },
  /** The leader of that term leads no more. */
  resigned: { term: candidacy },
  /** From the leader of that term: stand at once. */
  standNow: { term: candidacy },
})
export type Message = MessageOf<typeof codec>
