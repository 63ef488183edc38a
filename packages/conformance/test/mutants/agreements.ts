import {
  defineAgreement,
  messageCodec,
  type Agreement,
  type AgreementDefinition,
  type AgreementIndication,
  type AgreementOptions,
  type Environment,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type NodeId,
} from '@quorate/core'

const codec = messageCodec({ value: { number: 'int' }, decided: { number: 'int' } })
type Message = MessageOf<typeof codec>

/** In so many longest delays every value that reaches anybody reaches everybody, though one of those who pass it on crashes. */
const floodDelays = 3

/** Everybody passes on the smallest value that it has heard of, and decides it when no smaller one can come any more. */
class Flood implements Agreement<Message> {
  decision: number | undefined
  protected readonly env: Environment<Message, AgreementIndication>
  protected readonly options: AgreementOptions
  protected readonly heard = new Map<NodeId, number>()
  protected smallest: number | undefined
  protected own: number | undefined

  constructor(env: Environment<Message, AgreementIndication>, options: AgreementOptions) {
    this.env = env
    this.options = options
  }

  protected get self(): NodeId {
    return this.env.self.id
  }

  protected get first(): NodeId {
    return this.options.members[0] as NodeId
  }

  start(): void {
    this.env.timer('decide', floodDelays * this.options.maxDelayMs)
  }

  propose(value: number): void {
    this.own = value
    this.adopt(value)
  }

  receive({ id }: Incarnation, { number }: Message): void {
    this.heard.set(id, number)
    this.adopt(number)
  }

  protected adopt(value: number): void {
    if (this.smallest !== undefined && this.smallest <= value) return
    this.smallest = value
    this.env.send(this.options.members, { type: 'value', number: value })
  }

  timeout(_name: string): void {
    if (this.smallest !== undefined) this.decide(this.smallest)
  }

  protected decide(value: number): void {
    this.decision = value
    this.env.indicate({ type: 'decide', value })
  }

  inspect(): Inspection {
    return { smallest: this.smallest ?? null, decision: this.decision ?? null }
  }
}

/** Decides what nobody proposed. */
class Inventive extends Flood {
  protected override decide(value: number): void {
    super.decide(value - 1000)
  }
}

/** Says its decision twice. */
class Twice extends Flood {
  protected override decide(value: number): void {
    super.decide(value)
    super.decide(value)
  }
}

/** The first decides its own value. */
class Stubborn extends Flood {
  protected override decide(value: number): void {
    super.decide(this.self === this.first ? (this.own ?? value) : value)
  }
}

/** The first decides first, and tells the others only a while later: if it is gone by then, they decide otherwise. */
class Hasty extends Flood {
  #told: number | undefined

  override timeout(name: string): void {
    if (name === 'tell') this.env.send(this.options.members, { type: 'decided', number: this.decision as number })
    else if (name === 'late') this.decide(this.#told ?? this.#smallestOfOthers())
    else if (this.self !== this.first) this.env.timer('late', 6 * this.options.maxDelayMs)
    else {
      this.decide(this.own as number)
      this.env.timer('tell', 2 * this.options.maxDelayMs)
    }
  }

  override receive(from: Incarnation, message: Message): void {
    if (message.type === 'value') super.receive(from, message)
    else if (this.#told === undefined) {
      this.#told = message.number
      this.env.send(this.options.members, message)
    }
  }

  #smallestOfOthers(): number {
    return Math.min(...[...this.heard].flatMap(([id, value]) => (id === this.first ? [] : [value])))
  }

  protected override adopt(value: number): void {
    if (value === this.own && !this.heard.has(this.self)) {
      this.env.send(this.options.members, { type: 'value', number: value })
    }
  }
}

/** The second keeps thinking. */
class Undecided extends Flood {
  protected override decide(value: number): void {
    if (this.self !== this.options.members[1]) super.decide(value)
  }
}

function agreement(
  Class: typeof Flood,
  changes: Partial<AgreementDefinition<Message>> = {},
): AgreementDefinition<Message> {
  return defineAgreement<Message>({
    name: 'flood',
    family: 'rounds',
    synchrony: 'synchronous',
    tolerates: ['crash-stop', 'reordering'],
    resilience: (n: number) => Math.min(1, n - 1),
    guarantees: ['validity', 'integrity', 'agreement', 'uniform-agreement', 'termination'],
    counterexamples: [{ fault: 'loss', breaks: 'agreement' }],
    codec,
    decidesWithinMs: ({ maxDelayMs }) => 20 * maxDelayMs,
    create: (env, options) => new Class(env, options),
    ...changes,
  } as Parameters<typeof defineAgreement<Message>>[0])
}

export const flood = agreement(Flood)

const consensus = 'consensus: there are t and i such that for all j, v_i(t) = v_j(t)'
const overDecided = 'consistency over what was decided: no two decisions differ'
const strict =
  'consistency, strict: v_i(t) = v_j(t) for all t from some time on, when the last has learned the decision'

/** Each wrong in one way, with the tests that must fail over it: that of the property, and those of what it implies. */
export const wrongAgreements: readonly (readonly [
  what: string,
  AgreementDefinition<Message>,
  fails: readonly string[],
])[] = [
  ['decides what nobody proposed', agreement(Inventive), ['validity']],
  ['decides twice', agreement(Twice), ['integrity']],
  [
    'decides differently on one node',
    agreement(Stubborn),
    ['agreement', 'uniform agreement', consensus, overDecided, strict],
  ],
  [
    'lets a node that crashes decide differently',
    agreement(Hasty, { counterexamples: [] }),
    ['uniform agreement', overDecided],
  ],
  ['never decides on one node', agreement(Undecided), ['termination', consensus, strict]],
]
