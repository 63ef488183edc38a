import type { ForgeContext, Random, Term } from '@quorate/core'
import type { Message } from './messages.js'

/** How a Byzantine participant of the election lies: it takes office unasked, and confirms a halt with terms that never were. */
export function forge(message: Message, random: Random, { self }: ForgeContext): Message {
  const own = (number: number): Term => ({ number: number + random.integer(1, 3), id: self })
  switch (message.type) {
    case 'are-you-up':
    case 'halt':
      return random.chance(0.5)
        ? { type: 'coordinator', term: own(0) }
        : { type: message.type === 'halt' ? 'are-you-up' : 'halt', attempt: message.attempt }
    case 'up':
      return {
        type: 'halted',
        incarnation: message.incarnation,
        attempt: message.attempt,
        number: random.integer(0, 3),
      }
    case 'halted':
      return random.chance(0.5)
        ? { type: 'coordinator', term: own(message.number) }
        : { ...message, number: message.number + 1 }
    case 'coordinator':
      return random.chance(0.5)
        ? { type: 'coordinator', term: own(message.term.number) }
        : { type: 'resigned', term: message.term }
    case 'resigned':
      return { type: 'coordinator', term: own(message.term.number) }
  }
}
