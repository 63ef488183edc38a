import {
  AT_ONCE,
  type ElectionIndication,
  type Environment,
  type Inspection,
  type LogPosition,
  type NodeId,
} from '@quorate/core'
import { reaches } from '../position.js'
import type { Ballot } from './ballot.js'
import type { Message } from './messages.js'

/** A node as a voter: for whom it would vote, if it had to, and for whom it does. */
export class Voter {
  readonly #env: Environment<Message, ElectionIndication>
  readonly #ballot: Ballot
  readonly #logPosition: () => LogPosition
  /** Who asked whether it would vote for them while it had a leader: answered once it has none. */
  readonly #askers = new Map<NodeId, number>()

  constructor(env: Environment<Message, ElectionIndication>, ballot: Ballot, logPosition: () => LogPosition) {
    this.#env = env
    this.#ballot = ballot
    this.#logPosition = logPosition
  }

  /** Would it vote for `candidate`? `led`: whether it has a leader. */
  consider(candidate: NodeId, { term, position }: Message & { type: 'askForVote' }, led: boolean): void {
    if (candidate === this.#env.self.id) return
    if (term <= this.#ballot.term || !reaches(position, this.#logPosition())) {
      this.#env.send(candidate, { type: 'wouldVote', term, granted: false, current: this.#ballot.term })
    } else if (led) {
      this.#askers.set(candidate, term)
    } else {
      this.#would(candidate, term)
    }
  }

  /** Answers a request for its vote, in a term that it has entered. Returns whether it votes for `candidate`. */
  vote(candidate: NodeId, { term, position }: Message & { type: 'requestVote' }): boolean {
    const free = this.#ballot.votedFor === '' || this.#ballot.votedFor === candidate
    const granted = term === this.#ballot.term && free && reaches(position, this.#logPosition())
    if (granted && this.#ballot.votedFor === '') this.#ballot.voteFor(candidate)
    this.#env.send(candidate, { type: 'vote', term: granted ? term : this.#ballot.term, granted })
    return granted
  }

  /** It has no leader any more: who asked meanwhile gets an answer. */
  answerAskers(): void {
    for (const [asker, term] of this.#askers) if (term > this.#ballot.term) this.#would(asker, term)
    this.#askers.clear()
  }

  /** There is news of a leader or of a newer term: who still wants a vote asks again. */
  forgetAskers(): void {
    this.#askers.clear()
  }

  inspectAskers(): Inspection {
    return Object.fromEntries(this.#askers)
  }

  #would(candidate: NodeId, term: number): void {
    // An opinion, not a vote: it binds nobody.
    this.#env.send(candidate, { type: 'wouldVote', term, granted: true, current: this.#ballot.term }, AT_ONCE)
  }
}
