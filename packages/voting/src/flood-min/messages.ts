import { messageCodec, type MessageOf } from '@quorate/core'

export const codec = messageCodec({ ask: {}, decided: { value: 'int' } })
export type Message = MessageOf<typeof codec>

/** What is flooded; without a value from a node that knows none yet. */
export const floodCodec = messageCodec({ flood: { smallest: { optional: 'int' } } })
export type Flood = MessageOf<typeof floodCodec>
