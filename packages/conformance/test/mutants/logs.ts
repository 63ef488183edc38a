import {
  defineReplicatedLog,
  messageCodec,
  QuorateError,
  type Environment,
  type Incarnation,
  type Inspection,
  type LogEntry,
  type LogPosition,
  type MessageOf,
  type NodeId,
  type ReplicatedLog,
  type ReplicatedLogDefinition,
  type ReplicatedLogIndication,
  type ReplicatedLogOptions,
  type Term,
} from '@quorate/core'

const codec = messageCodec({
  append: { index: 'uint', command: 'bytes' },
  appended: { index: 'uint' },
  commit: { index: 'uint' },
  forward: { proposal: 'uint', command: 'bytes' },
  ended: { proposal: 'uint', index: 'uint' },
  read: { barrier: 'uint' },
  readable: { barrier: 'uint', index: 'uint' },
})
type Message = MessageOf<typeof codec>
type Env = Environment<Message, ReplicatedLogIndication>

const firstTerm: Term = { number: 1, id: '' }

interface Slot {
  readonly entry: LogEntry
  readonly from: NodeId
  readonly proposal: number
  readonly acknowledgedBy: Set<NodeId>
}

/** The first node leads for ever. On links that lose nothing and keep their order, among nodes that do not fail, that is enough. */
class FirstLeads implements ReplicatedLog<Message> {
  readonly term = firstTerm
  commitIndex = 0
  protected readonly env: Env
  protected readonly options: ReplicatedLogOptions
  protected readonly entries: LogEntry[] = []
  readonly #slots = new Map<number, Slot>()
  #requests = 0

  constructor(env: Env, options: ReplicatedLogOptions) {
    this.env = env
    this.options = options
    this.requireCarrying()
  }

  get leader(): NodeId {
    return this.options.members[0] as NodeId
  }

  get position(): LogPosition {
    const last = this.entries.at(-1)
    return { term: last?.term ?? { number: 0, id: '' }, index: this.entries.length }
  }

  protected get self(): NodeId {
    return this.env.self.id
  }

  protected get leads(): boolean {
    return this.self === this.leader
  }

  protected is(place: number): boolean {
    return this.self === this.options.members[place]
  }

  protected requireCarrying(): void {
    const { carriesLog, name } = this.options.election
    if (!carriesLog) throw new QuorateError('QUORATE_ELECTION_CARRIES_NO_LOG', `${name} carries no log`)
  }

  start(): void {
    this.env.indicate({ type: 'leader-changed', leader: this.leader, term: firstTerm })
  }

  propose(commands: readonly Uint8Array[]): number {
    const first = this.#requests + 1
    for (const command of commands) {
      const proposal = ++this.#requests
      if (this.leads) this.lead(this.self, proposal, command)
      else this.env.send(this.leader, { type: 'forward', proposal, command })
    }
    return first
  }

  readBarrier(): number {
    const barrier = ++this.#requests
    if (this.leads) this.env.indicate({ type: 'barrier-ended', barrier, index: this.commitIndex })
    else this.env.send(this.leader, { type: 'read', barrier })
    return barrier
  }

  entry(index: number): LogEntry | undefined {
    return this.entries[index - 1]
  }

  receive({ id }: Incarnation, message: Message): void {
    switch (message.type) {
      case 'forward':
        return this.lead(id, message.proposal, message.command)
      case 'append':
        return this.append(message.index, message.command)
      case 'appended':
        return this.acknowledged(id, message.index)
      case 'commit':
        return this.commit(message.index)
      case 'ended':
        return this.end(message.proposal, message.index)
      case 'read':
        return this.env.send(id, { type: 'readable', barrier: message.barrier, index: this.commitIndex })
      case 'readable':
        this.env.indicate({ type: 'barrier-ended', barrier: message.barrier, index: message.index })
    }
  }

  protected lead(from: NodeId, proposal: number, command: Uint8Array): void {
    const entry = this.keep(command)
    this.#slots.set(entry.index, { entry, from, proposal, acknowledgedBy: new Set() })
    for (const id of this.options.members) {
      const { index } = entry
      this.env.send(id, id === this.self ? { type: 'appended', index } : { type: 'append', index, command })
    }
  }

  protected append(index: number, command: Uint8Array): void {
    this.keep(command)
    this.env.send(this.leader, { type: 'appended', index })
  }

  protected keep(command: Uint8Array): LogEntry {
    const entry = { index: this.entries.length + 1, term: firstTerm, command }
    this.entries.push(entry)
    this.env.store.append([command])
    return entry
  }

  protected acknowledged(from: NodeId, index: number): void {
    this.#slots.get(index)?.acknowledgedBy.add(from)
    const before = this.commitIndex
    for (;;) {
      const slot = this.#slots.get(this.commitIndex + 1)
      if (slot === undefined || slot.acknowledgedBy.size <= this.options.members.length / 2) break
      this.commit(slot.entry.index)
      if (slot.from === this.self) this.end(slot.proposal, slot.entry.index)
      else this.env.send(slot.from, { type: 'ended', proposal: slot.proposal, index: slot.entry.index })
    }
    if (this.commitIndex === before) return
    const others = this.options.members.filter((id) => id !== this.self)
    this.env.send(others, { type: 'commit', index: this.commitIndex })
  }

  protected commit(index: number): void {
    const entries = this.entries.slice(this.commitIndex, index)
    this.commitIndex = index
    this.apply(entries)
  }

  protected apply(entries: readonly LogEntry[]): void {
    this.env.indicate({ type: 'committed', entries })
  }

  protected end(proposal: number, index: number): void {
    const outcome = { outcome: 'committed', index, term: firstTerm } as const
    this.env.indicate({ type: 'proposal-ended', proposal, outcome })
  }

  timeout(_name: string): void {}
  stand(): void {}
  resign(): void {}
  transfer(): void {}
  suspect(): void {}
  restore(): void {}

  inspect(): Inspection {
    return { length: this.entries.length, commitIndex: this.commitIndex }
  }
}

/** The second says that it leads in the same term, for a moment. */
class Pretender extends FirstLeads {
  override start(): void {
    if (this.is(1)) this.env.indicate({ type: 'leader-changed', leader: this.self, term: firstTerm })
    super.start()
  }
}

/** The leader writes an entry when it is asked to resign, and takes it back. */
class Erasing extends FirstLeads {
  override resign(): void {
    if (!this.leads || this.entries.at(-1)?.term.id === 'draft') return
    const command = Uint8Array.of(1)
    this.entries.push({ index: this.entries.length + 1, term: { number: 1, id: 'draft' }, command })
    this.env.timer('erase', 0)
  }

  protected override lead(from: NodeId, proposal: number, command: Uint8Array): void {
    this.#erase()
    super.lead(from, proposal, command)
  }

  override timeout(): void {
    this.#erase()
  }

  #erase(): void {
    if (this.entries.at(-1)?.term.id === 'draft') this.entries.pop()
  }
}

/** The third now and then holds another command for a moment, before it takes it back and acknowledges the right one. */
class Misheard extends FirstLeads {
  readonly #waiting: Uint8Array[] = []
  #committed = 0

  /** What is committed may arrive in the same instant. */
  protected override commit(index: number): void {
    if (this.#waiting.length > 0) this.#committed = index
    else super.commit(index)
  }

  protected override append(index: number, command: Uint8Array): void {
    if (this.#waiting.length > 0) this.#waiting.push(command)
    else if (!this.is(2) || index % 5 > 0) super.append(index, command)
    else {
      this.#waiting.push(command)
      this.entries.push({ index, term: firstTerm, command: Uint8Array.of(...command, 0) })
      this.env.timer('take back', 0)
    }
  }

  override timeout(name: string): void {
    if (name === 'take back') {
      this.entries.pop()
      this.env.timer('mend', 0)
      return
    }
    for (const command of this.#waiting.splice(0)) super.append(this.entries.length + 1, command)
    if (this.#committed > this.commitIndex) super.commit(this.#committed)
  }
}

/** The second says that it leads a term of its own now and then, whatever its log holds. */
class Usurper extends FirstLeads {
  #number = 1

  override start(): void {
    super.start()
    if (this.is(1)) this.env.timer('usurp', 1)
  }

  override timeout(): void {
    this.env.indicate({ type: 'leader-changed', leader: this.self, term: { number: ++this.#number, id: '' } })
    this.env.indicate({ type: 'leader-changed', leader: this.leader, term: firstTerm })
    this.env.timer('usurp', 1)
  }
}

/** Says that a proposal is at another index than it is. */
class Mistaken extends FirstLeads {
  protected override end(proposal: number, index: number): void {
    super.end(proposal, index + 1)
  }
}

/** The third says of what it applies that it is of another term. */
class Misdating extends FirstLeads {
  protected override apply(entries: readonly LogEntry[]): void {
    super.apply(this.is(2) ? entries.map((entry) => ({ ...entry, term: { number: 7, id: '' } })) : entries)
  }
}

/** The second answers reads by itself. */
class Stale extends FirstLeads {
  override readBarrier(): number {
    const barrier = super.readBarrier()
    if (this.is(1)) this.env.indicate({ type: 'barrier-ended', barrier, index: this.commitIndex })
    return barrier
  }
}

/** The leader ignores what the third proposes. */
class Unfair extends FirstLeads {
  protected override lead(from: NodeId, proposal: number, command: Uint8Array): void {
    if (from !== this.options.members[2]) super.lead(from, proposal, command)
  }
}

/** The third applies nothing before the next comes. */
class Lagging extends FirstLeads {
  #held: readonly LogEntry[] = []

  protected override apply(entries: readonly LogEntry[]): void {
    if (!this.is(2)) super.apply(entries)
    else {
      if (this.#held.length > 0) super.apply(this.#held)
      this.#held = entries
    }
  }
}

/** Refuses every proposal. */
class Refusing extends FirstLeads {
  protected override lead(_from: NodeId, proposal: number): void {
    this.env.indicate({ type: 'proposal-ended', proposal, outcome: { outcome: 'rejected', reason: 'no-leader' } })
  }
}

/** Takes any election. */
class Careless extends FirstLeads {
  protected override requireCarrying(): void {}
}

function log(Class: typeof FirstLeads): ReplicatedLogDefinition<Message> {
  return defineReplicatedLog<Message>({
    name: 'first-leads',
    family: 'rounds',
    synchrony: 'asynchronous',
    tolerates: [],
    resilience: () => 0,
    guarantees: [
      'election-safety',
      'leader-append-only',
      'log-matching',
      'leader-completeness',
      'state-machine-safety',
      'linearizable-reads',
      'progress',
    ],
    counterexamples: [],
    codec,
    commitsWithinMs: ({ maxDelayMs }) => 20 * maxDelayMs,
    create: (env, options) => new Class(env, options),
  })
}

export const firstLeads = log(FirstLeads)

const prefixes = 'consistency over applied prefixes: no two nodes apply different entries at one position'
const consensus = 'consensus: there are t and i such that for all j, v_i(t) = v_j(t), of a state that has applied all'
const strict =
  'consistency, strict: v_i(t) = v_j(t) for all t from some time on, when the last has applied what came last'

/** Each wrong in one way, with the tests that must fail over it: that of the property, and those of what it implies. */
export const wrongLogs: readonly (readonly [
  what: string,
  ReplicatedLogDefinition<Message>,
  fails: readonly string[],
])[] = [
  ['has two leaders in a term', log(Pretender), ['election safety']],
  ['has a leader that takes entries back', log(Erasing), ['leader append only']],
  ['holds two entries of one index and term', log(Misheard), ['log matching']],
  ['has a leader without what was committed', log(Usurper), ['leader completeness']],
  ['says a proposal is where it is not', log(Mistaken), ['state machine safety']],
  ['applies one entry as if it were another', log(Misdating), [prefixes]],
  ['answers reads without asking', log(Stale), ['linearizable reads']],
  ['commits nothing of one node', log(Unfair), ['progress', consensus]],
  ['applies late on one node', log(Lagging), ['progress', consensus, strict]],
  [
    'refuses everything',
    log(Refusing),
    ['progress', 'commits what is proposed and answers reads in these runs, so that they show something', consensus],
  ],
  ['takes any election', log(Careless), ['refuses, by its name, an election that carries no log']],
]
