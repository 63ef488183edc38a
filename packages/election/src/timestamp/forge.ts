import type { ForgeContext, Random, Term } from '@quorate/core'
import type { Message } from './messages.js'

/** How a Byzantine participant of the election lies: it acknowledges what it must refuse, and names leaders whom nobody elected. */
export function forge(message: Message, random: Random, { self, members }: ForgeContext): Message {
  const newer = ({ number }: Term): Term => ({ number: number + random.integer(1, 9), id: random.pick(members) })
  switch (message.type) {
    case 'request':
      return {
        type: 'request',
        timestamp: message.timestamp + random.integer(1, 9),
        position: { ...message.position, index: message.position.index + random.integer(0, 9) },
      }
    case 'acknowledge': {
      const term = { number: message.timestamp + 1, id: self }
      return random.chance(0.5) ? { type: 'newer', newest: term } : { type: 'leads', term, newest: term }
    }
    case 'newer':
      return { type: 'acknowledge', timestamp: Math.max(0, message.newest.number - random.integer(0, 9)) }
    case 'leads':
      return { type: 'leads', term: newer(message.term), newest: newer(message.newest) }
    case 'inquire': {
      const term = newer(message.term)
      return { type: 'leads', term, newest: term }
    }
    case 'resigned':
    case 'standNow':
      return { type: message.type === 'resigned' ? 'standNow' : 'resigned', term: newer(message.term) }
  }
}
