/**
 * Perfect links over fair-lossy ones: what is sent to a live peer arrives, once and in order, however much the network loses,
 * doubles and reorders.
 *
 * Every message is numbered and sent again until the peer has acknowledged it; the peer delivers numbers in order and
 * acknowledges how far it has come. Each message tells the oldest number that is not acknowledged: there a peer's new life starts.
 *
 * Assumes     fair-lossy links, crashes; no bound on delays.
 * Guarantees  reliable delivery between processes that do not crash, no duplication, no creation, order by sender.
 * Costs       one acknowledgement for each message received; everything unacknowledged again every `retransmitMs`.
 * Limits      `maxUnacknowledged` messages to each peer: at the limit `send` refuses and returns false.
 *
 * C. Cachin, R. Guerraoui and L. Rodrigues, "Introduction to reliable and secure distributed programming", 2nd ed., 2011, 2.4.
 */
import { messageCodec, type MessageOf } from '../codec/index.js'
import type { ChildDefinition, Environment } from '../environment.js'
import type { Incarnation, NodeId } from '../ids.js'
import { QuorateError } from '../errors.js'
import { limits, requireInteger, requireNumber } from '../limits.js'
import type { Inspection, Protocol } from '../protocol.js'

const codec = messageCodec({
  data: { sequence: 'uint', floor: 'uint', payload: 'bytes' },
  acknowledge: { incarnation: 'uint', through: 'uint' },
})
type Message = MessageOf<typeof codec>

/** What numbering and encoding add to a payload, at most. */
const overheadBytes = 64

export interface ReliableLinkOptions {
  /** Time after which what is not acknowledged is sent again, in milliseconds; more than a round trip. */
  readonly retransmitMs: number
  /** The most messages that wait for one peer's acknowledgement. Default 1,024. */
  readonly maxUnacknowledged?: number
}

export type ReliableLinkIndication = {
  readonly type: 'deliver'
  readonly from: Incarnation
  readonly payload: Uint8Array
}

interface Outgoing {
  /** Number of the oldest message that is not acknowledged. */
  floor: number
  readonly payloads: Uint8Array[]
}

interface Incoming {
  incarnation: number
  /** Number of the next message to deliver. */
  next: number
  readonly early: Map<number, Uint8Array>
}

export class ReliableLink implements Protocol<Message> {
  readonly #env: Environment<Message, ReliableLinkIndication>
  readonly #retransmitMs: number
  readonly #maxUnacknowledged: number
  readonly #outgoing = new Map<NodeId, Outgoing>()
  readonly #incoming = new Map<NodeId, Incoming>()
  #retransmitting = false

  constructor(env: Environment<Message, ReliableLinkIndication>, options: ReliableLinkOptions) {
    this.#env = env
    this.#retransmitMs = requireNumber('retransmitMs', options.retransmitMs, { min: 1 })
    this.#maxUnacknowledged = requireInteger('maxUnacknowledged', options.maxUnacknowledged ?? 1024, {
      min: 1,
      max: 1 << 20,
    })
  }

  start(): void {}

  /**
   * Sends `payload` to `to`; false when too much waits for that peer already: nothing was sent then. Throws
   * `QUORATE_MESSAGE_TOO_LARGE` for a payload that no message can carry, which would hold up all behind it for good.
   */
  send(to: NodeId, payload: Uint8Array): boolean {
    const maxBytes = limits.maxMessageBytes - overheadBytes
    if (payload.length > maxBytes) {
      throw new QuorateError(
        'QUORATE_MESSAGE_TOO_LARGE',
        `a payload of ${payload.length} bytes; send ${maxBytes} at most`,
        {
          bytes: payload.length,
          maxBytes,
        },
      )
    }
    let outgoing = this.#outgoing.get(to)
    if (outgoing === undefined) this.#outgoing.set(to, (outgoing = { floor: 1, payloads: [] }))
    if (outgoing.payloads.length >= this.#maxUnacknowledged) return false
    outgoing.payloads.push(payload)
    this.#transmit(to, outgoing, outgoing.payloads.length - 1)
    this.#retransmitLater()
    return true
  }

  /** Gives up on a peer: what waits for it is forgotten. Later messages arrive all the same. */
  forget(peer: NodeId): void {
    const outgoing = this.#outgoing.get(peer)
    if (outgoing === undefined) return
    // Numbers are not used again: the peer would take new messages for old ones.
    outgoing.floor += outgoing.payloads.length
    outgoing.payloads.length = 0
  }

  receive(from: Incarnation, message: Message): void {
    if (message.type === 'data') this.#accept(from, message)
    else if (message.incarnation === this.#env.self.incarnation) this.#acknowledged(from.id, message.through)
  }

  timeout(): void {
    this.#retransmitting = false
    for (const [to, outgoing] of this.#outgoing) {
      for (let index = 0; index < outgoing.payloads.length; index++) this.#transmit(to, outgoing, index)
      if (outgoing.payloads.length > 0) this.#retransmitLater()
    }
  }

  inspect(): Inspection {
    return {
      outgoing: [...this.#outgoing].map(([to, { floor, payloads }]) => ({
        to,
        floor,
        unacknowledged: payloads.length,
      })),
      incoming: [...this.#incoming].map(([from, { incarnation, next, early }]) => ({
        from,
        incarnation,
        next,
        early: [...early.keys()],
      })),
    }
  }

  /** The timer is not put off by what is sent meanwhile: under steady traffic nothing lost would ever be sent again. */
  #retransmitLater(): void {
    if (this.#retransmitting) return
    this.#retransmitting = true
    this.#env.timer('retransmit', this.#retransmitMs)
  }

  #transmit(to: NodeId, { floor, payloads }: Outgoing, index: number): void {
    this.#env.send(to, { type: 'data', sequence: floor + index, floor, payload: payloads[index] as Uint8Array })
  }

  #accept(from: Incarnation, { sequence, floor, payload }: Message & { type: 'data' }): void {
    let incoming = this.#incoming.get(from.id)
    if (incoming === undefined || incoming.incarnation < from.incarnation) {
      incoming = { incarnation: from.incarnation, next: floor, early: new Map() }
      this.#incoming.set(from.id, incoming)
    }
    if (from.incarnation < incoming.incarnation) return
    if (incoming.next < floor) {
      // What is below the floor went to an earlier life of this node, or was given up.
      for (const each of incoming.early.keys()) if (each < floor) incoming.early.delete(each)
      incoming.next = floor
    }
    // No sender has more in flight than its window; a number beyond it is not kept for later.
    if (sequence >= incoming.next && sequence < incoming.next + this.#maxUnacknowledged)
      incoming.early.set(sequence, payload)
    while (this.#deliver(from, incoming));
    this.#env.send(from.id, { type: 'acknowledge', incarnation: from.incarnation, through: incoming.next - 1 })
  }

  /** Delivers the next message, if it is there. */
  #deliver(from: Incarnation, incoming: Incoming): boolean {
    const { next, early } = incoming
    const payload = early.get(next)
    if (payload === undefined) return false
    early.delete(next)
    incoming.next++
    this.#env.indicate({ type: 'deliver', from, payload })
    return true
  }

  #acknowledged(peer: NodeId, through: number): void {
    const outgoing = this.#outgoing.get(peer)
    if (outgoing === undefined || through < outgoing.floor) return
    const count = Math.min(through - outgoing.floor + 1, outgoing.payloads.length)
    outgoing.payloads.splice(0, count)
    outgoing.floor += count
  }
}

/** For `env.scope`: a reliable link whose deliveries go to `listen`. */
export function reliableLink(
  options: ReliableLinkOptions,
  listen: (indication: ReliableLinkIndication) => void,
): ChildDefinition<Message, ReliableLinkIndication, ReliableLink> {
  return { codec, create: (env) => new ReliableLink(env, options), listen }
}
