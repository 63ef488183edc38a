/**
 * The bully election.
 *
 * The greatest id that is up leads. A candidate asks all greater ids whether they are up and gives way to any that answers. When
 * none has answered for as long as an answer can take, it halts the lesser ones: each stops leading and following and says so. Only
 * when all of them have, or have been silent for as long as an answer can take, the candidate takes office and announces itself.
 *
 * Assumes     a bound on delays that always holds, links that lose nothing, processes that are never merely slow, clocks whose
 *             rate is off by no more than they declare.
 * Guarantees  at no moment two leaders; all name the greatest id that is up, unless it has resigned.
 * Costs       n(n - 1) messages to ask and to answer at worst, 3(n - 1) to halt, to confirm and to announce; twice the longest
 *             round trip.
 * Breaks      when any of the assumptions does: an answer that comes too late, or a partition, makes two leaders.
 *
 * The reorganisation that follows in the paper, by which the new coordinator gives the others their tasks, is the user's affair.
 *
 * H. Garcia-Molina, "Elections in a distributed computing system", IEEE Transactions on Computers C-31(1), 1982, the bully
 * algorithm.
 */
import {
  compareTerms,
  defineElection,
  noTerm,
  QuorateError,
  requireMembers,
  requireNumber,
  type Election,
  type ElectionIndication,
  type ElectionOptions,
  type Environment,
  type Incarnation,
  type Inspection,
  type NodeId,
  type PeerEvent,
  type Term,
} from '@quorate/core'
import { forge } from './bully/forge.js'
import { codec, type Message } from './bully/messages.js'
import { Succession } from './succession.js'

/** Waiting times, as multiples of the longest delay of a message. */
const multiples = {
  /** For an answer: there and back. */
  answer: 2,
  /** Between two nodes that stand by themselves: the first has been refused or has halted the second by then. */
  turn: 4,
  /** For an announcement: there, asking, halting, and the announcement, which whoever stands next after a refusal still hears. */
  announcement: 8,
} as const

/**
 * `normal`: knows a leader. `asking` and `halting`: holds an election. `waiting`: has given way, was halted or has lost its leader,
 * and holds an election when it has waited in vain.
 */
type State = 'normal' | 'asking' | 'halting' | 'waiting'

/** The `attempt`th election of one life of a node, in which it halts the lesser ones. */
interface Halting extends Incarnation {
  readonly attempt: number
}

class BullyElection implements Election<Message> {
  readonly #env: Environment<Message, ElectionIndication>
  readonly #others: readonly NodeId[]
  readonly #greater: readonly NodeId[]
  readonly #lesser: readonly NodeId[]
  readonly #unitMs: number
  readonly #succession: Succession
  #state: State = 'waiting'
  /** Numbers the elections that this life has held. */
  #attempt = 0
  #halted = new Set<NodeId>()
  /** Whose election has halted this node since it last held one itself. */
  #haltedBy: Halting | undefined
  #leader: NodeId | undefined
  #term: Term = noTerm
  /** The greatest term number that this life has met. */
  #greatestNumber = 0
  /** The newest term of which another has told that it resigned. */
  #resigned: Term = noTerm
  #abstainsUntilMs = 0
  /** The newest life of each member that this node has heard of. */
  readonly #lives = new Map<NodeId, number>()

  constructor(env: Environment<Message, ElectionIndication>, options: ElectionOptions) {
    const members = requireMembers(options.members, env.self.id)
    const maxDelayMs = requireNumber('maxDelayMs', options.maxDelayMs, { min: 0.001, max: 3_600_000 })
    this.#env = env
    this.#others = members.filter((id) => id !== env.self.id)
    this.#greater = members.filter((id) => id > env.self.id)
    this.#lesser = members.filter((id) => id < env.self.id)
    this.#unitMs = onAnyClock(maxDelayMs, env.clock.bound().ratePpm)
    this.#succession = new Succession(env.self.id, [...members].reverse(), multiples.turn * this.#unitMs, env.random)
  }

  get leader(): NodeId | undefined {
    return this.#leader
  }

  get term(): Term {
    return this.#term
  }

  get standing(): boolean {
    return this.#state === 'asking' || this.#state === 'halting'
  }

  /** Whatever went on while it was down: the greatest id takes over, any other learns whom to follow. */
  start(): void {
    this.#ask()
  }

  stand(): void {
    if (this.#leader === this.#env.self.id || this.standing) return
    if (this.#leader !== undefined && this.#abstains) return
    this.#ask()
  }

  resign(): void {
    if (this.#leader !== this.#env.self.id) return
    this.#abstainsUntilMs = this.#env.clock.now() + this.#abstentionMs
    this.#env.send(this.#others, { type: 'resigned', term: this.#term })
    this.#wait(this.#abstentionMs)
  }

  suspect(peer: NodeId): void {
    if (!this.#succession.suspect(peer)) return
    const waitsForIt = this.#state === 'waiting' && peer === this.#haltedBy?.id
    if (peer === this.#leader || waitsForIt) this.#wait(this.#succession.waitMs(this.#resigned.id))
  }

  restore(peer: NodeId): void {
    if (!this.#succession.restore(peer)) return
    if (peer === this.#leader && this.#state === 'normal') this.#env.cancel('election')
    // It may have been cut off, which this algorithm does not tolerate, and may lead: the greater of the two is to go on.
    if (this.#leader === this.#env.self.id) this.#env.send(peer, { type: 'coordinator', term: this.#term })
  }

  /** A peer that was not connected, though the model has it, may have missed everything: whoever leads tells it. */
  peer(event: PeerEvent): void {
    if (event.type !== 'connected' || this.#leader !== this.#env.self.id) return
    this.#env.send(event.peer.id, { type: 'coordinator', term: this.#term })
  }

  /** The others need not find out: a node that stops in good order says so. */
  stop(): void {
    this.resign()
  }

  receive(from: Incarnation, message: Message): void {
    const life = this.#lives.get(from.id) ?? 0
    if (!this.#others.includes(from.id) || from.incarnation < life) return
    this.#lives.set(from.id, from.incarnation)
    // It came back before anybody missed it, and has forgotten that it led, and in which term.
    if (from.id === this.#leader && from.incarnation > life) this.#wait(this.#succession.waitMs(this.#resigned.id))
    switch (message.type) {
      case 'are-you-up':
        this.#answer(from, message.attempt)
        return
      case 'up':
        // Also when it comes too late, as it never should: it is not in office yet.
        if (this.standing && this.#isMine(message)) this.#giveWay()
        return
      case 'halt':
        this.#halt(from, message.attempt)
        return
      case 'halted':
        if (this.#state === 'halting' && this.#isMine(message)) this.#confirmed(from.id, message.number)
        return
      case 'coordinator':
        this.#heed(from.id, message.term)
        return
      case 'resigned':
        this.#dismiss(from.id, message.term)
    }
  }

  timeout(): void {
    if (this.#state === 'halting') this.#takeOffice()
    else if (this.#state === 'asking') this.#haltLesser()
    else this.#lose()
  }

  inspect(): Inspection {
    return {
      leader: this.#leader ?? null,
      term: { ...this.#term },
      state: this.#state,
      attempt: this.#attempt,
      halted: [...this.#halted].sort(),
      haltedBy: this.#haltedBy === undefined ? null : { ...this.#haltedBy },
      greatestNumber: this.#greatestNumber,
      resigned: { ...this.#resigned },
      abstainsUntilMs: this.#abstainsUntilMs,
      lives: Object.fromEntries(this.#lives),
      suspected: this.#succession.suspected,
    }
  }

  get #abstains(): boolean {
    return this.#env.clock.now() < this.#abstainsUntilMs
  }

  /** Longer than the others need to elect one of them, and to try again if that one fails. */
  get #abstentionMs(): number {
    return 2 * multiples.announcement * this.#unitMs
  }

  #isMine({ incarnation, attempt }: { readonly incarnation: number; readonly attempt: number }): boolean {
    return incarnation === this.#env.self.incarnation && attempt === this.#attempt
  }

  #ask(): void {
    // From here on it may come to lead, and must be heard.
    this.#abstainsUntilMs = 0
    this.#attempt++
    this.#haltedBy = undefined
    this.#state = 'asking'
    this.#env.send(this.#greater, { type: 'are-you-up', attempt: this.#attempt })
    if (this.#greater.length === 0) this.#haltLesser()
    else this.#timer(multiples.answer)
  }

  #answer({ id, incarnation }: Incarnation, attempt: number): void {
    // As if it were down. It cannot lead without an election of its own, so none of the lesser ones needs to fear it.
    if (id > this.#env.self.id || this.#abstains) return
    this.#env.send(id, { type: 'up', incarnation, attempt })
    if (this.#leader === this.#env.self.id) this.#env.send(id, { type: 'coordinator', term: this.#term })
    else if (this.#state === 'normal' && (this.#leader as NodeId) < this.#env.self.id) this.#ask()
  }

  #giveWay(): void {
    if (this.#leader === undefined) this.#wait(multiples.announcement * this.#unitMs)
    else this.#follow(this.#leader, this.#term)
  }

  #haltLesser(): void {
    this.#setLeader(undefined, this.#term)
    this.#state = 'halting'
    this.#halted = new Set()
    this.#env.send(this.#lesser, { type: 'halt', attempt: this.#attempt })
    if (this.#lesser.length === 0) this.#takeOffice()
    else this.#timer(multiples.answer)
  }

  #halt({ id, incarnation }: Incarnation, attempt: number): void {
    if (id < this.#env.self.id || (this.#state === 'normal' && this.#isHaltedBy(id, incarnation, attempt))) return
    this.#haltedBy = { id, incarnation, attempt }
    this.#wait(multiples.announcement * this.#unitMs)
    this.#env.send(id, { type: 'halted', incarnation, attempt, number: this.#greatestNumber })
  }

  /** Whether that halting is over: its announcement has been heard, and this is a copy of its beginning. */
  #isHaltedBy(id: NodeId, incarnation: number, attempt: number): boolean {
    const by = this.#haltedBy
    return by?.id === id && by.incarnation === incarnation && by.attempt === attempt
  }

  #confirmed(peer: NodeId, number: number): void {
    this.#halted.add(peer)
    this.#greatestNumber = Math.max(this.#greatestNumber, number)
    if (this.#halted.size === this.#lesser.length) this.#takeOffice()
  }

  #takeOffice(): void {
    const { id } = this.#env.self
    this.#follow(id, { number: this.#greatestNumber + 1, id })
    this.#env.send(this.#others, { type: 'coordinator', term: this.#term })
  }

  #heed(peer: NodeId, term: Term): void {
    this.#greatestNumber = Math.max(this.#greatestNumber, term.number)
    if (compareTerms(term, this.#resigned) <= 0) return
    if (peer > this.#env.self.id || this.#abstains) {
      // Who was halted by a greater one has nothing to expect of this one: it was or will be halted, too.
      if (this.#haltedBy === undefined || peer >= this.#haltedBy.id) this.#follow(peer, term)
    } else if (this.#state === 'waiting' || (this.#state === 'normal' && compareTerms(term, this.#term) > 0)) {
      this.#ask()
    }
  }

  #dismiss(peer: NodeId, term: Term): void {
    this.#greatestNumber = Math.max(this.#greatestNumber, term.number)
    if (compareTerms(term, this.#resigned) > 0) this.#resigned = term
    if (peer === this.#leader && compareTerms(term, this.#term) >= 0) this.#wait(this.#succession.waitMs(peer))
  }

  #follow(leader: NodeId, term: Term): void {
    this.#greatestNumber = Math.max(this.#greatestNumber, term.number)
    this.#state = 'normal'
    this.#setLeader(leader, term)
    // Either it has crashed since it announced itself, or it has come back and the detector has not said so yet.
    if (this.#succession.suspects(leader)) this.#timer(multiples.announcement)
    else this.#env.cancel('election')
  }

  #lose(): void {
    this.#setLeader(undefined, this.#term)
    this.#ask()
  }

  #wait(delayMs: number): void {
    this.#state = 'waiting'
    this.#env.timer('election', delayMs)
    this.#setLeader(undefined, this.#term)
  }

  #setLeader(leader: NodeId | undefined, term: Term): void {
    if (leader === this.#leader && compareTerms(term, this.#term) === 0) return
    this.#leader = leader
    this.#term = term
    this.#env.indicate({ type: 'leader-changed', leader, term })
  }

  #timer(multiple: number): void {
    this.#env.timer('election', multiple * this.#unitMs)
  }
}

/** How long to wait by a clock that may be fast, so that `durationMs` of true time have passed. */
function onAnyClock(durationMs: number, ratePpm: number): number {
  if (Number.isFinite(ratePpm)) return durationMs * (1 + ratePpm / 1_000_000)
  throw new QuorateError(
    'QUORATE_CLOCK_UNBOUNDED',
    "bully waits by this node's clock for answers that must have come by then, and nothing is declared of that clock's rate; declare by " +
      'how many parts per million it may be off, or choose an election that needs no clock',
    { ratePpm },
  )
}

/**
 * At worst the only one to stand abstains, or waits its turn behind all others; then somebody waits in vain for an announcement,
 * follows one who does not lead until it is found out, and an election is held, whose five messages wait for nothing.
 */
function agreesWithinMs({ members, maxDelayMs }: ElectionOptions): number {
  const { announcement, turn } = multiples
  return (2 * announcement + turn * members.length + announcement + announcement + 8) * maxDelayMs
}

export const bully = defineElection<Message>({
  name: 'bully',
  family: 'clocks',
  relies: 'rate',
  brokenClockBreaks: ['one-leader-at-a-time'],
  synchrony: 'synchronous',
  tolerates: ['crash-stop', 'crash-recovery', 'duplication', 'reordering'],
  resilience: (n) => n - 1,
  guarantees: ['one-leader-at-a-time', 'eventual-agreement', 'eventual-accuracy'],
  counterexamples: [
    { fault: 'delay', breaks: 'one-leader-at-a-time' },
    { fault: 'loss', breaks: 'one-leader-at-a-time' },
    { fault: 'partition', breaks: 'one-leader-at-a-time' },
    { fault: 'one-way-partition', breaks: 'one-leader-at-a-time' },
    { fault: 'pause', breaks: 'one-leader-at-a-time' },
    { fault: 'slow-process', breaks: 'one-leader-at-a-time' },
    { fault: 'byzantine', breaks: 'eventual-agreement' },
  ],
  // From a start of all nodes at once: each asks all greater ones, which answer; the greatest halts the others, hears from them,
  // announces itself, and does so again to those whose question comes after that.
  worstCaseMessages: (n) => n * (n - 1) + 4 * (n - 1),
  carriesLog: false,
  lacks: 'durable terms',
  codec,
  forge,
  agreesWithinMs,
  create: (env, options) => new BullyElection(env, options),
})
