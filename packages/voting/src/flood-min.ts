/**
 * Flooding the smallest value, in rounds kept by synchronised clocks.
 *
 * Every node knows a smallest value, at first its own. In each of f + 1 rounds it sends that to all and adopts the smallest that
 * it gets; then what it holds is its decision. Of f + 1 rounds at least one sees no node crash: after it all live nodes hold the
 * same value, and nothing can set them apart again.
 *
 * Assumes     a known bound on message delay and on the error of wall clocks, links that lose nothing, crashes for good, and
 *             that every node has been given its value when round 1 begins.
 * Guarantees  validity, integrity, uniform agreement; decision at the end of round f + 1, whichever f nodes crash, f < n.
 * Costs       n(n - 1)(f + 1) messages and f + 1 rounds, each of the longest delay plus twice the greatest clock error.
 * Breaks      when a message misses its round because a clock or a delay exceeds its bound or a link loses it, or when more
 *             than f nodes crash: two nodes may decide differently.
 *
 * A node that starts after round 1 began, or starts again, takes no part: to the others it has crashed. It asks them for the
 * decision, which is final, and adopts it as its own. A value proposed after round 1 began comes too late and is ignored; the
 * node then passes on what others proposed. When nobody proposed anything in time, nothing is decided.
 *
 * N. Lynch, "Distributed Algorithms", Morgan Kaufmann 1996, section 6.2 (FloodSet, here with only the minimum of the set kept).
 */
import {
  clockRounds,
  defineAgreement,
  requireMembers,
  roundCodec,
  roundDurationMs,
  type Agreement,
  type AgreementIndication,
  type AgreementOptions,
  type ClockRounds,
  type Environment,
  type Incarnation,
  type Inspection,
  type NodeId,
  type RoundIndication,
} from '@quorate/core'
import { forge, forgeRound } from './flood-min/forge.js'
import { codec, floodCodec, type Flood, type Message } from './flood-min/messages.js'
import { requireMaxFaulty, requireValue } from './options.js'

/** One node's part in flooding the minimum for `rounds` rounds. */
export class FloodMin implements Agreement<Message> {
  decision: number | undefined
  readonly #env: Environment<Message, AgreementIndication>
  readonly #others: readonly NodeId[]
  readonly #options: AgreementOptions
  readonly #count: number
  readonly #rounds: ClockRounds<Flood>
  #smallest: number | undefined
  #began = false
  #late = false

  constructor(env: Environment<Message, AgreementIndication>, options: AgreementOptions, rounds: number) {
    const members = requireMembers(options.members, env.self.id)
    this.#env = env
    this.#options = options
    this.#count = rounds
    this.#others = members.filter((id) => id !== env.self.id)
    this.#rounds = env.scope(
      'rounds',
      clockRounds(floodCodec, { ...options, members, rounds }, (each) => this.#round(each)),
    )
  }

  start(): void {
    this.#late = this.#env.clock.wall() > this.#options.startsAtMs
    if (this.#late) this.#ask()
  }

  propose(value: number): void {
    requireValue(value)
    // A value that enters after a round without crashes could reach some nodes and not others.
    if (this.#began || this.#late) return
    this.#smallest ??= value
  }

  receive(from: Incarnation, message: Message): void {
    if (message.type === 'decided') this.#decide(message.value)
    else if (this.decision !== undefined) this.#env.send(from.id, { type: 'decided', value: this.decision })
  }

  timeout(): void {
    if (this.decision === undefined) this.#ask()
  }

  inspect(): Inspection {
    return { smallest: this.#smallest ?? null, late: this.#late, decision: this.decision ?? null }
  }

  #round(indication: RoundIndication<Flood>): void {
    if (indication.type === 'round-began') {
      this.#began = true
      this.#rounds.broadcast({ type: 'flood', smallest: this.#smallest })
      return
    }
    for (const { smallest } of indication.messages.values()) {
      if (smallest !== undefined) this.#smallest = Math.min(smallest, this.#smallest ?? smallest)
    }
    if (indication.round === this.#count && this.#smallest !== undefined) this.#decide(this.#smallest)
  }

  #decide(value: number): void {
    if (this.decision !== undefined) return
    this.decision = value
    this.#env.indicate({ type: 'decide', value })
  }

  /** Asks all others, now and again until one of them knows the decision. */
  #ask(): void {
    this.#env.send(this.#others, { type: 'ask' })
    const { wallErrorMs } = this.#env.clock.bound()
    this.#env.timer('ask', this.#count * roundDurationMs(wallErrorMs, this.#options.maxDelayMs))
  }
}

const resilience = (n: number): number => n - 1

export const floodMin = defineAgreement<Message>({
  name: 'flood-min',
  family: 'clocks',
  relies: 'wall',
  brokenClockBreaks: ['uniform-agreement', 'termination'],
  synchrony: 'synchronous',
  tolerates: ['crash-stop', 'duplication', 'reordering'],
  resilience,
  guarantees: ['validity', 'integrity', 'agreement', 'uniform-agreement', 'termination'],
  counterexamples: [
    { fault: 'clock-skew', breaks: 'uniform-agreement' },
    { fault: 'clock-jump', breaks: 'uniform-agreement' },
    { fault: 'delay', breaks: 'uniform-agreement' },
    { fault: 'loss', breaks: 'uniform-agreement' },
    { fault: 'pause', breaks: 'uniform-agreement' },
    { fault: 'partition', breaks: 'uniform-agreement' },
    { fault: 'send-omission', breaks: 'uniform-agreement' },
    { fault: 'receive-omission', breaks: 'uniform-agreement' },
    { fault: 'byzantine', breaks: 'uniform-agreement' },
  ],
  worstCaseMessages: (n) => n * (n - 1) * n,
  codec,
  forge,
  childForges: { rounds: { codec: roundCodec, forge: forgeRound } },
  // The last node to begin is one whose clock is slow by as much as it may be.
  decidesWithinMs: ({ maxFaulty, maxDelayMs }, { wallErrorMs }) =>
    (maxFaulty + 1) * roundDurationMs(wallErrorMs, maxDelayMs) + wallErrorMs,
  create: (env, options) => new FloodMin(env, options, requireMaxFaulty('flood-min', options, resilience) + 1),
})
