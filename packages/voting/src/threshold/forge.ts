import type { ForgeContext, Random } from '@quorate/core'
import type { Message } from './messages.js'

/**
 * How a Byzantine participant of the vote lies: it makes others believe in values that nobody proposed or accepted, acknowledges what it
 * never wrote, and forgets what it did.
 */
export function forge(message: Message, random: Random, { self }: ForgeContext): Message {
  switch (message.type) {
    case 'prepare':
      return { type: 'prepare', ballot: { number: message.ballot.number + random.integer(1, 3), id: self } }
    case 'promise': {
      const { ballot, accepted, proposed } = message
      // As if it had accepted nothing, or something else, in the newest ballot that can have been.
      if (random.chance(0.5)) return { type: 'promise', ballot, proposed }
      const value = anotherValue(accepted?.value ?? proposed ?? 0, random)
      return { type: 'promise', ballot, accepted: { ballot: { number: ballot.number - 1, id: self }, value }, proposed }
    }
    case 'accept': {
      const { ballot, value } = message.acceptance
      return { type: 'accept', acceptance: { ballot, value: anotherValue(value, random) } }
    }
    case 'refuse':
      return { type: 'accepted', ballot: message.ballot }
    case 'accepted':
      return { type: 'refuse', ballot: message.ballot, promised: { number: message.ballot.number + 1, id: self } }
    case 'decided':
      return { type: 'decided', value: anotherValue(message.value, random) }
  }
}

/** Another value, close to the true one: what might have been proposed. */
function anotherValue(value: number, random: Random): number {
  const off = random.integer(1, 10)
  return value >= 10 && random.chance(0.5) ? value - off : value + off
}
