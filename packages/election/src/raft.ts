/**
 * Raft's election.
 *
 * Time is divided into terms. A node that has lost its leader asks all others whether they would vote for it; if a quorum would, it
 * begins a new term and asks for their votes. A node votes once in a term, durably, for a candidate whose log has come as far as its
 * own. Whoever has the votes of a quorum leads the term, for as long as a quorum acknowledges it.
 *
 * Assumes     fair-lossy links and a quorum of members that are up and connected; bounds on delays only for progress.
 * Guarantees  one leader per term, supported by a quorum that never forgets it; no committed entry is missing from a leader's log.
 * Costs       two round trips and an announcement from a verdict about the leader to the next, and in the second two durable writes.
 * Breaks      when a disk forgets a vote: a term may have two leaders.
 *
 * Difference from the paper: a node stands on the verdict of a failure detector, in an order of rank, so that simultaneous
 * evidence does not split votes. Whoever is asked whether it would vote judges by its own evidence; one that has none yet answers
 * once it has, instead of refusing.
 *
 * D. Ongaro and J. Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC 2014, 5.2, 5.4.1; D. Ongaro,
 * "Consensus: bridging theory and practice", PhD thesis, Stanford, 2014, 3.10 (transfer), 6.2 (check-quorum), 9.6 (pre-vote).
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
import { majority, type Majority } from '@quorate/voting/majority'
import { abstraction } from './raft/abstraction.js'
import { Ballot } from './raft/ballot.js'
import { Candidacy } from './raft/candidacy.js'
import { forge } from './raft/forge.js'
import { Leading } from './raft/leading.js'
import { codec, type Message } from './raft/messages.js'
import { Voter } from './raft/voter.js'
import { abstentionMs, agreesWithinMs, multiples } from './raft/waits.js'
import { Succession } from './succession.js'
import { quorumSupport } from './timestamp/quorum-support.js'

type Role = { readonly name: 'follower' } | Candidacy | Leading

const follower: Role = { name: 'follower' }

class RaftElection implements LogElection<Message> {
  readonly #env: Environment<Message, ElectionIndication>
  readonly #members: readonly NodeId[]
  readonly #others: readonly NodeId[]
  readonly #quorum: Majority
  readonly #maxDelayMs: number
  readonly #logPosition: () => LogPosition
  readonly #succession: Succession
  readonly #ballot: Ballot
  readonly #voter: Voter
  #role: Role = follower
  /** The leader of the present term, once it is known, until it is lost. */
  #leader: NodeId | undefined
  /** The newest term that is known to have a leader. */
  #established: Term = noTerm
  /** Without a word from the leader until then, it counts as lost. */
  #silentAtMs = 0
  #abstainsUntilMs = 0
  #told: { leader: NodeId | undefined; term: Term } = { leader: undefined, term: noTerm }

  constructor(env: Environment<Message, ElectionIndication>, options: ElectionOptions) {
    this.#env = env
    this.#members = requireMembers(options.members, env.self.id)
    this.#others = this.#members.filter((id) => id !== env.self.id)
    this.#quorum = majority(this.#members)
    this.#maxDelayMs = requireNumber('maxDelayMs', options.maxDelayMs, { min: 0.001, max: 3_600_000 })
    this.#logPosition = options.logPosition ?? (() => ({ term: noTerm, index: 0 }))
    this.#succession = new Succession(env.self.id, this.#members, this.#maxDelayMs, env.random)
    this.#ballot = new Ballot(env.store)
    this.#voter = new Voter(env, this.#ballot, this.#logPosition)
  }

  get leader(): NodeId | undefined {
    return this.#leader
  }

  get term(): Term {
    return this.#established
  }

  get standing(): boolean {
    return this.#role.name === 'candidate'
  }

  get promised(): Term {
    return termOf(this.#ballot.term)
  }

  start(): void {
    this.#standIn((multiples.announcement + 1) * this.#maxDelayMs + this.#succession.waitMs())
  }

  stand(): void {
    if (this.#role.name === 'leader') return
    if (this.#leader !== undefined && this.#env.clock.now() < this.#abstainsUntilMs) return
    this.#hope()
  }

  resign(): void {
    if (this.#role.name !== 'leader') return
    this.#abstainsUntilMs = this.#env.clock.now() + abstentionMs(this.#members.length, this.#maxDelayMs)
    this.#env.send(this.#others, { type: 'resigned', term: this.#ballot.term })
    this.#lose()
  }

  transfer(to: NodeId): void {
    if (this.#role.name === 'leader' && this.#others.includes(to)) {
      this.#env.send(to, { type: 'standNow', term: this.#ballot.term })
    }
  }

  follow(leader: NodeId, { number, id }: Term): boolean {
    if (id !== '' || number < this.#ballot.term || !this.#ballot.possible(number) || !this.#others.includes(leader))
      return false
    // One leader after the other, without none in between: what was asked of the former can be asked of the new one.
    if (number > this.#ballot.term) this.#ballot.enter(number)
    // Two leaders of one term cannot be: what claims to come from another one is not believed.
    if (this.#established.number === number && this.#leader !== undefined && this.#leader !== leader) return false
    this.#role = follower
    this.#env.cancel('announce')
    this.#leader = leader
    this.#established = termOf(number)
    this.#heard()
    this.#settle()
    return true
  }

  suspect(peer: NodeId): void {
    if (!this.#succession.suspect(peer)) return
    if (peer === this.#leader) this.#lose()
    // Whoever waits for that peer's candidacy waits in vain.
    else if (this.#leader === undefined && this.#role.name === 'follower' && peer === this.#ballot.votedFor) {
      this.#standIn(this.#succession.waitMs())
    }
  }

  restore(peer: NodeId): void {
    this.#succession.restore(peer)
  }

  /** The others need not find out: a node that stops in good order says so. */
  stop(): void {
    this.resign()
  }

  receive(from: Incarnation, message: Message): void {
    if (!this.#members.includes(from.id) || !this.#ballot.possible(message.term)) return
    switch (message.type) {
      case 'askForVote':
        this.#voter.consider(from.id, message, this.#leader !== undefined)
        return
      case 'wouldVote':
        this.#countHope(from.id, message)
        return
      case 'requestVote':
        this.#vote(from.id, message)
        return
      case 'vote':
        this.#count(from.id, message)
        return
      case 'leads':
        this.#acknowledge(from.id, message)
        return
      case 'acknowledge':
        if (this.#role.name === 'leader' && message.term === this.#ballot.term) {
          this.#role.acknowledged(from.id, message.round)
        }
        return
      case 'resigned':
        if (message.term === this.#ballot.term && from.id === this.#leader) this.#lose(from.id)
        return
      case 'standNow':
        // The leader itself asks: nobody's evidence needs to be waited for.
        if (message.term === this.#ballot.term && from.id === this.#leader) this.#campaign()
    }
  }

  timeout(name: string): void {
    if (name === 'announce') this.#announce()
    else if (name === 'repeat') this.#repeat()
    else if (this.#leader === undefined) this.#hope()
    else if (this.#role.name !== 'leader') this.#checkLeader()
  }

  inspect(): Inspection {
    const role = this.#role
    return {
      role: role.name,
      hopesFor: role.name === 'hopeful' ? role.term : 0,
      answers: role instanceof Candidacy ? role.inspectAnswers() : {},
      leading: role.name === 'leader' ? role.inspect() : null,
      leader: this.#leader ?? null,
      newest: { ...this.promised },
      votedFor: this.#ballot.votedFor,
      established: { ...this.#established },
      askers: this.#voter.inspectAskers(),
      silentAtMs: this.#silentAtMs,
      abstainsUntilMs: this.#abstainsUntilMs,
      told: { leader: this.#told.leader ?? null, term: { ...this.#told.term } },
      suspected: this.#succession.suspected,
    }
  }

  /** Asks who would vote for it in the next term. */
  #hope(): void {
    const term = this.#ballot.term + 1
    if (!this.#ballot.possible(term)) return
    this.#role = new Candidacy('hopeful', term)
    this.#role.answered(this.#env.self.id, true)
    this.#ask(this.#role)
    this.#patientlyRetry()
    this.#conclude()
  }

  /** Begins a new term and asks for votes. */
  #campaign(): void {
    const term = this.#ballot.term + 1
    if (!this.#ballot.possible(term)) return
    this.#enter(term)
    this.#role = new Candidacy('candidate', term)
    // To itself as well: its own vote is one like any other, and is not exempt from being durable first.
    this.#ask(this.#role)
    this.#patientlyRetry()
  }

  #ask(candidacy: Candidacy): void {
    candidacy.ask(this.#env, this.#members, this.#logPosition())
  }

  #countHope(voter: NodeId, { term, granted, current }: Message & { type: 'wouldVote' }): void {
    if (current > this.#ballot.term) {
      // Behind: with the newer term its next question will not be refused for that.
      if (!this.#ballot.possible(current)) return
      this.#enter(current)
      if (this.#leader === undefined)
        this.#standIn(this.#succession.waitMs() + this.#env.random.fraction() * this.#maxDelayMs)
      return
    }
    if (this.#role.name !== 'hopeful' || this.#role.term !== term) return
    this.#role.answered(voter, granted)
    this.#conclude()
  }

  #vote(candidate: NodeId, message: Message & { type: 'requestVote' }): void {
    if (message.term > this.#ballot.term) this.#enter(message.term)
    // A voter waits for the one that it voted for.
    if (this.#voter.vote(candidate, message) && candidate !== this.#env.self.id) this.#patientlyRetry()
  }

  #count(voter: NodeId, { term, granted }: Message & { type: 'vote' }): void {
    if (term > this.#ballot.term) {
      this.#enter(term)
      return
    }
    if (this.#role.name !== 'candidate' || term !== this.#ballot.term) return
    this.#role.answered(voter, granted)
    this.#conclude()
  }

  /** Goes on, or gives up, once the answers suffice for either. */
  #conclude(): void {
    if (!(this.#role instanceof Candidacy)) return
    const result = this.#role.result(this.#quorum)
    if (result === 'lost') this.#role = follower
    if (result !== 'won') return
    if (this.#role.name === 'hopeful') this.#campaign()
    else this.#lead()
  }

  #lead(): void {
    this.#leader = this.#env.self.id
    this.#established = termOf(this.#ballot.term)
    const { self, clock } = this.#env
    this.#role = new Leading(self.id, this.#quorum, multiples.silence * this.#maxDelayMs, clock.now())
    this.#env.cancel('stand')
    this.#env.cancel('repeat')
    this.#announce()
    this.#settle()
  }

  /** Tells everybody that it leads, and gives up leading when no quorum has acknowledged that for too long. */
  #announce(): void {
    if (this.#role.name !== 'leader') return
    const round = this.#role.announcement(this.#env.clock.now())
    if (round === undefined) {
      this.#lose()
      return
    }
    this.#env.send(this.#others, { type: 'leads', term: this.#ballot.term, round })
    this.#env.timer('announce', multiples.announcement * this.#maxDelayMs)
  }

  #acknowledge(leader: NodeId, { term, round }: Message & { type: 'leads' }): void {
    if (this.follow(leader, termOf(term))) this.#env.send(leader, { type: 'acknowledge', term, round })
    // A leader of the past that does not know it yet: it hears of the newer term.
    else if (term < this.#ballot.term) this.#env.send(leader, { type: 'vote', term: this.#ballot.term, granted: false })
  }

  /** Enters a newer term, of which it knows neither leader nor vote. */
  #enter(term: number): void {
    this.#ballot.enter(term)
    this.#voter.forgetAskers()
    const led = this.#role.name === 'leader'
    this.#role = follower
    if (led || this.#leader !== undefined) this.#lose()
  }

  /** The leader is lost, or this node leads no more. `resigned`: who let go of leadership, and is not to be waited for. */
  #lose(resigned?: NodeId): void {
    this.#leader = undefined
    this.#role = follower
    this.#env.cancel('announce')
    this.#settle()
    const abstainsMs = this.#abstainsUntilMs - this.#env.clock.now()
    this.#standIn(abstainsMs > 0 ? abstainsMs : this.#succession.waitMs(resigned))
    this.#voter.answerAskers()
  }

  /** A leader that is known and not suspected, but does not announce itself, is lost as well. */
  #checkLeader(): void {
    const remainingMs = this.#silentAtMs - this.#env.clock.now()
    if (remainingMs <= 0) this.#lose()
    else this.#standIn(remainingMs)
  }

  #heard(): void {
    const silenceMs = multiples.silence * this.#maxDelayMs
    this.#silentAtMs = this.#env.clock.now() + silenceMs
    this.#voter.forgetAskers()
    this.#env.cancel('repeat')
    this.#standIn(silenceMs)
  }

  /** Asks again whoever has not answered, since messages may be lost. */
  #repeat(): void {
    if (!(this.#role instanceof Candidacy)) return
    this.#ask(this.#role)
    this.#env.timer('repeat', multiples.repeat * this.#maxDelayMs)
  }

  #patientlyRetry(): void {
    this.#env.timer('repeat', multiples.repeat * this.#maxDelayMs)
    this.#standIn((multiples.patience + this.#succession.rank() + this.#env.random.fraction()) * this.#maxDelayMs)
  }

  #standIn(delayMs: number): void {
    this.#env.timer('stand', delayMs)
  }

  #settle(): void {
    const leader = this.#leader
    const term = this.#established
    if (leader === this.#told.leader && compareTerms(term, this.#told.term) === 0) return
    this.#told = { leader, term }
    this.#env.indicate({ type: 'leader-changed', leader, term })
  }
}

function termOf(number: number): Term {
  return { number, id: '' }
}

export const raft = defineElection<Message>({
  name: 'raft',
  family: 'rounds',
  synchrony: 'partially-synchronous',
  tolerates: benignFaults,
  resilience: (n) => Math.floor((n - 1) / 2),
  guarantees: ['one-leader-per-term', 'quorum-support', 'eventual-agreement', 'eventual-accuracy'],
  counterexamples: [
    { fault: 'excess-faults', breaks: 'eventual-agreement' },
    { fault: 'byzantine', breaks: 'one-leader-per-term' },
  ],
  invariants: [quorumSupport],
  abstraction,
  carriesLog: true,
  codec,
  forge,
  agreesWithinMs,
  create: (env, options) => new RaftElection(env, options),
})
