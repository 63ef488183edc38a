/**
 * Lock-step rounds kept by synchronised clocks: the synchronous model, made of wall clocks whose error is bounded.
 *
 * Round r lasts from `startsAtMs + (r - 1) * roundMs` to `startsAtMs + r * roundMs` on each node's own wall clock. A round that is
 * as long as the longest delay plus twice the greatest clock error is long enough for every message sent at its beginning.
 *
 * Assumes     a bound on message delay and on the error of wall clocks.
 * Guarantees  what a live node broadcasts when a round begins is received by every live node in that same round.
 * Breaks      when a clock or a delay exceeds its bound: the message comes too late, is dropped and counted in `late`.
 *
 * C. Dwork, N. Lynch and L. Stockmeyer, "Consensus in the presence of partial synchrony", Journal of the ACM 35(2), 1988 (the model).
 */
import { isMalformed, type Codec } from '../codec/index.js'
import type { ChildDefinition, Environment } from '../environment.js'
import { QuorateError } from '../errors.js'
import type { Incarnation, NodeId } from '../ids.js'
import { requireInteger, requireMembers, requireNumber } from '../limits.js'
import type { Inspection, Protocol } from '../protocol.js'
import { RoundInbox, roundCodec, type RoundIndication, type RoundMessage } from './rounds.js'

/** How many rounds ahead of this node's a message may be and is kept. Clocks within their bound differ by less than one round. */
const window = 16
/** How far ahead a moment may be for one timer to hit it, in milliseconds: at 200 ppm it is off by 0.02 ms then. */
const longestWaitMs = 100

export interface ClockRoundsOptions {
  readonly members: readonly NodeId[]
  /** When round 1 begins, by the wall clock, in milliseconds. */
  readonly startsAtMs: number
  /** The longest time that a message takes, handling included, in milliseconds. */
  readonly maxDelayMs: number
  /** How many rounds there are. */
  readonly rounds: number
}

export class ClockRounds<M> implements Protocol<RoundMessage> {
  /** Messages that came after their round was over: more than none means that a bound did not hold. */
  late = 0
  readonly #env: Environment<RoundMessage, RoundIndication<M>>
  readonly #codec: Codec<M>
  readonly #options: ClockRoundsOptions
  readonly #roundMs: number
  readonly #inbox: RoundInbox<M>
  /** The round that is going on; 0 before the first, `rounds + 1` after the last. */
  #round = 0
  /** The last round in which this node has spoken; in round 0 nobody may. */
  #spokenIn = 0

  constructor(env: Environment<RoundMessage, RoundIndication<M>>, codec: Codec<M>, options: ClockRoundsOptions) {
    requireInteger('rounds', options.rounds, { min: 1, max: 1_000_000 })
    requireMembers(options.members, env.self.id)
    requireNumber('startsAtMs', options.startsAtMs, { min: 0, max: Number.MAX_SAFE_INTEGER })
    requireNumber('maxDelayMs', options.maxDelayMs, { min: 0.001, max: 3_600_000 })
    this.#env = env
    this.#codec = codec
    this.#options = options
    this.#roundMs = roundDurationMs(env.clock.bound().wallErrorMs, options.maxDelayMs)
    this.#inbox = new RoundInbox(codec, options.members)
  }

  /** A node that starts after round 1 began takes no part: to the others it has crashed. */
  start(): void {
    const untilStartMs = this.#options.startsAtMs - this.#env.clock.wall()
    if (untilStartMs < 0) this.#round = this.#options.rounds + 1
    else this.#wait(untilStartMs)
  }

  /**
   * Sends `message` to every member, this node included, as its message of the round that is going on; a second one is ignored, as
   * is any before the first round and after the last. To be called when a round begins: later is too late for some.
   */
  broadcast(message: M): void {
    if (this.#spokenIn === this.#round || this.#round > this.#options.rounds) return
    this.#spokenIn = this.#round
    this.#env.send(this.#options.members, { type: 'round', round: this.#round, payload: this.#codec.encode(message) })
  }

  receive(from: Incarnation, { round, payload }: RoundMessage): void {
    const message = this.#inbox.decode(payload)
    if (isMalformed(message) || round > this.#options.rounds) return
    if (round < this.#round) this.late++
    else if (round <= this.#round + window) this.#inbox.add(round, from.id, message)
  }

  timeout(): void {
    const { startsAtMs, rounds } = this.#options
    const remainingMs = startsAtMs + this.#round * this.#roundMs - this.#env.clock.wall()
    if (remainingMs > 0) {
      this.#wait(remainingMs)
      return
    }
    if (this.#round > 0) {
      this.#env.indicate({ type: 'round-ended', round: this.#round, messages: this.#inbox.of(this.#round) })
      this.#inbox.forgetThrough(this.#round)
    }
    this.#round++
    if (this.#round > rounds) return
    this.#env.indicate({ type: 'round-began', round: this.#round })
    this.#wait(Math.max(0, remainingMs + this.#roundMs))
  }

  inspect(): Inspection {
    return { round: this.#round, spokenIn: this.#spokenIn, late: this.late, held: this.#inbox.inspect() }
  }

  /**
   * Waits for a moment of the wall clock. The timer runs on the monotonic clock, whose rate is another: after an hour the two may
   * be most of a second apart. So a long wait is taken in halves, each of which looks at the wall clock again.
   */
  #wait(remainingMs: number): void {
    this.#env.timer('round', remainingMs > longestWaitMs ? remainingMs / 2 : remainingMs)
  }
}

/** How long a round must be: `maxDelayMs` and twice the clocks' error. Throws `QUORATE_CLOCK_UNBOUNDED` if that is not declared. */
export function roundDurationMs(wallErrorMs: number, maxDelayMs: number): number {
  if (!Number.isFinite(wallErrorMs)) {
    throw new QuorateError(
      'QUORATE_CLOCK_UNBOUNDED',
      'rounds by clock need wall clocks with a declared error, and this node declares none; state how far its clock may be off',
      { wallErrorMs },
    )
  }
  return maxDelayMs + 2 * wallErrorMs
}

/** For `env.scope`: rounds by clock for messages of `codec`. */
export function clockRounds<M>(
  codec: Codec<M>,
  options: ClockRoundsOptions,
  listen: (indication: RoundIndication<M>) => void,
): ChildDefinition<RoundMessage, RoundIndication<M>, ClockRounds<M>> {
  return { codec: roundCodec, create: (env) => new ClockRounds(env, codec, options), listen }
}
