import { messageCodec, type MessageOf } from '@quorate/core'

const term = { record: { number: 'uint', id: 'string' } } as const

/** What the nodes of a bully election say to each other. */
export const codec = messageCodec({
  'are-you-up': { attempt: 'uint' },
  /** In answer to that attempt of that life of the receiver. */
  up: { incarnation: 'uint', attempt: 'uint' },
  halt: { attempt: 'uint' },
  /** The sender has stopped; `number` is the greatest term number that it has met. */
  halted: { incarnation: 'uint', attempt: 'uint', number: 'uint' },
  coordinator: { term },
  resigned: { term },
})
export type Message = MessageOf<typeof codec>
