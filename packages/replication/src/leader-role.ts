import {
  AT_ONCE,
  type Environment,
  type Incarnation,
  type LogElection,
  type NodeId,
  type RejectionReason,
  type ReplicatedLogIndication,
  type Term,
} from '@quorate/core'
import { majority } from '@quorate/voting'
import { Leadership, type LeaderContext } from './leadership.js'
import { sameTerm, type FromFollower, type ReplicationMessage } from './message.js'
import type { BarrierOrigin } from './read-barriers.js'

/** How long a hand-over is tried, in which nothing is taken: a member is brought level and elected, or it is not to be. */
const transferDelays = 10

/** What a node in the role of leader asks of the rest of it. */
export interface LeaderRoleContext extends Pick<LeaderContext, 'members' | 'log' | 'commitIndex' | 'committed'> {
  readonly env: Environment<ReplicationMessage, ReplicatedLogIndication>
  readonly maxDelayMs: number
  readonly election: LogElection<unknown>
  /** Barriers that were asked for at this node ended. */
  readonly barriersEnded: (barriers: readonly number[], index: number | undefined) => void
}

/**
 * This node in the role of leader: whether it has it, and in which term; what followers send to it as such; and how it hands the role
 * over. What a leader does within its term is `Leadership`'s.
 */
export class LeaderRole {
  readonly #env: Environment<ReplicationMessage, ReplicatedLogIndication>
  readonly #members: readonly NodeId[]
  readonly #election: LogElection<unknown>
  readonly #transferMs: number
  readonly #context: LeaderContext
  /** While this node leads. */
  #leadership: Leadership | undefined
  /** The newest leadership that has ended: it knows which forwarded proposals it may have appended. */
  #former: Leadership | undefined
  /** To whom leadership is being handed over, until when that is tried, and whether it is let go of in any case. */
  #transferee: { readonly to: NodeId; readonly untilMs: number; readonly resigns: boolean } | undefined

  constructor({ env, maxDelayMs, election, barriersEnded, ...context }: LeaderRoleContext) {
    this.#env = env
    this.#members = context.members
    this.#election = election
    this.#transferMs = transferDelays * maxDelayMs
    this.#context = {
      ...context,
      self: env.self.id,
      quorum: majority(context.members),
      sendAtOnce: (to, message) => env.send(to, message, AT_ONCE),
      barrierEnded: (origin, index) => {
        if (origin.type === 'own') barriersEnded(origin.barriers, index)
        else if (index !== undefined) this.#answerBarrier(origin, index)
      },
      caughtUp: (member) => {
        if (this.#transferee?.to === member) election.transfer(member)
      },
    }
  }

  /** This node's leadership, if it leads still: an acknowledgement of a newer candidate ends it before any indication does. */
  leading(): Leadership | undefined {
    if (this.#leadership === undefined) return undefined
    if (sameTerm(this.#election.promised, this.#leadership.term)) return this.#leadership
    this.#end()
    return undefined
  }

  /** Who hands over leadership takes nothing more: its successor could not catch up. */
  get handsOver(): boolean {
    return this.#transferee !== undefined
  }

  /** The election has chosen a leader, or lost it. */
  leaderChanged(leader: NodeId | undefined, term: Term): void {
    const leads = leader === this.#env.self.id && sameTerm(this.#election.promised, term)
    if (leads && this.#leadership !== undefined && sameTerm(this.#leadership.term, term)) return
    this.#end()
    if (!leads) return
    this.#leadership = new Leadership(this.#context, term)
    this.#leadership.replicate()
  }

  receive(from: Incarnation, message: FromFollower): void {
    switch (message.type) {
      case 'appended':
        this.#ledBy(message.term)?.appended(from.id, message.matchIndex)
        this.leading()?.replicate()
        return
      case 'conflict':
        this.#ledBy(message.term)?.conflict(from.id, message)
        this.leading()?.replicate()
        return
      case 'confirmed':
        this.#ledBy(message.term)?.confirmed(from.id, message.round)
        return
      case 'forward':
        this.#acceptForwarded(from, message)
        return
      case 'barrier': {
        const { incarnation, sequence } = message
        // A node that leads no more says nothing: the follower asks again, whoever leads then.
        this.leading()?.barrier({ type: 'forwarded', from: from.id, incarnation, sequence })
      }
    }
  }

  heartbeat(nowMs: number): void {
    const leadership = this.leading()
    leadership?.heartbeat()
    leadership?.expireBarriers(nowMs)
    if (this.#transferee === undefined || nowMs < this.#transferee.untilMs) return
    const { resigns } = this.#transferee
    this.#transferee = undefined
    if (resigns) this.#election.resign()
  }

  transfer(to: NodeId): void {
    this.#handOver(to, false)
  }

  /** Lets go of leadership, for the most level member that is not `suspected`. */
  resign(suspected: ReadonlySet<NodeId>): void {
    // Asked again, while a hand-over is under way: it is not waited for.
    const successor = this.handsOver
      ? undefined
      : this.leading()
          ?.mostLevel()
          .find((id) => !suspected.has(id))
    if (successor === undefined) this.#election.resign()
    else this.#handOver(successor, true)
  }

  inspect() {
    return {
      leadership: this.#leadership?.inspect() ?? null,
      former: this.#former?.inspectForwards() ?? null,
      transferee: this.#transferee === undefined ? null : { ...this.#transferee },
    }
  }

  #ledBy(term: Term): Leadership | undefined {
    const leadership = this.leading()
    return leadership !== undefined && sameTerm(leadership.term, term) ? leadership : undefined
  }

  #end(): void {
    if (this.#leadership !== undefined) {
      this.#leadership.end()
      this.#former = this.#leadership
    }
    this.#leadership = undefined
    this.#transferee = undefined
  }

  /**
   * Takes a follower's proposals only in the term that the follower meant: then whatever the network doubles comes to the same
   * leader, which knows what it has seen. One of a term that it never led cannot be refused: it says nothing.
   */
  #acceptForwarded(from: Incarnation, { term, incarnation, proposals }: FromFollower & { type: 'forward' }): void {
    const leadership = this.#ledBy(term)
    const former = this.#former !== undefined && sameTerm(this.#former.term, term) ? this.#former : undefined
    const leads = leadership ?? former
    const news = proposals.filter(({ sequence }) => leads?.firstForwarded(from, sequence) === true)
    if (news.length === 0) return
    const takes = leadership !== undefined && this.#transferee === undefined
    const refused = takes ? leadership.propose(from, news) : news
    if (refused.length > 0) {
      const sequences = refused.map(({ sequence }) => sequence)
      const reason: RejectionReason = takes ? 'overloaded' : 'no-leader'
      // A refusal is true whatever this node's disk does.
      this.#env.send(from.id, { type: 'rejected', incarnation, sequences, reason }, AT_ONCE)
    }
    if (takes) leadership.replicate()
  }

  #answerBarrier({ from, incarnation, sequence }: BarrierOrigin & { type: 'forwarded' }, index: number): void {
    // A quorum has committed up to there: true without this node's disk.
    this.#env.send(from, { type: 'barrierEnded', incarnation, sequence, index }, AT_ONCE)
  }

  #handOver(to: NodeId, resigns: boolean): void {
    const leadership = this.leading()
    if (leadership === undefined || to === this.#env.self.id || !this.#members.includes(to)) return
    this.#transferee = { to, untilMs: this.#env.clock.now() + this.#transferMs, resigns }
    if (leadership.isLevel(to)) this.#election.transfer(to)
    else leadership.replicate()
  }
}
