/**
 * Rounds without clocks: a round is over for a node once it holds the messages of so many members that waiting for more might be
 * waiting for the dead.
 *
 * Each node repeats its message of the current round until it leaves it, and answers a node that lags with its own message of
 * that node's round. Nodes may be in different rounds at the same time.
 *
 * Assumes     fair-lossy links and at most `members - quorum` crashed members; no bound on delays.
 * Guarantees  a round ends with the messages of at least `quorum` members; every live node reaches every round.
 * Limits      remembers its own messages of the last `window` rounds and others' of as many to come: a node that falls
 *             further behind stays behind.
 *
 * C. Dwork, N. Lynch and L. Stockmeyer, "Consensus in the presence of partial synchrony", Journal of the ACM 35(2), 1988 (the model).
 */
import { isMalformed, type Codec } from '../codec/index.js'
import type { ChildDefinition, Environment } from '../environment.js'
import type { Incarnation, NodeId } from '../ids.js'
import { requireInteger, requireMembers, requireNumber } from '../limits.js'
import type { Inspection, Protocol } from '../protocol.js'
import { RoundInbox, roundCodec, type RoundIndication, type RoundMessage } from './rounds.js'

export interface CountedRoundsOptions {
  readonly members: readonly NodeId[]
  /** How many members' messages end a round, this node's own included. */
  readonly quorum: number
  /** Time after which the current round's message is sent again, in milliseconds. */
  readonly repeatMs: number
  /** How many rounds are remembered back and ahead. Default 16. */
  readonly window?: number
}

export class CountedRounds<M> implements Protocol<RoundMessage> {
  readonly #env: Environment<RoundMessage, RoundIndication<M>>
  readonly #codec: Codec<M>
  readonly #options: CountedRoundsOptions
  readonly #window: number
  readonly #inbox: RoundInbox<M>
  readonly #sent = new Map<number, Uint8Array>()
  #round = 0

  constructor(env: Environment<RoundMessage, RoundIndication<M>>, codec: Codec<M>, options: CountedRoundsOptions) {
    requireInteger('quorum', options.quorum, { min: 1, max: options.members.length })
    requireMembers(options.members, env.self.id)
    requireNumber('repeatMs', options.repeatMs, { min: 1 })
    this.#window = requireInteger('window', options.window ?? 16, { min: 1, max: 1024 })
    this.#env = env
    this.#codec = codec
    this.#options = options
    this.#inbox = new RoundInbox(codec, options.members)
  }

  start(): void {
    this.#begin(1)
  }

  /** Sends `message` to every member, this node included, as its message of the current round; a second one is ignored, as is any before `start`. */
  broadcast(message: M): void {
    if (this.#round === 0 || this.#sent.has(this.#round)) return
    this.#sent.set(this.#round, this.#codec.encode(message))
    this.#repeat()
  }

  receive(from: Incarnation, { round, payload, answer }: RoundMessage): void {
    const message = this.#inbox.decode(payload)
    if (isMalformed(message)) return
    if (round < this.#round) {
      const own = this.#sent.get(round)
      // An answer is not answered: two nodes that have both left the round would go on for ever.
      if (own !== undefined && answer !== true && from.id !== this.#env.self.id)
        this.#env.send(from.id, { type: 'round', round, payload: own, answer: true })
      return
    }
    if (round > this.#round + this.#window) return
    this.#inbox.add(round, from.id, message)
    this.#endIfComplete()
  }

  timeout(): void {
    this.#repeat()
  }

  inspect(): Inspection {
    return { round: this.#round, received: [...this.#inbox.of(this.#round).keys()], roundsHeld: this.#inbox.size }
  }

  #begin(round: number): void {
    this.#round = round
    this.#sent.delete(round - this.#window)
    this.#env.indicate({ type: 'round-began', round })
  }

  #repeat(): void {
    const payload = this.#sent.get(this.#round)
    if (payload === undefined) return
    this.#env.send(this.#options.members, { type: 'round', round: this.#round, payload })
    this.#env.timer('repeat', this.#options.repeatMs)
  }

  #endIfComplete(): void {
    const messages = this.#inbox.of(this.#round)
    // Its own message is part of every round: a node that has not spoken yet does not move on.
    if (messages.size < this.#options.quorum || !messages.has(this.#env.self.id)) return
    this.#env.indicate({ type: 'round-ended', round: this.#round, messages })
    this.#inbox.forgetThrough(this.#round)
    this.#begin(this.#round + 1)
  }
}

/** For `env.scope`: rounds by counting for messages of `codec`. */
export function countedRounds<M>(
  codec: Codec<M>,
  options: CountedRoundsOptions,
  listen: (indication: RoundIndication<M>) => void,
): ChildDefinition<RoundMessage, RoundIndication<M>, CountedRounds<M>> {
  return { codec: roundCodec, create: (env) => new CountedRounds(env, codec, options), listen }
}
