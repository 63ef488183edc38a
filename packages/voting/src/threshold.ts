/**
 * Agreement by acknowledgements, without clocks: the smallest value that a majority of nodes reports, mended with ballots.
 *
 * A node that stands as proposer numbers its attempt with a ballot and asks all for a promise to take part in no lower one; with
 * the promise comes what a node accepted last and what was proposed to it. From a majority's promises the proposer takes the
 * value accepted in the highest ballot or, when none was, the smallest proposed, and asks all to accept it. Once a majority has
 * acknowledged, the value is decided: every later proposer meets a node that accepted it, and takes it over.
 *
 * Without ballots, where a node simply adopts the smaller value and acknowledges, a value can be held by a majority and counted
 * while a smaller one is on its way: both are decided.
 *
 * Assumes     a majority of live nodes that keep what they wrote; for progress, that delays are bounded from some time on. A
 *             crashed node may come back at any time.
 * Guarantees  validity, integrity and uniform agreement, whatever delays and clocks do; a decision once a majority can talk.
 * Costs       5(n - 1) messages and five delays undisturbed: prepare, promise, accept, accepted, decided; two writes in
 *             sequence on the way. Repeats are bounded in rate: a proposer that does not get through waits longer.
 * Breaks      with more than f of 2f + 1 nodes down no node decides; a node that forgets what it acknowledged lets two values
 *             be decided.
 *
 * The node of least id stands at once, the others one after the other when nothing is heard; after that each waits a random time
 * since a proposer was last heard. A node that missed the decision stands, and is told it.
 *
 * L. Lamport, "The part-time parliament", ACM Transactions on Computer Systems 16(2), 1998, sections 2.2 and 2.3 (the synod), and
 * "Paxos made simple", ACM SIGACT News 32(4), 2001, section 2. Taking the smallest when the choice is free is this vote's own.
 */
import {
  AT_ONCE,
  compareTerms,
  defineAgreement,
  requireMembers,
  requireNumber,
  type Agreement,
  type AgreementIndication,
  type AgreementOptions,
  type Environment,
  type Incarnation,
  type Inspection,
  type NodeId,
} from '@quorate/core'
import { requireMaxFaulty, requireValue } from './options.js'
import { majority, type Majority } from './quorum/majority.js'
import { forge } from './threshold/forge.js'
import { thresholdInvariants } from './threshold/invariants.js'
import { Ledger, type Acceptance, type Ballot } from './threshold/ledger.js'
import { codec, type Message } from './threshold/messages.js'

type Reported = Message & { type: 'promise' }

/** A proposer's attempt. */
interface Attempt {
  readonly ballot: Ballot
  readonly promises: Map<NodeId, Reported>
  /** What it asks to accept, once a majority has promised. Never changed: a ballot has one value. */
  value: number | undefined
  readonly acknowledged: Set<NodeId>
}

/** Longest delays that an undisturbed attempt takes are six, the first write included; two more are left for the unforeseen. */
const delaysPerAttempt = 8
/** How many attempts' time a proposer that fails again and again lets pass, at most, before the next. */
const longestPause = 8

class Threshold implements Agreement<Message> {
  readonly #env: Environment<Message, AgreementIndication>
  readonly #quorums: Majority
  readonly #attemptMs: number
  readonly #ledger: Ledger
  #attempt: Attempt | undefined
  /** The greatest number of a ballot in which others were refused this node's messages. */
  #refusedBy = 0
  /** How many attempts' time its random pauses range over: more and more while its own attempts fail. */
  #spread = 1

  constructor(env: Environment<Message, AgreementIndication>, options: AgreementOptions) {
    this.#env = env
    this.#quorums = majority(requireMembers(options.members, env.self.id))
    requireMaxFaulty('threshold', options, resilience)
    this.#attemptMs = attemptMs(options)
    this.#ledger = new Ledger(env.store)
  }

  get decision(): number | undefined {
    return this.#ledger.decision
  }

  /** A node that recovers its decision says so again. */
  start(): void {
    if (this.decision === undefined) this.#awaitTurn()
    else this.#env.indicate({ type: 'decide', value: this.decision })
  }

  propose(value: number): void {
    requireValue(value)
    if (this.#ledger.value !== undefined) return
    this.#ledger.keep(value)
    if (this.decision === undefined && this.#attempt?.value === undefined) this.#awaitTurn()
  }

  receive(from: Incarnation, message: Message): void {
    if (this.decision !== undefined) {
      const asks = message.type === 'prepare' || message.type === 'accept'
      // The decision is on a majority's disks: that it may not be on this node's makes it no less true.
      if (asks && from.id !== this.#env.self.id)
        this.#env.send(from.id, { type: 'decided', value: this.decision }, AT_ONCE)
      return
    }
    switch (message.type) {
      case 'prepare':
        return this.#prepared(from.id, message.ballot)
      case 'promise':
        return this.#promised(from.id, message)
      case 'accept':
        return this.#accept(from.id, message.acceptance)
      case 'accepted':
        return this.#accepted(from.id, message.ballot)
      case 'refuse':
        this.#refusedBy = Math.max(this.#refusedBy, message.promised.number)
        return
      case 'decided':
        this.#decide(message.value)
    }
  }

  timeout(): void {
    this.#stand()
  }

  inspect(): Inspection {
    const attempt = this.#attempt && {
      ballot: { ...this.#attempt.ballot },
      promises: [...this.#attempt.promises.keys()],
      reported: Object.fromEntries([...this.#attempt.promises].map(([id, reported]) => [id, JSON.stringify(reported)])),
      value: this.#attempt.value ?? null,
      acknowledged: [...this.#attempt.acknowledged],
    }
    return { ...this.#ledger.inspect(), attempt: attempt ?? null, refusedBy: this.#refusedBy, spread: this.#spread }
  }

  /** Begins an attempt of its own, in a ballot greater than any it knows. */
  #stand(): void {
    const number = Math.max(this.#ledger.promised.number, this.#refusedBy) + 1
    const own = { number, id: this.#env.self.id }
    this.#attempt = { ballot: own, promises: new Map(), value: undefined, acknowledged: new Set() }
    // Its own promise is durable before anybody hears of the ballot: a later life cannot use the same one for another value.
    this.#ledger.promise(own)
    this.#env.send(this.#quorums.members, { type: 'prepare', ballot: own })
    this.#pause()
    this.#spread = Math.min(2 * this.#spread, longestPause)
  }

  #prepared(from: NodeId, ballot: Ballot): void {
    if (from !== this.#env.self.id) this.#pause()
    const { promised, accepted, value } = this.#ledger
    if (compareTerms(ballot, promised) < 0) {
      this.#env.send(from, { type: 'refuse', ballot, promised })
      return
    }
    if (compareTerms(ballot, promised) > 0) this.#ledger.promise(ballot)
    this.#env.send(from, { type: 'promise', ballot, accepted, proposed: value })
  }

  #promised(from: NodeId, message: Reported): void {
    const attempt = this.#attempt
    if (attempt === undefined || attempt.value !== undefined || compareTerms(message.ballot, attempt.ballot) !== 0)
      return
    attempt.promises.set(from, message)
    if (!this.#quorums.isQuorum(attempt.promises)) return
    // A majority to which nothing was proposed leaves nothing to choose: another promise may bring a value.
    attempt.value = choose([...attempt.promises.values()])
    if (attempt.value === undefined) return
    const acceptance = { ballot: attempt.ballot, value: attempt.value }
    this.#env.send(this.#quorums.members, { type: 'accept', acceptance })
  }

  #accept(from: NodeId, acceptance: Acceptance): void {
    if (from !== this.#env.self.id) this.#pause()
    const { ballot } = acceptance
    const { promised, accepted } = this.#ledger
    if (compareTerms(ballot, promised) < 0) {
      this.#env.send(from, { type: 'refuse', ballot, promised })
      return
    }
    if (accepted === undefined || compareTerms(ballot, accepted.ballot) > 0) this.#ledger.accept(acceptance)
    this.#env.send(from, { type: 'accepted', ballot })
  }

  #accepted(from: NodeId, ballot: Ballot): void {
    const attempt = this.#attempt
    if (attempt?.value === undefined || compareTerms(ballot, attempt.ballot) !== 0) return
    attempt.acknowledged.add(from)
    if (!this.#quorums.isQuorum(attempt.acknowledged)) return
    const { value } = attempt
    this.#decide(value)
    const others = this.#quorums.members.filter((id) => id !== this.#env.self.id)
    // As every decision: a majority has it on disk.
    this.#env.send(others, { type: 'decided', value }, AT_ONCE)
  }

  #decide(value: number): void {
    this.#ledger.decide(value)
    this.#env.cancel('stand')
    // Safe before its own disk knows: forgetting the decision, it would be told the same again.
    this.#env.indicate({ type: 'decide', value }, AT_ONCE)
  }

  /** Sets the time of the first attempt: the node of rank 0 stands now, each other gives those before it time to succeed. */
  #awaitTurn(): void {
    const rank = this.#quorums.members.indexOf(this.#env.self.id)
    this.#env.timer('stand', rank === 0 ? 0 : this.#attemptMs * (rank + this.#env.random.fraction() / 2))
  }

  /** Leaves whoever tries at present, itself perhaps, the time of an attempt and a random while, the longer the more it failed. */
  #pause(): void {
    this.#env.timer('stand', this.#attemptMs * (1 + this.#env.random.fraction() * this.#spread))
  }
}

/** The value accepted in the highest ballot, or else the smallest proposed; `undefined` when there is neither. */
function choose(promises: readonly Reported[]): number | undefined {
  let highest: Acceptance | undefined
  let smallest: number | undefined
  for (const { accepted, proposed } of promises) {
    if (accepted !== undefined && (highest === undefined || compareTerms(accepted.ballot, highest.ballot) > 0)) {
      highest = accepted
    }
    if (proposed !== undefined) smallest = Math.min(proposed, smallest ?? proposed)
  }
  return highest === undefined ? smallest : highest.value
}

function attemptMs({ maxDelayMs }: AgreementOptions): number {
  return delaysPerAttempt * requireNumber('maxDelayMs', maxDelayMs, { min: 0.001, max: 3_600_000 })
}

const resilience = (n: number): number => Math.floor((n - 1) / 2)

export const threshold = defineAgreement<Message>({
  name: 'threshold',
  family: 'rounds',
  synchrony: 'partially-synchronous',
  tolerates: [
    'crash-stop',
    'crash-recovery',
    'send-omission',
    'receive-omission',
    'loss',
    'duplication',
    'reordering',
    'delay',
    'partition',
    'one-way-partition',
    'pause',
    'slow-process',
    'clock-skew',
    'clock-drift',
    'clock-jump',
    'failed-sync',
    'slow-disk',
  ],
  resilience,
  guarantees: ['validity', 'integrity', 'agreement', 'uniform-agreement', 'termination'],
  counterexamples: [
    { fault: 'excess-faults', breaks: 'termination' },
    { fault: 'corruption', breaks: 'validity' },
    { fault: 'byzantine', breaks: 'uniform-agreement' },
  ],
  worstCaseMessages: (n) => 5 * (n - 1),
  codec,
  forge,
  invariants: thresholdInvariants,
  /*
   * Some live node stands within the longest pause, or its first turn, after anybody was last heard. Those that stand before they
   * hear of each other end that attempt's time with the highest of their ballots having won, unless a node that did not stand has
   * promised a higher one; then one more proposer knows that ballot's number, so that this happens at most n times.
   */
  decidesWithinMs: (options) => {
    const n = options.members.length
    return (n + 1) * (Math.max(longestPause, n) + 2) * attemptMs(options)
  },
  create: (env, options) => new Threshold(env, options),
})
