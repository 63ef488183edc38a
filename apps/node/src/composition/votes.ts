/**
 * Votes on values, one after another, each by an agreement of its own.
 *
 * Whoever calls a vote names it by the time at which it begins and the caller's id, so that two callers never mean different votes by
 * one name, and tells all members; each takes part with its own value. What a member proposed and what was decided is durable: a
 * member that restarts goes on with the votes that it had joined.
 *
 * Limits: the newest `maxVotes` votes are kept, decided or not; an older one is forgotten, and its name is refused from then on.
 */
import {
  messageCodec,
  QuorateError,
  type Agreement,
  type AgreementDefinition,
  type AgreementIndication,
  type ChildDefinition,
  type Environment,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type NodeId,
  type Protocol,
} from '@quorate/core'

/** How much longer a member waits each time before it calls an undecided vote again, and at most, in longest delays. */
const repetition = { growth: 2, most: 20 } as const

/** The most votes that a member remembers. */
export const maxVotes = 64

const codec = messageCodec({
  open: { startsAtMs: 'uint', caller: 'string' },
  /** In answer to `open`: that vote has been decided. */
  ended: { startsAtMs: 'uint', caller: 'string', value: 'int' },
})
type Message = MessageOf<typeof codec>

const recordCodec = messageCodec({
  votes: {
    forgottenThrough: 'string',
    votes: {
      list: {
        record: { startsAtMs: 'uint', caller: 'string', value: 'int', decision: { optional: 'int' } },
      },
    },
  },
})

export type VoteIndication =
  /** A vote was called, here or elsewhere, and this member takes part with `value`. */
  | { readonly type: 'vote-opened'; readonly vote: string; readonly value: number }
  | { readonly type: 'decided'; readonly vote: string; readonly value: number }

export interface VotesOptions {
  readonly members: readonly NodeId[]
  readonly maxDelayMs: number
  readonly agreement: AgreementDefinition<unknown>
  readonly maxFaulty?: number
  readonly voteValue?: (vote: string) => number
}

interface Vote {
  readonly startsAtMs: number
  readonly caller: NodeId
  readonly value: number
  decision: number | undefined
}

export class Votes implements Protocol<Message> {
  readonly #env: Environment<Message, VoteIndication>
  readonly #options: VotesOptions
  readonly #maxFaulty: number
  /** By name, in ascending order of name. */
  readonly #votes = new Map<string, Vote>()
  readonly #agreements = new Map<string, Agreement<unknown>>()
  #forgottenThrough = ''
  /** How long each undecided vote waits until it is called again, in longest delays. */
  readonly #repeatsIn = new Map<string, number>()

  constructor(env: Environment<Message, VoteIndication>, options: VotesOptions) {
    this.#env = env
    this.#options = options
    const { members, agreement } = options
    this.#maxFaulty =
      options.maxFaulty ?? Math.min(agreement.resilience(members.length), Math.floor((members.length - 1) / 2))
    this.#recover()
  }

  start(): void {
    for (const [name, { decision }] of this.#votes) {
      if (decision !== undefined) continue
      this.#propose(name)
      this.#announce(name)
    }
  }

  /**
   * Calls a vote on all members' values and returns its name. It begins a moment later, so that all members know of it by then.
   */
  call(): string {
    const caller = this.#env.self.id
    let startsAtMs = Math.ceil(this.#env.clock.wall() + this.#leadMs)
    // A name is used once, and one that may have been forgotten is not used again: also when the clock was set back.
    const forgottenMs = Number(this.#forgottenThrough.slice(0, timeDigits))
    if (voteName(startsAtMs, caller) <= this.#forgottenThrough) startsAtMs = forgottenMs + 1
    while (this.#votes.has(voteName(startsAtMs, caller))) startsAtMs++
    const name = voteName(startsAtMs, caller)
    this.#open(startsAtMs, caller)
    return name
  }

  /** The decision of a vote; `undefined` while there is none, or none is known here. */
  decision(vote: string): number | undefined {
    return this.#votes.get(vote)?.decision
  }

  /** The votes that this member remembers, oldest first. */
  list(): readonly { readonly vote: string; readonly value: number; readonly decision: number | undefined }[] {
    return [...this.#votes].map(([vote, { value, decision }]) => ({ vote, value, decision }))
  }

  receive(from: Incarnation, message: Message): void {
    const { startsAtMs, caller } = message
    if (!this.#options.members.includes(caller)) return
    const name = voteName(startsAtMs, caller)
    if (message.type === 'ended') {
      this.#decided(name, message.value)
      return
    }
    const value = this.#votes.get(name)?.decision
    if (value !== undefined) this.#env.send(from.id, { type: 'ended', startsAtMs, caller, value })
    // A vote that begins in a far future comes from a clock that is wrong beyond what was declared.
    else if (startsAtMs <= this.#env.clock.wall() + 2 * this.#leadMs + unknownClockMs) this.#open(startsAtMs, caller)
  }

  /**
   * Timers are named after votes: whoever takes part in one calls it again until it is decided, more and more rarely, since a message
   * may be lost and a member may have been cut off or down.
   */
  timeout(vote: string): void {
    this.#announce(vote)
  }

  inspect(): Inspection {
    return {
      forgottenThrough: this.#forgottenThrough,
      votes: this.list().map(({ vote, value, decision }) => ({ vote, value, decision: decision ?? null })),
    }
  }

  /** How long before it begins a vote is called: all members know of it by then. */
  get #leadMs(): number {
    const { wallErrorMs } = this.#env.clock.bound()
    return 4 * this.#options.maxDelayMs + (Number.isFinite(wallErrorMs) ? 2 * wallErrorMs : 0)
  }

  #announce(name: string): void {
    const vote = this.#votes.get(name)
    if (vote === undefined || vote.decision !== undefined) return
    const { startsAtMs, caller } = vote
    const others = this.#options.members.filter((id) => id !== this.#env.self.id)
    this.#env.send(others, { type: 'open', startsAtMs, caller })
    const delays = this.#repeatsIn.get(name) ?? 1
    this.#repeatsIn.set(name, Math.min(repetition.growth * delays, repetition.most))
    this.#env.timer(name, delays * this.#options.maxDelayMs)
  }

  #open(startsAtMs: number, caller: NodeId): void {
    const name = voteName(startsAtMs, caller)
    if (this.#votes.has(name) || name <= this.#forgottenThrough) return
    const value = this.#options.voteValue?.(name) ?? this.#env.random.integer(1, 100)
    if (!Number.isSafeInteger(value)) {
      throw new QuorateError(
        'QUORATE_INVALID_VALUE',
        `the value for vote ${name} is ${value}; it must be a safe integer`,
        { value },
      )
    }
    this.#votes.set(name, { startsAtMs, caller, value, decision: undefined })
    this.#forgetOldest()
    if (!this.#votes.has(name)) return
    this.#record()
    this.#join(name)
    this.#propose(name)
    this.#env.indicate({ type: 'vote-opened', vote: name, value })
    if (caller === this.#env.self.id) this.#announce(name)
    // The caller tells all; the others do so only if that was not enough.
    else this.#env.timer(name, repetition.growth * this.#options.maxDelayMs)
  }

  #join(name: string): void {
    const { startsAtMs } = this.#votes.get(name) as Vote
    const { agreement, members, maxDelayMs } = this.#options
    const definition: ChildDefinition<unknown, AgreementIndication, Agreement<unknown>> = {
      codec: agreement.codec,
      create: (env) => agreement.create(env, { members, maxFaulty: this.#maxFaulty, maxDelayMs, startsAtMs }),
      listen: ({ value }) => this.#decided(name, value),
    }
    this.#agreements.set(name, this.#env.scope(name, definition))
  }

  #propose(name: string): void {
    const vote = this.#votes.get(name)
    if (vote !== undefined) this.#agreements.get(name)?.propose(vote.value)
  }

  #decided(name: string, value: number): void {
    const vote = this.#votes.get(name)
    if (vote === undefined || vote.decision !== undefined) return
    vote.decision = value
    this.#env.cancel(name)
    this.#repeatsIn.delete(name)
    this.#record()
    this.#env.indicate({ type: 'decided', vote: name, value })
  }

  #forgetOldest(): void {
    const names = [...this.#votes.keys()].sort()
    for (const name of names.slice(0, Math.max(0, names.length - maxVotes))) {
      this.#votes.delete(name)
      this.#agreements.delete(name)
      this.#repeatsIn.delete(name)
      this.#env.end(name)
      this.#env.cancel(name)
      this.#forgottenThrough = name
    }
  }

  #record(): void {
    const votes = [...this.#votes.values()]
    this.#env.store.put('votes', recordCodec.encode({ type: 'votes', forgottenThrough: this.#forgottenThrough, votes }))
  }

  #recover(): void {
    const bytes = this.#env.store.get('votes')
    if (bytes === undefined) return
    const recovered = recordCodec.decode(bytes)
    if (!('votes' in recovered)) {
      throw new QuorateError('QUORATE_STORE_MALFORMED', `the stored votes cannot be read: ${recovered.reason}`, {})
    }
    this.#forgottenThrough = recovered.forgottenThrough
    for (const { startsAtMs, caller, value, decision } of recovered.votes) {
      this.#votes.set(voteName(startsAtMs, caller), { startsAtMs, caller, value, decision })
    }
    // What is decided is answered from the record: nobody needs the agreement any more.
    for (const [name, { decision }] of this.#votes) if (decision === undefined) this.#join(name)
  }
}

const timeDigits = 16
/** How far ahead the clocks of members may be when nothing is declared of them, in milliseconds. */
const unknownClockMs = 60_000

/** Names sort by time, then by caller. */
function voteName(startsAtMs: number, caller: NodeId): string {
  return `${String(startsAtMs).padStart(timeDigits, '0')}-${caller}`
}

/** For `env.scope`: votes whose indications go to `listen`. */
export function votes(
  options: VotesOptions,
  listen: (indication: VoteIndication) => void,
): ChildDefinition<Message, VoteIndication, Votes> {
  return { codec, create: (env) => new Votes(env, options), listen }
}
