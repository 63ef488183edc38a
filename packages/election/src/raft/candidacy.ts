import { AT_ONCE, type ElectionIndication, type Environment, type LogPosition, type NodeId } from '@quorate/core'
import type { VoteResult } from '@quorate/voting'
import type { Majority } from '@quorate/voting/majority'
import { toRecord } from '../position.js'
import type { Message } from './messages.js'

/** A node that asks the members for a term: as `hopeful` whether they would vote for it, as `candidate` for their votes. */
export class Candidacy {
  readonly name: 'hopeful' | 'candidate'
  readonly term: number
  readonly #answers = new Map<NodeId, boolean>()

  constructor(name: 'hopeful' | 'candidate', term: number) {
    this.name = name
    this.term = term
  }

  /** Asks those of `members` that have not answered. */
  ask(env: Environment<Message, ElectionIndication>, members: readonly NodeId[], own: LogPosition): void {
    const peers = members.filter((id) => !this.#answers.has(id))
    const { term } = this
    const position = toRecord(own)
    // It promises nothing: what was promised before is durable already, or comes to no harm by being asked about.
    if (this.name === 'hopeful') env.send(peers, { type: 'askForVote', term, position }, AT_ONCE)
    else env.send(peers, { type: 'requestVote', term, position })
  }

  answered(voter: NodeId, granted: boolean): void {
    this.#answers.set(voter, granted)
  }

  /** What the answers come to. */
  result(quorum: Majority): VoteResult {
    return quorum.voteResult(this.#answers)
  }

  inspectAnswers() {
    return Object.fromEntries(this.#answers)
  }
}
