import { isMalformed, type Random, type RoundMessage } from '@quorate/core'
import { floodCodec, type Message } from './messages.js'

/** How a Byzantine participant lies to those who ask: it tells them a decision that is none. */
export function forge(_message: Message, random: Random): Message {
  return { type: 'decided', value: random.integer(1, 100) }
}

/** How it lies in a round: it has a smaller value than it has told others, or one that it has told nobody, or forgets what it knew. */
export function forgeRound(message: RoundMessage, random: Random): RoundMessage {
  const flood = floodCodec.decode(message.payload)
  if (isMalformed(flood)) return message
  const { smallest = 100 } = flood
  const forged = random.pick([undefined, smallest - random.integer(1, 10), smallest + random.integer(1, 10)])
  return { ...message, payload: floodCodec.encode({ type: 'flood', smallest: forged }) }
}
