/**
 * Agreement by flooding, in lock-step rounds.
 *
 * In each of f + 1 rounds every node sends all the values that it has seen to all. In one of so many rounds nobody crashes; from
 * then on all that live have seen the same values, and they decide the smallest.
 *
 * Assumes     synchronous rounds: bounds on delays and on the error of wall clocks that hold; crashes for good.
 * Guarantees  validity, uniform agreement and termination with up to f crashes, also in the midst of a broadcast.
 * Costs       n(n - 1)(f + 1) messages, f + 1 rounds.
 * Breaks      when a message comes too late for its round, or one node more crashes: two values may be decided.
 *
 * N. Lynch, "Distributed Algorithms", 1996, section 6.2 (FloodSet).
 */
import {
  clockRounds,
  defineAgreement,
  messageCodec,
  QuorateError,
  requireMembers,
  roundDurationMs,
  type Agreement,
  type AgreementIndication,
  type AgreementOptions,
  type ClockRounds,
  type Environment,
  type Inspection,
  type MessageOf,
  type RoundIndication,
} from '@quorate/core'

/** Everything travels in rounds: on its own channel the vote says nothing. */
const codec = messageCodec({})
const seen = messageCodec({ seen: { values: { list: 'int' } } })
type Seen = MessageOf<typeof seen>

class FloodingVote implements Agreement<never> {
  decision: number | undefined
  readonly #env: Environment<never, AgreementIndication>
  readonly #rounds: ClockRounds<Seen>
  readonly #last: number
  readonly #values = new Set<number>()
  #began = false

  constructor(env: Environment<never, AgreementIndication>, options: AgreementOptions) {
    const members = requireMembers(options.members, env.self.id)
    if (options.maxFaulty > resilience(members.length)) {
      const what = `${options.maxFaulty} faults of ${members.length} nodes; at least one node must be left`
      throw new QuorateError('QUORATE_TOO_MANY_FAULTS', what, { maxFaulty: options.maxFaulty })
    }
    this.#env = env
    this.#last = options.maxFaulty + 1
    const timing = { members, startsAtMs: options.startsAtMs, maxDelayMs: options.maxDelayMs, rounds: this.#last }
    this.#rounds = env.scope(
      'rounds',
      clockRounds(seen, timing, (event) => this.#round(event)),
    )
  }

  propose(value: number): void {
    // A value that enters later may have missed the one round without crashes.
    if (!this.#began && this.#values.size === 0) this.#values.add(value)
  }

  start(): void {}
  receive(): void {}
  timeout(): void {}

  inspect(): Inspection {
    return { values: [...this.#values], decision: this.decision ?? null }
  }

  #round(event: RoundIndication<Seen>): void {
    if (event.type === 'round-began') {
      this.#began = true
      this.#rounds.broadcast({ type: 'seen', values: [...this.#values] })
      return
    }
    for (const { values } of event.messages.values()) for (const value of values) this.#values.add(value)
    if (event.round === this.#last && this.#values.size > 0) this.#decide(Math.min(...this.#values))
  }

  #decide(value: number): void {
    this.decision = value
    this.#env.indicate({ type: 'decide', value })
  }
}

const resilience = (n: number): number => n - 1

export const floodingVote = defineAgreement<never>({
  name: 'flooding-vote',
  family: 'clocks',
  relies: 'wall',
  brokenClockBreaks: ['uniform-agreement', 'termination'],
  synchrony: 'synchronous',
  tolerates: ['crash-stop', 'duplication', 'reordering'],
  resilience,
  guarantees: ['validity', 'integrity', 'agreement', 'uniform-agreement', 'termination'],
  counterexamples: [
    { fault: 'loss', breaks: 'uniform-agreement' },
    { fault: 'delay', breaks: 'uniform-agreement' },
    { fault: 'clock-skew', breaks: 'uniform-agreement' },
  ],
  // A node's last round may end as late as its clock is behind.
  decidesWithinMs: ({ maxFaulty, maxDelayMs }, { wallErrorMs }) =>
    (maxFaulty + 1) * roundDurationMs(wallErrorMs, maxDelayMs) + 2 * wallErrorMs,
  codec,
  create: (env, options) => new FloodingVote(env, options),
})
