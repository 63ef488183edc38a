/**
 * Election by timestamp.
 *
 * A candidacy is a pair (timestamp, id). A node that stands draws a timestamp beyond every one it has seen and sends it to all. A
 * node acknowledges the newest candidacy it has seen, durably, and no older one any more; each acknowledgement raises the
 * candidate's timestamp by one, and a candidate whose timestamp has reached its start plus a quorum leads, until it acknowledges
 * a newer candidacy or hears that one got there. Where a log is carried, nobody acknowledges a candidate whose log has not come as
 * far as its own: a quorum then holds nothing that was committed and the leader lacks.
 *
 * Assumes     fair-lossy links and a quorum of members that are up; bounds on delays only for progress.
 * Guarantees  one leader per term; a quorum that never forgets it; no committed entry is missing from a leader's log; once candidacies
 *             stop, all name the same living leader.
 * Costs       3(n - 1) messages and two durable writes in sequence, from a verdict about the leader until all name the next.
 * Limits      A node whose detector alone accuses the leader supersedes it: an acknowledgement never asks why somebody stands.
 * Breaks      when more than (n - 1)/2 members are down: nobody is elected. When a message changes on its way: a node may name a
 *             leader whom no quorum has acknowledged.
 *
 * The ordering of candidacies and the durable acknowledgement are those of ballots: L. Lamport, "The part-time parliament", ACM
 * Transactions on Computer Systems 16(2), 1998. The comparison of logs: D. Ongaro and J. Ousterhout, "In search of an understandable
 * consensus algorithm", USENIX ATC 2014, 5.4.1.
 */
import {
  compareTerms,
  benignFaults,
  defineElection,
  noTerm,
  requireMembers,
  requireNumber,
  type ElectionIndication,
  type ElectionOptions,
  type Environment,
  type Incarnation,
  type Inspection,
  type LogElection,
  type LogPosition,
  type NodeId,
  type Term,
} from '@quorate/core'
import { majoritySize } from '@quorate/voting/majority'
import { reaches, toRecord, type PositionRecord } from './position.js'
import { Succession } from './succession.js'
import { forge } from './timestamp/forge.js'
import { codec, type Message } from './timestamp/messages.js'
import { NewestCandidacy, spread } from './timestamp/newest-candidacy.js'
import { quorumSupport } from './timestamp/quorum-support.js'
import { abstentionMs, agreesWithinMs, multiples } from './timestamp/waits.js'

interface Standing {
  /** The timestamp that the candidacy began with: with the node's id it is the candidacy's name. */
  readonly start: number
  /** Its start and one for each acknowledgement. */
  timestamp: number
  readonly acknowledgedBy: Set<NodeId>
}

class TimestampElection implements LogElection<Message> {
  readonly #env: Environment<Message, ElectionIndication>
  readonly #members: readonly NodeId[]
  readonly #others: readonly NodeId[]
  readonly #quorum: number
  readonly #maxDelayMs: number
  readonly #logPosition: () => LogPosition
  readonly #succession: Succession
  readonly #newest: NewestCandidacy
  /** The newest candidacy known to have been acknowledged by a quorum. */
  #established: Term = noTerm
  /** Its leader has resigned. */
  #vacant = false
  #standing: Standing | undefined
  #abstainsUntilMs = 0
  #told: { leader: NodeId | undefined; term: Term } = { leader: undefined, term: noTerm }

  constructor(env: Environment<Message, ElectionIndication>, options: ElectionOptions) {
    this.#env = env
    this.#members = requireMembers(options.members, env.self.id)
    this.#others = this.#members.filter((id) => id !== env.self.id)
    this.#quorum = majoritySize(this.#members.length)
    this.#maxDelayMs = requireNumber('maxDelayMs', options.maxDelayMs, { min: 0.001, max: 3_600_000 })
    this.#logPosition = options.logPosition ?? (() => ({ term: noTerm, index: 0 }))
    this.#succession = new Succession(env.self.id, this.#members, this.#maxDelayMs, env.random)
    this.#newest = new NewestCandidacy(env.store, this.#members)
  }

  get leader(): NodeId | undefined {
    const { id } = this.#established
    if (this.#vacant || id === '' || this.#succession.suspects(id)) return undefined
    // What a leader has promised to a newer candidacy, it can no more do for its own.
    const superseded = id === this.#env.self.id && compareTerms(this.#established, this.promised) < 0
    return superseded ? undefined : id
  }

  get term(): Term {
    return this.#established
  }

  get standing(): boolean {
    return this.#standing !== undefined
  }

  get promised(): Term {
    return this.#newest.value
  }

  start(): void {
    this.#env.send(this.#others, { type: 'inquire', term: this.#established })
    this.#standIn(multiples.answers * this.#maxDelayMs + this.#succession.waitMs())
    this.#pace()
  }

  stand(): void {
    if (this.leader === this.#env.self.id || this.#standing !== undefined) return
    if (this.leader !== undefined && this.#env.clock.now() < this.#abstainsUntilMs) return
    this.#stand()
  }

  resign(): void {
    if (this.leader !== this.#env.self.id) return
    this.#vacant = true
    this.#abstainsUntilMs = this.#env.clock.now() + abstentionMs(this.#members.length, this.#maxDelayMs)
    this.#env.send(this.#others, { type: 'resigned', term: this.#established })
    this.#settle()
  }

  transfer(to: NodeId): void {
    if (this.leader === this.#env.self.id && this.#others.includes(to)) {
      this.#env.send(to, { type: 'standNow', term: this.#established })
    }
  }

  follow(leader: NodeId, term: Term): boolean {
    if (leader === this.#env.self.id || term.id !== leader || compareTerms(term, this.promised) < 0) return false
    if (compareTerms(term, this.#established) === 0) return !this.#vacant
    if (!this.#newest.possible(term)) return false
    this.#see(term)
    this.#establish(term)
    return true
  }

  suspect(peer: NodeId): void {
    if (!this.#succession.suspect(peer)) return
    this.#resignIfAlone()
    this.#settle()
    // Whoever waits for that peer's candidacy waits in vain.
    if (this.leader === undefined && peer === this.promised.id) this.#standIn(this.#succession.waitMs())
  }

  restore(peer: NodeId): void {
    if (this.#succession.restore(peer)) this.#settle()
  }

  /** The others need not find out: a node that stops in good order says so. */
  stop(): void {
    this.resign()
  }

  receive(from: Incarnation, message: Message): void {
    if (!this.#members.includes(from.id)) return
    switch (message.type) {
      case 'request':
        this.#weigh({ number: message.timestamp, id: from.id }, message.position)
        return
      case 'acknowledge':
        this.#count(from.id, message.timestamp)
        return
      case 'newer':
        if (this.#newest.possible(message.newest)) this.#see(message.newest)
        return
      case 'leads':
        this.#learn(from.id, message.term, message.newest)
        return
      case 'inquire':
        this.#answer(from.id, message.term)
        return
      case 'resigned':
        this.#vacate(message.term)
        return
      case 'standNow':
        // The leader itself asks: nobody's evidence needs to be waited for.
        if (from.id === this.leader && compareTerms(message.term, this.#established) === 0) this.#stand()
    }
  }

  timeout(name: string): void {
    if (name === 'repeat') this.#repeat()
    else if (this.leader !== undefined) this.#retire()
    else if (this.#standing === undefined) this.#stand()
  }

  inspect(): Inspection {
    const { start, timestamp, acknowledgedBy } = this.#standing ?? {}
    return {
      leader: this.leader ?? null,
      newest: { ...this.promised },
      established: { ...this.#established },
      vacant: this.#vacant,
      standing:
        start === undefined
          ? null
          : { start, timestamp: timestamp ?? start, acknowledgedBy: [...(acknowledgedBy ?? [])] },
      abstainsUntilMs: this.#abstainsUntilMs,
      told: { leader: this.#told.leader ?? null, term: { ...this.#told.term } },
      suspected: this.#succession.suspected,
    }
  }

  #stand(): void {
    const start = this.promised.number + this.#members.length + this.#env.random.integer(0, spread - 1)
    const { id } = this.#env.self
    if (!this.#newest.possible({ number: start, id })) return
    this.#see({ number: start, id })
    this.#standing = { start, timestamp: start, acknowledgedBy: new Set() }
    // To itself as well: its own acknowledgement is one like any other, and is not exempt from being durable first.
    this.#request(this.#members, start)
    this.#standIn(this.#patienceMs())
    this.#pace()
  }

  #request(peers: readonly NodeId[], timestamp: number): void {
    this.#env.send(peers, { type: 'request', timestamp, position: toRecord(this.#logPosition()) })
  }

  /** Remembers a candidacy, if it is the newest; whoever stands or leads with an older one then does so no more. */
  #see(candidacy: Term): void {
    if (compareTerms(candidacy, this.promised) <= 0) return
    this.#newest.see(candidacy)
    if (this.#standing !== undefined) this.#standIn((multiples.retry + this.#env.random.fraction()) * this.#maxDelayMs)
    this.#retire()
    this.#settle()
  }

  #weigh(request: Term, position: PositionRecord): void {
    if (!this.#newest.possible(request)) return
    const order = compareTerms(request, this.promised)
    // A leader that stands anew leads no more, or does not know that it does; and it may hear nobody who could tell it.
    if (request.id === this.#established.id && compareTerms(request, this.#established) > 0)
      this.#vacate(this.#established)
    if (order < 0) {
      if (compareTerms(request, this.#established) < 0 && this.leader !== undefined) this.#tell(request.id)
      else this.#env.send(request.id, { type: 'newer', newest: this.promised })
      return
    }
    const contends = this.#standing !== undefined || this.leader === this.#env.self.id
    this.#see(request)
    if (!reaches(position, this.#logPosition())) {
      // Nobody whose log lacks something may lead. Who would have led otherwise need not wait for that.
      if (order > 0 && contends) this.#standIn(0)
      return
    }
    if (order > 0 && this.leader === undefined) this.#standIn(this.#patienceMs())
    this.#env.send(request.id, { type: 'acknowledge', timestamp: request.number })
  }

  #count(voter: NodeId, timestamp: number): void {
    const standing = this.#standing
    if (standing === undefined || timestamp !== standing.start || standing.acknowledgedBy.has(voter)) return
    standing.acknowledgedBy.add(voter)
    standing.timestamp++
    if (standing.timestamp < standing.start + this.#quorum) return
    this.#establish({ number: standing.start, id: this.#env.self.id })
    this.#resignIfAlone()
  }

  /** Who reaches no quorum can lead nobody, and yet may be heard, so that nobody else would stand. */
  #resignIfAlone(): void {
    if (this.#members.length - this.#succession.suspected.length < this.#quorum) this.resign()
  }

  #learn(from: NodeId, term: Term, newest: Term): void {
    if (!this.#newest.possible(term) || !this.#newest.possible(newest)) return
    this.#see(term)
    this.#see(newest)
    const order = compareTerms(term, this.#established)
    if (order < 0 && this.leader !== undefined) {
      this.#tell(from)
      return
    }
    if (order > 0 && term.id === this.#env.self.id) {
      // It led in a former life. What that life had promised is forgotten, so it takes a term of its own.
      this.stand()
    } else if (order > 0) {
      this.#establish(term)
    } else if (order === 0 && this.#vacant) {
      this.#env.send(from, { type: 'resigned', term })
    } else if (order === 0 && from === this.leader) {
      this.#pace()
    }
    // So that the leader passes on the newest candidacy there is, and the next one is new enough for everybody.
    if (compareTerms(newest, this.promised) < 0) this.#env.send(from, { type: 'newer', newest: this.promised })
  }

  #vacate(term: Term): void {
    if (!this.#newest.possible(term) || compareTerms(term, this.#established) < 0) return
    this.#see(term)
    this.#established = term
    this.#vacant = true
    this.#settle()
  }

  #establish(term: Term): void {
    this.#established = term
    this.#vacant = term.id === this.promised.id && compareTerms(term, this.promised) < 0
    this.#settle()
  }

  /** Follows a change of the leader, if there is one, and says so. */
  #settle(): void {
    const { leader, term } = this
    if (leader === this.#told.leader && compareTerms(term, this.#told.term) === 0) return
    this.#told = { leader, term }
    this.#env.indicate({ type: 'leader-changed', leader, term })
    if (leader !== undefined) {
      this.#standing = undefined
      if (leader === this.#env.self.id) this.#tell(this.#others)
    } else if (this.#standing === undefined) {
      const waitMs = this.#succession.waitMs(this.#vacant ? term.id : undefined)
      this.#standIn(Math.max(this.#abstainsUntilMs - this.#env.clock.now(), waitMs))
    }
    this.#pace()
  }

  /** Gives up a candidacy. It is kept for as long as there is neither a newer one nor a leader. */
  #retire(): void {
    if (this.#standing === undefined) return
    this.#standing = undefined
    this.#pace()
  }

  /** Says again what may have been lost, or asks. */
  #repeat(): void {
    if (this.leader === this.#env.self.id) this.#tell(this.#others)
    else if (this.#standing !== undefined) {
      const { start, acknowledgedBy } = this.#standing
      this.#request(
        this.#members.filter((id) => !acknowledgedBy.has(id)),
        start,
      )
    }
    // A leader that crashed and came back before anyone noticed does not know that it is one.
    else this.#env.send(this.leader ?? this.#others, { type: 'inquire', term: this.#established })
    this.#pace()
  }

  /** Sets when `#repeat` is due next. */
  #pace(): void {
    const { repeat, announcement, check } = multiples
    if (this.#standing !== undefined) this.#env.timer('repeat', repeat * this.#maxDelayMs)
    else if (this.leader === this.#env.self.id) this.#env.timer('repeat', announcement * this.#maxDelayMs)
    else if (this.leader !== undefined) this.#env.timer('repeat', check * this.#maxDelayMs)
    else this.#env.timer('repeat', this.#patienceMs())
  }

  #answer(peer: NodeId, term: Term): void {
    const { leader } = this
    const { id } = this.#env.self
    // Peers need not answer for a leader that can do so itself, but a node that does not know that it is one must be told.
    if (leader === id || leader === peer) this.#tell(peer)
    else if (term.id !== id) return
    else if (leader !== undefined && compareTerms(term, this.#established) < 0) this.#tell(peer)
    else this.#env.send(peer, { type: 'resigned', term })
  }

  #tell(peers: NodeId | readonly NodeId[]): void {
    this.#env.send(peers, { type: 'leads', term: this.#established, newest: this.promised })
  }

  #standIn(delayMs: number): void {
    this.#env.timer('stand', delayMs)
  }

  /** How long another's candidacy may take. The first to run out of patience is the one that would stand first. */
  #patienceMs(): number {
    return (
      multiples.patience * this.#maxDelayMs + (this.#succession.rank() + this.#env.random.fraction()) * this.#maxDelayMs
    )
  }
}

export const timestamp = defineElection<Message>({
  name: 'timestamp',
  family: 'rounds',
  synchrony: 'partially-synchronous',
  tolerates: benignFaults,
  resilience: (n) => Math.floor((n - 1) / 2),
  guarantees: ['one-leader-per-term', 'quorum-support', 'eventual-agreement', 'eventual-accuracy'],
  counterexamples: [
    { fault: 'excess-faults', breaks: 'eventual-agreement' },
    { fault: 'corruption', breaks: 'quorum-support' },
    { fault: 'byzantine', breaks: 'eventual-agreement' },
  ],
  // From a start of all nodes at once: each inquires; the first stands, is acknowledged and announces itself.
  worstCaseMessages: (n) => n * (n - 1) + 3 * (n - 1),
  invariants: [quorumSupport],
  carriesLog: true,
  codec,
  forge,
  agreesWithinMs,
  create: (env, options) => new TimestampElection(env, options),
})
