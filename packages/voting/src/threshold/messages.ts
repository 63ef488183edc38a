import { messageCodec, type MessageOf } from '@quorate/core'
import { ballotFields } from './ledger.js'

const { ballot, acceptance } = ballotFields

/** What the nodes of a vote with ballots say to each other. */
export const codec = messageCodec({
  prepare: { ballot },
  promise: { ballot, accepted: { optional: acceptance }, proposed: { optional: 'int' } },
  accept: { acceptance },
  accepted: { ballot },
  refuse: { ballot, promised: ballot },
  decided: { value: 'int' },
})
export type Message = MessageOf<typeof codec>
