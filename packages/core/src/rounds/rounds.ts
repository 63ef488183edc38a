import { messageCodec, type Codec, type MessageOf } from '../codec/index.js'
import type { NodeId } from '../ids.js'

/** What both kinds of rounds tell the algorithm that runs in them. */
export type RoundIndication<M> =
  /** Round `round` begins: now is the time to broadcast in it. Rounds are numbered from 1. */
  | { readonly type: 'round-began'; readonly round: number }
  /** Round `round` is over, and this is what arrived in it, this node's own message included. */
  | { readonly type: 'round-ended'; readonly round: number; readonly messages: ReadonlyMap<NodeId, M> }

/** What travels: the algorithm's message, encoded by its own codec, and its round; `answer`: it was asked for by one that lags. */
export const roundCodec = messageCodec({ round: { round: 'uint', payload: 'bytes', answer: { optional: 'boolean' } } })
export type RoundMessage = MessageOf<typeof roundCodec>

/** Messages by round and sender; only those of members are taken. */
export class RoundInbox<M> {
  readonly #codec: Codec<M>
  readonly #members: ReadonlySet<NodeId>
  readonly #rounds = new Map<number, Map<NodeId, M>>()

  constructor(codec: Codec<M>, members: readonly NodeId[]) {
    this.#codec = codec
    this.#members = new Set(members)
  }

  /** Of how many rounds it holds anything. */
  get size(): number {
    return this.#rounds.size
  }

  decode(payload: Uint8Array): ReturnType<Codec<M>['decode']> {
    return this.#codec.decode(payload)
  }

  /** A sender's first message of a round counts. */
  add(round: number, from: NodeId, message: M): void {
    if (!this.#members.has(from)) return
    const messages = this.of(round)
    if (!messages.has(from)) messages.set(from, message)
  }

  of(round: number): Map<NodeId, M> {
    let messages = this.#rounds.get(round)
    if (messages === undefined) this.#rounds.set(round, (messages = new Map()))
    return messages
  }

  /** What it holds, by round and sender, as bytes. */
  inspect(): Readonly<Record<string, Readonly<Record<NodeId, readonly number[]>>>> {
    const rounds = [...this.#rounds].map(([round, messages]) => {
      const held = [...messages].map(([from, message]) => [from, [...this.#codec.encode(message)]] as const)
      return [String(round), Object.fromEntries(held)] as const
    })
    return Object.fromEntries(rounds)
  }

  forgetThrough(round: number): void {
    for (const each of this.#rounds.keys()) if (each <= round) this.#rounds.delete(each)
  }
}
