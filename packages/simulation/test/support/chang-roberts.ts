/**
 * Ring election by extrema finding.
 *
 * A candidate sends its id around a one-way ring. A node passes on ids greater than its own, swallows smaller ones, and
 * stands itself when it is woken by one. The id that comes home has beaten all others; its owner announces itself.
 *
 * Assumes     a one-way ring that stays whole, reliable links, unique ordered ids, no crashes; no bound on delays.
 * Guarantees  one leader, the node with the greatest id, named by all.
 * Costs       n(n + 1)/2 + n messages at worst, n H(n) + n on average (H: harmonic number).
 * Breaks      when the ring does: the id never comes home, and no node is ever named.
 *
 * E. Chang and R. Roberts, "An improved algorithm for decentralized extrema-finding in circular configurations of
 * processes", Communications of the ACM 22(5), 1979.
 */
import {
  defineElection,
  messageCodec,
  noTerm,
  requireMembers,
  type Election,
  type ElectionIndication,
  type Environment,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type NodeId,
  type Term,
} from '@quorate/core'

const codec = messageCodec({ candidate: { id: 'string' }, leader: { id: 'string' } })
type Message = MessageOf<typeof codec>

class ChangRoberts implements Election<Message> {
  leader: NodeId | undefined
  readonly #env: Environment<Message, ElectionIndication>
  readonly #successor: NodeId
  readonly #patienceMs: number
  #standing = false

  constructor(env: Environment<Message, ElectionIndication>, successor: NodeId, patienceMs: number) {
    this.#env = env
    this.#successor = successor
    this.#patienceMs = patienceMs
  }

  /** There is one election, and one leader for good. */
  get term(): Term {
    return this.leader === undefined ? noTerm : { number: 1, id: '' }
  }

  start(): void {
    this.#env.timer('stand', this.#env.random.fraction() * this.#patienceMs)
  }

  timeout(): void {
    if (this.leader === undefined) this.stand()
  }

  stand(): void {
    if (this.#standing) return
    this.#standing = true
    this.#pass({ type: 'candidate', id: this.#env.self.id })
  }

  // Whom the ids choose leads: nobody can resign, and nobody is suspected where nobody crashes.
  resign(): void {}
  suspect(): void {}
  restore(): void {}

  receive(_from: Incarnation, message: Message): void {
    if (message.type === 'candidate') this.#weigh(message.id)
    else if (message.id !== this.#env.self.id) this.#follow(message.id) // its own announcement has gone round
  }

  inspect(): Inspection {
    return { standing: this.#standing, leader: this.leader ?? null }
  }

  #weigh(id: NodeId): void {
    const self = this.#env.self.id
    if (id > self) {
      this.#standing = true // its own id could only be swallowed further on
      this.#pass({ type: 'candidate', id })
    } else if (id < self) {
      this.stand()
    } else if (this.leader === undefined) {
      this.#follow(self)
    }
  }

  #follow(leader: NodeId): void {
    if (this.leader === leader) return // a doubled announcement
    this.leader = leader
    this.#env.indicate({ type: 'leader-changed', leader, term: this.term })
    this.#pass({ type: 'leader', id: leader })
  }

  #pass(message: Message): void {
    this.#env.send(this.#successor, message)
  }
}

/** The ring goes from each id to the next smaller one, which is the worst that candidates can meet. */
function successorOf(id: NodeId, members: readonly NodeId[]): NodeId {
  return members[(members.indexOf(id) + members.length - 1) % members.length] as NodeId
}

export const changRoberts = defineElection<Message>({
  name: 'chang-roberts',
  family: 'rounds',
  synchrony: 'asynchronous',
  tolerates: ['duplication', 'reordering'],
  resilience: () => 0,
  guarantees: ['one-leader-per-term', 'one-leader-at-a-time', 'eventual-agreement', 'eventual-accuracy'],
  counterexamples: [
    { fault: 'loss', breaks: 'eventual-agreement' },
    { fault: 'excess-faults', breaks: 'eventual-agreement' },
  ],
  worstCaseMessages: (n) => (n * (n + 1)) / 2 + n,
  carriesLog: false,
  // Somebody stands within one delay; the greatest id then goes round, standing itself at the latest when it is reached.
  agreesWithinMs: ({ members, maxDelayMs }) => (3 * members.length + 1) * maxDelayMs,
  codec,
  create: (env, options) => {
    const members = requireMembers(options.members, env.self.id)
    return new ChangRoberts(env, successorOf(env.self.id, members), options.maxDelayMs)
  },
})
