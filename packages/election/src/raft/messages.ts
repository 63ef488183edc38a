import { messageCodec, type MessageOf } from '@quorate/core'
import { positionField } from '../position.js'

/** What the nodes of a Raft election say to each other. Terms are numbers here. */
export const codec = messageCodec({
  /** Would you vote for me in this term, with my log? */
  askForVote: { term: 'uint', position: positionField },
  /** I would, or, when `term` is mine and newer, cannot. */
  wouldVote: { term: 'uint', granted: 'boolean', current: 'uint' },
  requestVote: { term: 'uint', position: positionField },
  vote: { term: 'uint', granted: 'boolean' },
  /** The sender leads this term. */
  leads: { term: 'uint', round: 'uint' },
  /** The sender has acknowledged no newer term. */
  acknowledge: { term: 'uint', round: 'uint' },
  /** The sender led this term and leads no more. */
  resigned: { term: 'uint' },
  /** From the leader of this term: stand at once. */
  standNow: { term: 'uint' },
})
export type Message = MessageOf<typeof codec>
