import type { Random } from '@quorate/core'
import type { Message } from './messages.js'

/** How a Byzantine participant of the election lies: it votes for all, whatever it knows, and claims to lead. */
export function forge(message: Message, random: Random): Message {
  switch (message.type) {
    case 'askForVote':
    case 'requestVote': {
      const { number } = message.position
      return {
        ...message,
        position: { number: number + 1, id: '', index: message.position.index + random.integer(0, 9) },
      }
    }
    case 'wouldVote':
      return { ...message, granted: !message.granted, current: Math.min(message.current, message.term - 1) }
    case 'vote':
      return random.chance(0.5)
        ? { ...message, granted: !message.granted }
        : { type: 'leads', term: message.term, round: 1 }
    case 'acknowledge':
      return { type: 'leads', term: message.term, round: message.round }
    case 'leads':
      return { type: 'leads', term: message.term + random.integer(0, 2), round: message.round + 1 }
    case 'resigned':
    case 'standNow':
      return { type: message.type === 'resigned' ? 'standNow' : 'resigned', term: message.term }
  }
}
