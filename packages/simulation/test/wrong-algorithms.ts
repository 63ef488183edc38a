import {
  defineAgreement,
  defineElection,
  defineFailureDetector,
  messageCodec,
  noTerm,
  type Agreement,
  type AgreementDefinition,
  type AgreementIndication,
  type AgreementOptions,
  type Election,
  type ElectionDefinition,
  type ElectionIndication,
  type Environment,
  type FailureDetector,
  type FailureDetectorDefinition,
  type FailureDetectorIndication,
  type FailureDetectorOptions,
  type Incarnation,
  type Inspection,
  type Invariant,
  type NodeId,
  type Term,
  type Verdict,
} from '@quorate/core'

const codec = messageCodec({ value: { number: 'int', from: 'string' } })
type Message = { readonly type: 'value'; readonly number: number; readonly from: string }

/** An election that names whom it is told to, without asking anybody. */
class Naming implements Election<Message> {
  leader: NodeId | undefined
  term: Term = noTerm
  readonly #env: Environment<Message, ElectionIndication>
  readonly #name: (naming: Naming) => void

  constructor(env: Environment<Message, ElectionIndication>, name: (naming: Naming) => void) {
    this.#env = env
    this.#name = name
  }

  get self(): NodeId {
    return this.#env.self.id
  }

  name(leader: NodeId | undefined, term: Term): void {
    this.leader = leader
    this.term = term
    this.#env.indicate({ type: 'leader-changed', leader, term })
  }

  start(): void {
    this.#name(this)
  }

  receive(): void {}
  timeout(): void {}
  stand(): void {}
  resign(): void {}
  suspect(): void {}
  restore(): void {}

  inspect(): Inspection {
    return { leader: this.leader ?? null }
  }
}

function election(
  name: string,
  act: (naming: Naming, members: readonly NodeId[]) => void,
): ElectionDefinition<Message> {
  return defineElection<Message>({
    name,
    family: 'rounds',
    synchrony: 'asynchronous',
    tolerates: ['crash-stop'],
    resilience: (n) => n - 1,
    guarantees: ['one-leader-per-term', 'one-leader-at-a-time', 'eventual-agreement', 'eventual-accuracy'],
    counterexamples: [],
    carriesLog: false,
    agreesWithinMs: () => 100,
    codec,
    create: (env, { members }) => new Naming(env, (naming) => act(naming, members)),
  })
}

const term = (number: number, id = ''): Term => ({ number, id })

/** Everybody names itself, in one term. */
export const allLead = election('all-lead', (naming) => naming.name(naming.self, term(1)))
/** Everybody names itself, each in a term of its own. */
export const allLeadApart = election('all-lead-apart', (naming) => naming.name(naming.self, term(1, naming.self)))
/** Everybody names the first node, dead or alive. */
export const firstLeads = election('first-leads', (naming) => naming.name('n1', term(1)))
/** Everybody names the last node, dead or alive. */
export const lastLeads = election('last-leads', (naming, members) => naming.name(members.at(-1), term(1)))
/** Nobody names anybody. */
export const nobodyLeads = election('nobody-leads', () => {})

/** An agreement whose nodes decide what `decide` makes of their own value and those that they heard of. */
class Deciding implements Agreement<Message> {
  decision: number | undefined
  readonly #env: Environment<Message, AgreementIndication>
  readonly #options: AgreementOptions
  readonly #decide: (deciding: Deciding, heard: readonly number[]) => void
  readonly #heard: number[] = []

  constructor(
    env: Environment<Message, AgreementIndication>,
    options: AgreementOptions,
    decide: (deciding: Deciding, heard: readonly number[]) => void,
  ) {
    this.#env = env
    this.#options = options
    this.#decide = decide
  }

  get self(): NodeId {
    return this.#env.self.id
  }

  decide(value: number): void {
    this.decision = value
    this.tell(value)
  }

  tell(value: number): void {
    this.#env.indicate({ type: 'decide', value })
  }

  propose(value: number): void {
    this.#env.send(this.#options.members, { type: 'value', number: value, from: this.self })
  }

  receive(_from: Incarnation, { number }: Message): void {
    this.#heard.push(number)
    this.#decide(this, this.#heard)
  }

  start(): void {}
  timeout(): void {}

  inspect(): Inspection {
    return { decision: this.decision ?? null, heard: this.#heard }
  }
}

function agreement(
  name: string,
  decide: (deciding: Deciding, heard: readonly number[]) => void,
): AgreementDefinition<Message> {
  return defineAgreement<Message>({
    name,
    family: 'rounds',
    synchrony: 'synchronous',
    tolerates: ['crash-stop'],
    resilience: (n) => n - 1,
    guarantees: ['validity', 'integrity', 'agreement', 'uniform-agreement', 'termination'],
    counterexamples: [],
    decidesWithinMs: () => 100,
    codec,
    create: (env, options) => new Deciding(env, options, decide),
  })
}

/** Everybody decides the first value that it hears. */
export const firstHeard = agreement('first-heard', (deciding, heard) => {
  if (heard.length === 1) deciding.decide(heard[0] as number)
})
/** Everybody decides a number that nobody thought of. */
export const unheardOf = agreement('unheard-of', (deciding, heard) => {
  if (heard.length === 1) deciding.decide(1000)
})
/** Everybody decides the same, then something else. */
export const undecided = agreement('undecided', (deciding, heard) => {
  const { length } = heard
  if (length === 4) deciding.decide(7)
  if (length === 5) deciding.decide(8)
})
/** Everybody decides the same twice. */
export const twice = agreement('twice', (deciding, heard) => {
  if (heard.length <= 2) deciding.decide(7)
})
/** Nobody decides. */
export const never = agreement('never', () => {})
/** The first node keeps the decision to itself. */
export const secretive = agreement('secretive', (deciding, heard) => {
  if (heard.length !== 1) return
  if (deciding.self === 'n1') deciding.decision = 7
  else deciding.decide(7)
})
/** Only whoever is about to crash decides something else: the first value that it hears, before the others. */
export const rash = agreement('rash', (deciding, heard) => {
  if (deciding.self === 'n1' && heard.length === 1) deciding.decide(8)
  if (deciding.self !== 'n1' && heard.length === 1) deciding.decide(7)
})

/** A failure detector that suspects everybody from the beginning, or nobody ever. */
class Prejudiced implements FailureDetector<Message> {
  readonly #env: Environment<Message, FailureDetectorIndication>
  readonly #suspects: readonly NodeId[]

  constructor(env: Environment<Message, FailureDetectorIndication>, suspects: readonly NodeId[]) {
    this.#env = env
    this.#suspects = suspects.filter((id) => id !== env.self.id)
  }

  start(): void {
    for (const peer of this.#suspects) {
      this.#env.indicate({ type: 'suspect', peer, verdict: 'silent', level: 1, silentMs: 0 })
    }
  }

  level(peer: NodeId): number {
    return this.verdict(peer) === undefined ? 0 : 1
  }

  verdict(peer: NodeId): Verdict | undefined {
    return this.#suspects.includes(peer) ? 'silent' : undefined
  }

  receive(): void {}
  timeout(): void {}

  inspect(): Inspection {
    return {}
  }
}

function detector(
  name: string,
  suspects: (options: FailureDetectorOptions) => readonly NodeId[],
): FailureDetectorDefinition<Message> {
  return defineFailureDetector<Message>({
    name,
    family: 'clocks',
    relies: 'rate',
    brokenClockBreaks: [],
    synchrony: 'partially-synchronous',
    tolerates: ['crash-stop'],
    resilience: (n) => n - 1,
    guarantees: ['strong-completeness', 'eventual-strong-accuracy'],
    counterexamples: [],
    codec,
    create: (env, options) => new Prejudiced(env, suspects(options)),
  })
}

export const suspectsAll = detector('suspects-all', ({ members }) => members)
export const suspectsNobody = detector('suspects-nobody', () => [])

/** An election that states as an invariant that it never names anybody, and does. */
export const selfContradictory: ElectionDefinition<Message> = {
  ...allLead,
  invariants: [
    {
      name: 'nobody-leads',
      check: (nodes: Parameters<Invariant['check']>[0]) => {
        const leading = [...nodes].find(([, state]) => state['leader'] !== null)
        return leading && `${leading[0]} of ${nodes.size} leads`
      },
    },
  ],
}
