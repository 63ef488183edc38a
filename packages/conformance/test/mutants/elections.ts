import {
  compareTerms,
  defineElection,
  messageCodec,
  noTerm,
  type Codec,
  type ElectionDefinition,
  type ElectionIndication,
  type ElectionOptions,
  type Environment,
  type Incarnation,
  type Inspection,
  type LogElection,
  type MessageOf,
  type NodeId,
  type Term,
} from '@quorate/core'

const codec = messageCodec({
  claim: { number: 'uint' },
  granted: { number: 'uint' },
  lead: { number: 'uint', note: 'string' },
})
type Message = MessageOf<typeof codec>
type Env = Environment<Message, ElectionIndication>

/**
 * The least living node leads, as long as detectors are right: once it suspects all lesser ones it claims the term that is its own,
 * and leads when a majority has granted it.
 */
export class LeastLeads implements LogElection<Message> {
  leader: NodeId | undefined
  term: Term = noTerm
  promised: Term
  protected readonly env: Env
  protected readonly members: readonly NodeId[]
  protected readonly suspected = new Set<NodeId>()
  readonly #grants = new Set<NodeId>()
  #claimed = false

  constructor(env: Env, { members }: ElectionOptions) {
    this.env = env
    this.members = members
    this.promised = termOf(env.store.get('promised')?.[0] ?? 0)
  }

  protected get self(): NodeId {
    return this.env.self.id
  }

  protected get others(): readonly NodeId[] {
    return this.members.filter((id) => id !== this.self)
  }

  protected get majority(): number {
    return Math.floor(this.members.length / 2) + 1
  }

  start(): void {
    this.claim()
  }

  suspect(peer: NodeId): void {
    this.suspected.add(peer)
    if (this.leader === peer) {
      this.leader = undefined
      this.tell()
    }
    this.claim()
  }

  receive(from: Incarnation, message: Message): void {
    const { number } = message
    if (message.type === 'claim') {
      if (number <= this.promised.number) return
      this.promised = termOf(number)
      this.env.store.put('promised', Uint8Array.of(number))
      this.env.send(from.id, { type: 'granted', number })
    } else if (message.type === 'granted') {
      this.#grants.add(from.id)
      if (this.#grants.size === this.majority) this.takeOffice(number)
    } else if (number >= this.term.number) this.name(from.id, termOf(number))
  }

  protected takeOffice(number: number): void {
    this.name(this.self, termOf(number))
    this.env.send(this.others, { type: 'lead', number, note: 'follow me' })
  }

  protected name(leader: NodeId, term: Term): void {
    this.leader = leader
    this.term = term
    this.tell()
  }

  protected tell(): void {
    this.env.indicate({ type: 'leader-changed', leader: this.leader, term: this.term })
  }

  protected claim(): void {
    const rank = this.members.indexOf(this.self)
    if (this.#claimed || !this.members.slice(0, rank).every((id) => this.suspected.has(id))) return
    this.#claimed = true
    this.env.send(this.members, { type: 'claim', number: rank + 1 })
  }

  follow(leader: NodeId, term: Term): boolean {
    if (compareTerms(term, this.promised) < 0) return false
    this.name(leader, term)
    return true
  }

  timeout(_name: string): void {}
  stand(): void {}
  resign(): void {}
  restore(): void {}
  transfer(): void {}

  inspect(): Inspection {
    return { leader: this.leader ?? null, promised: this.promised.number, suspected: [...this.suspected] }
  }
}

const termOf = (number: number): Term => ({ number, id: '' })

type Changes = Partial<ElectionDefinition<Message>> & { readonly carriesLog?: true }

export function election(
  create: (env: Env, options: ElectionOptions) => LeastLeads,
  changes: Changes = {},
): ElectionDefinition<Message> {
  return defineElection<Message>({
    name: 'least-leads',
    family: 'rounds',
    synchrony: 'synchronous',
    tolerates: ['crash-stop'],
    resilience: (n: number) => Math.ceil(n / 2) - 1,
    guarantees: [
      'one-leader-per-term',
      'one-leader-at-a-time',
      'quorum-support',
      'eventual-agreement',
      'eventual-accuracy',
    ],
    counterexamples: [
      { fault: 'excess-faults', breaks: 'eventual-agreement' },
      { fault: 'loss', breaks: 'eventual-agreement' },
    ],
    worstCaseMessages: (n: number) => 3 * (n - 1),
    codec,
    agreesWithinMs: ({ maxDelayMs }: ElectionOptions) => 10 * maxDelayMs,
    carriesLog: true,
    create,
    ...changes,
  } as Parameters<typeof defineElection<Message>>[0])
}

export const leastLeads = election((env, options) => new LeastLeads(env, options))

/** All lead in the same term. */
class OneTerm extends LeastLeads {
  protected override name(leader: NodeId): void {
    super.name(leader, termOf(1))
  }
}

/** The second takes itself for the leader until it hears of one. */
class SecondIsVain extends LeastLeads {
  override start(): void {
    if (this.self === this.members[1]) this.leader = this.self
    super.start()
  }
}

/** One grant is enough, such as one's own. */
class Minority extends LeastLeads {
  protected override get majority(): number {
    return 1
  }
}

/** The last one does not listen. */
class Deaf extends LeastLeads {
  override receive(from: Incarnation, message: Message): void {
    if (message.type !== 'lead' || this.self !== this.members.at(-1)) super.receive(from, message)
  }
}

/** All name the first, dead or alive. */
class Loyal extends LeastLeads {
  override start(): void {
    this.name(this.members[0] as NodeId, termOf(1))
  }

  override suspect(): void {}
}

/** After a while all follow another, though nothing has happened. */
class Fickle extends LeastLeads {
  override start(): void {
    super.start()
    this.env.timer('boredom', 1500)
  }

  override timeout(): void {
    this.name(this.members[1] ?? this.self, termOf(9))
  }
}

/** The second keeps to itself whom it follows. */
class Secretive extends LeastLeads {
  protected override tell(): void {
    if (this.self !== this.members[1]) super.tell()
  }
}

/** The first keeps a diary. */
class Diarist extends LeastLeads {
  override start(): void {
    super.start()
    this.env.timer('diary', 50)
  }

  override timeout(): void {
    this.env.store.append([Uint8Array.of(1)])
    this.env.timer('diary', 50)
  }
}

/** Says everything twice. */
class Verbose extends LeastLeads {
  protected override takeOffice(number: number): void {
    super.takeOffice(number)
    super.takeOffice(number)
  }
}

/** Says how many leaders there have been in this process. */
let leadersEver = 0
class Remembering extends LeastLeads {
  protected override takeOffice(number: number): void {
    this.name(this.self, termOf(number))
    this.env.send(this.others, { type: 'lead', number, note: `number ${leadersEver++}` })
  }
}

/** Cannot bear that of two certain nodes one suspects the other. */
class Nervous extends LeastLeads {
  override suspect(peer: NodeId): void {
    if (this.self === this.members[3] && peer === this.members[2]) throw new Error('this cannot be')
    super.suspect(peer)
  }
}

/** Shows its own set instead of what is in it. */
class Exposed extends LeastLeads {
  override inspect(): Inspection {
    return { suspected: this.suspected as never }
  }
}

const forgetsNotes: Codec<Message> = {
  encode: (message) => codec.encode(message.type === 'lead' ? { ...message, note: '' } : message),
  decode: (bytes) => codec.decode(bytes),
}

const throwsUp: Codec<Message> = {
  encode: (message) => codec.encode(message),
  decode: (bytes) => {
    const decoded = codec.decode(bytes)
    if ('reason' in decoded) throw new Error(decoded.reason)
    return decoded
  },
}

const exact = (Class: typeof LeastLeads, changes: Changes = {}) => {
  return election((env, options) => new Class(env, options), changes)
}

/** Each wrong in one way, with the tests that must fail over it. */
export const wrongElections: readonly (readonly [
  what: string,
  ElectionDefinition<Message>,
  fails: readonly string[],
])[] = [
  ['leads in a term that was led', exact(OneTerm), ['one leader per term']],
  ['takes itself for the leader before it is', exact(SecondIsVain), ['one leader at a time']],
  ['leads without a quorum', exact(Minority, { counterexamples: [] }), ['quorum support']],
  ['has a node that names nobody', exact(Deaf), ['eventual agreement']],
  [
    'names a dead leader',
    exact(Loyal, {
      guarantees: ['one-leader-per-term', 'one-leader-at-a-time', 'eventual-agreement', 'eventual-accuracy'],
      counterexamples: [],
    }),
    ['eventual accuracy'],
  ],
  ['changes its leader without a reason', exact(Fickle), ['stability: while nothing fails the leader stays']],
  ['does not say whom it follows', exact(Secretive), ['indicates every change of the leader']],
  ['stores without end', exact(Diarist), ['stores no more while nothing changes']],
  [
    'sends more than it declares',
    exact(Verbose),
    ['message complexity: a start of all nodes at once costs no more than the declared worst case'],
  ],
  ['remembers earlier runs', exact(Remembering), ['determinism: a seed is a run']],
  [
    'has a codec that loses a field',
    exact(LeastLeads, { codec: forgetsNotes }),
    ['decodes every message that it encodes to the same'],
  ],
  [
    'has a codec that throws',
    exact(LeastLeads, { codec: throwsUp }),
    ['refuses bytes that are no message, and never throws over them'],
  ],
  ['throws within a step', exact(Nervous), ['takes every step without throwing']],
  ['shows what is no data', exact(Exposed), ['shows its state as plain data']],
  [
    'violates an invariant of its own',
    exact(LeastLeads, {
      invariants: [{ name: 'nobody-promises', check: (nodes) => [...nodes.values()].find(promises) && 'one does' }],
    }),
    ['invariant nobody-promises'],
  ],
  [
    'declares to break where it does not',
    exact(LeastLeads, { counterexamples: [{ fault: 'duplication', breaks: 'one-leader-per-term' }] }),
    ['breaks one leader per term under duplication, as declared'],
  ],
  [
    'declares to survive no more than it does, and survives one more',
    exact(LeastLeads, {
      resilience: () => 0,
      counterexamples: [{ fault: 'excess-faults', breaks: 'eventual-agreement' }],
    }),
    ['breaks eventual agreement with one faulty node more than it tolerates, as declared'],
  ],
  [
    'declares to depend on clocks, and does not',
    exact(LeastLeads, { family: 'clocks', relies: 'rate', brokenClockBreaks: ['one-leader-per-term'] } as Changes),
    ['breaks one leader per term by clocks worse than they declare, as declared'],
  ],
]

function promises(state: Inspection): true | undefined {
  return Number(state['promised']) > 0 ? true : undefined
}
