/**
 * Raft's election, without the log.
 *
 * A follower that hears of no leader for a randomised while becomes a candidate in the next term and asks for votes. A node votes
 * once in a term, and whoever has the votes of a majority leads that term until it hears of a later one.
 *
 * Assumes     crash-recovery with a disk that keeps what it reported durable, fair-lossy links; bounded delays from some time on.
 * Guarantees  at most one leader in a term, always; one leader named by all once delays are bounded and a majority is up.
 * Costs       n - 1 requests and as many votes for a term, then n - 1 heartbeats in each interval.
 * Breaks      without a majority nobody is elected; a node that forgets its vote may elect two leaders in one term.
 *
 * D. Ongaro and J. Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC 2014, section 5.2.
 */
import {
  defineElection,
  isMalformed,
  messageCodec,
  requireMembers,
  type Election,
  type ElectionIndication,
  type ElectionOptions,
  type Environment,
  type Incarnation,
  type Inspection,
  type Invariant,
  type MessageOf,
  type NodeId,
  type Term,
} from '@quorate/core'

const codec = messageCodec({
  'request-vote': { term: 'uint' },
  vote: { term: 'uint', granted: 'boolean' },
  heartbeat: { term: 'uint' },
})
type Message = MessageOf<typeof codec>

/** What must survive a crash. */
const memory = messageCodec({ ballot: { term: 'uint', votedFor: { optional: 'string' } } })

class RaftElection implements Election<Message> {
  leader: NodeId | undefined
  readonly #env: Environment<Message, ElectionIndication>
  readonly #members: readonly NodeId[]
  readonly #maxDelayMs: number
  #term = 0
  #votedFor: NodeId | undefined
  #role: 'follower' | 'candidate' | 'leader' = 'follower'
  readonly #votes = new Set<NodeId>()

  constructor(env: Environment<Message, ElectionIndication>, { members, maxDelayMs }: ElectionOptions) {
    this.#env = env
    this.#members = requireMembers(members, env.self.id)
    this.#maxDelayMs = maxDelayMs
    const stored = env.store.get('ballot')
    const ballot = stored && memory.decode(stored)
    if (ballot === undefined || isMalformed(ballot)) return
    this.#term = ballot.term
    this.#votedFor = ballot.votedFor
  }

  get term(): Term {
    return { number: this.#term, id: '' }
  }

  start(): void {
    this.#waitForLeader()
  }

  stand(): void {
    if (this.#role === 'leader') return
    this.#role = 'candidate'
    this.#votes.clear()
    this.#enter(this.#term + 1, this.#env.self.id)
    // To itself as well: its own vote, too, counts only once it is durable.
    this.#env.send(this.#members, { type: 'request-vote', term: this.#term })
    this.#waitForLeader()
  }

  resign(): void {
    if (this.#role !== 'leader') return
    this.#follow(undefined)
    this.#waitForLeader()
  }

  suspect(peer: NodeId): void {
    if (peer === this.leader) this.#env.timer('election', this.#env.random.fraction() * 4 * this.#maxDelayMs)
  }

  restore(peer: NodeId): void {
    if (peer === this.leader) this.#waitForLeader()
  }

  receive(from: Incarnation, message: Message): void {
    if (message.term > this.#term) {
      if (this.#role === 'leader') this.#waitForLeader()
      this.#follow(undefined)
      this.#enter(message.term, undefined)
    }
    const current = message.term === this.#term
    switch (message.type) {
      case 'request-vote': {
        const granted = current && (this.#votedFor ?? from.id) === from.id
        if (granted && this.#votedFor === undefined) this.#enter(this.#term, from.id)
        if (granted) this.#waitForLeader()
        this.#env.send(from.id, { type: 'vote', term: this.#term, granted })
        return
      }
      case 'vote':
        if (!current || !message.granted || this.#role !== 'candidate') return
        this.#votes.add(from.id)
        if (this.#votes.size > this.#members.length / 2) this.#lead()
        return
      case 'heartbeat':
        if (!current || from.id === this.#env.self.id) return
        if (this.leader !== from.id) this.#follow(from.id)
        this.#waitForLeader()
    }
  }

  timeout(name: string): void {
    if (name === 'election') this.stand()
    else if (this.#role === 'leader') this.#sendHeartbeat()
  }

  inspect(): Inspection {
    const votes = [...this.#votes].sort()
    return { role: this.#role, term: this.#term, votedFor: this.#votedFor ?? null, leader: this.leader ?? null, votes }
  }

  #lead(): void {
    this.#env.cancel('election')
    this.#follow(this.#env.self.id)
    this.#role = 'leader'
    this.#sendHeartbeat()
  }

  #sendHeartbeat(): void {
    this.#env.send(this.#members, { type: 'heartbeat', term: this.#term })
    this.#env.timer('heartbeat', 2 * this.#maxDelayMs)
  }

  /** Takes `leader` for the leader of the present term, or nobody. */
  #follow(leader: NodeId | undefined): void {
    this.#role = 'follower'
    if (this.leader === leader) return
    this.leader = leader
    this.#env.indicate({ type: 'leader-changed', leader, term: this.term })
  }

  #enter(term: number, votedFor: NodeId | undefined): void {
    this.#term = term
    this.#votedFor = votedFor
    this.#env.store.put('ballot', memory.encode({ type: 'ballot', term, votedFor }))
  }

  /** Different whiles for different nodes: otherwise all would stand at once, again and again, and split the votes. */
  #waitForLeader(): void {
    this.#env.timer('election', this.#maxDelayMs * (8 + 8 * this.#env.random.fraction()))
  }
}

/** Whoever leads a term stands on a majority that has entered it, and no crash makes them forget that they did. */
const quorumSupport: Invariant = {
  name: 'quorum-support',
  check: (nodes) => {
    const states = [...nodes.values()] as { readonly role: string; readonly term: number }[]
    const unsupported = states.find(
      ({ role, term }) => role === 'leader' && states.filter((state) => state.term >= term).length <= states.length / 2,
    )
    return unsupported && `the leader of term ${unsupported.term} stands on a minority`
  },
}

export const raftElection = defineElection<Message>({
  name: 'raft-election',
  family: 'rounds',
  synchrony: 'partially-synchronous',
  tolerates: [
    'crash-stop',
    'crash-recovery',
    'loss',
    'duplication',
    'reordering',
    'partition',
    'one-way-partition',
    'delay',
    'pause',
    'clock-skew',
    'clock-drift',
    'clock-jump',
  ],
  resilience: (n) => Math.ceil(n / 2) - 1,
  guarantees: ['one-leader-per-term', 'quorum-support', 'eventual-agreement', 'eventual-accuracy'],
  counterexamples: [{ fault: 'excess-faults', breaks: 'eventual-agreement' }],
  carriesLog: false,
  // Votes may split any number of times: a hundred tries that all fail are out of this world.
  agreesWithinMs: ({ maxDelayMs }) => 100 * 16 * maxDelayMs,
  invariants: [quorumSupport],
  codec,
  create: (env, options) => new RaftElection(env, options),
})
