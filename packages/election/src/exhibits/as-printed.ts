/**
 * The election by timestamp as it was first told: an exhibit of what `timestamp` mends, and no election to use.
 *
 * Every node has an id and a random timestamp and sends both to all. Who receives them adopts the greater of the two nodes and its
 * timestamp, names it, and replies with the timestamp that it then holds; a reply brings the receiver's timestamp up to its own. A node
 * whose timestamp reaches a given value leads.
 *
 * Assumes     nothing fails.
 * Guarantees  nothing.
 * Breaks      always. What is compared are the ids alone, so the timestamps decide nothing. All replies to the greatest id
 *             carry back its own timestamp, which no reply brings up, so it never reaches the value and never learns that the others name it.
 */
import {
  defineElection,
  messageCodec,
  noTerm,
  requireMembers,
  type Election,
  type ElectionIndication,
  type ElectionOptions,
  type Environment,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type NodeId,
  type Term,
} from '@quorate/core'

const codec = messageCodec({ request: { timestamp: 'uint' }, reply: { timestamp: 'uint' } })
type Message = MessageOf<typeof codec>

/** Timestamps are drawn from 1 to this. */
const greatestDrawn = 100
/** The timestamp that makes a leader. */
const valueToReach = 1000

class AsPrinted implements Election<Message> {
  readonly #env: Environment<Message, ElectionIndication>
  readonly #others: readonly NodeId[]
  /** Whose timestamp it holds. */
  #adopted: NodeId
  #timestamp = 0
  #leader: NodeId | undefined

  constructor(env: Environment<Message, ElectionIndication>, options: ElectionOptions) {
    this.#env = env
    this.#others = requireMembers(options.members, env.self.id).filter((id) => id !== env.self.id)
    this.#adopted = env.self.id
  }

  get leader(): NodeId | undefined {
    return this.#leader
  }

  /** Leaderships are not ordered: there are no terms. */
  get term(): Term {
    return noTerm
  }

  start(): void {
    this.#timestamp = this.#env.random.integer(1, greatestDrawn)
    this.stand()
  }

  stand(): void {
    this.#env.send(this.#others, { type: 'request', timestamp: this.#timestamp })
  }

  receive(from: Incarnation, message: Message): void {
    if (message.type === 'request') {
      if (from.id > this.#adopted) this.#adopt(from.id, message.timestamp)
      this.#env.send(from.id, { type: 'reply', timestamp: this.#timestamp })
    } else {
      this.#timestamp = Math.max(this.#timestamp, message.timestamp)
      if (this.#timestamp >= valueToReach) this.#name(this.#env.self.id)
    }
  }

  /** Of resigning, and of leaders that fail, nothing was said. */
  resign(): void {}
  suspect(): void {}
  restore(): void {}
  timeout(): void {}

  inspect(): Inspection {
    return { leader: this.#leader ?? null, adopted: this.#adopted, timestamp: this.#timestamp }
  }

  #adopt(id: NodeId, timestamp: number): void {
    this.#adopted = id
    this.#timestamp = timestamp
    this.#name(id)
  }

  #name(leader: NodeId): void {
    if (leader === this.#leader) return
    this.#leader = leader
    this.#env.indicate({ type: 'leader-changed', leader, term: noTerm })
  }
}

export const asPrinted = defineElection<Message>({
  name: 'timestamp-as-printed',
  family: 'rounds',
  synchrony: 'asynchronous',
  tolerates: [],
  resilience: () => 0,
  // Not even without faults does it do what an election is for, so there is nothing that a fault could break.
  guarantees: [],
  counterexamples: [],
  worstCaseMessages: (n) => 2 * n * (n - 1),
  carriesLog: false,
  codec,
  // It never agrees. Its last reply has come by then.
  agreesWithinMs: ({ maxDelayMs }) => 2 * maxDelayMs,
  create: (env, options) => new AsPrinted(env, options),
})
