import {
  messageCodec,
  type Environment,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type NodeId,
  type PeerEvent,
  type Protocol,
} from '@quorate/core'

export const attributesCodec = messageCodec({
  /** What a member says of itself, in the life that sends it. */
  attributes: { clientUrls: { list: 'string' } },
})

type Message = MessageOf<typeof attributesCodec>

/** More URLs than a member can have, so that nobody makes the others remember without bound. */
const maxUrls = 64

/**
 * What members tell each other of themselves beyond what the cluster was started with: where their clients find them. Each tells a peer
 * whenever they are connected anew, and remembers what it was told, also of a peer that is down.
 */
export class Attributes implements Protocol<Message> {
  readonly #env: Environment<Message>
  readonly #members: readonly NodeId[]
  readonly #own: readonly string[]
  readonly #clientUrls = new Map<NodeId, readonly string[]>()

  constructor(env: Environment<Message>, members: readonly NodeId[], clientUrls: readonly string[]) {
    this.#env = env
    this.#members = members
    this.#own = clientUrls
    for (const id of members) {
      const bytes = env.store.get(id)
      const stored = bytes === undefined ? undefined : attributesCodec.decode(bytes)
      if (stored !== undefined && 'clientUrls' in stored) this.#clientUrls.set(id, stored.clientUrls)
    }
    this.#clientUrls.set(env.self.id, clientUrls)
  }

  /** Where the clients of a member find it, as far as it has told; empty when it serves none. */
  clientUrls(member: NodeId): readonly string[] {
    return this.#clientUrls.get(member) ?? []
  }

  start(): void {
    this.#tell(this.#members.filter((id) => id !== this.#env.self.id))
  }

  receive(from: Incarnation, message: Message): void {
    if (!this.#members.includes(from.id) || message.clientUrls.length > maxUrls) return
    if (this.clientUrls(from.id).join() === message.clientUrls.join()) return
    this.#clientUrls.set(from.id, message.clientUrls)
    this.#env.store.put(from.id, attributesCodec.encode(message))
  }

  timeout(): void {}

  peer(event: PeerEvent): void {
    if (event.type === 'connected') this.#tell([event.peer.id])
  }

  inspect(): Inspection {
    return { clientUrls: Object.fromEntries(this.#clientUrls) }
  }

  #tell(peers: readonly NodeId[]): void {
    this.#env.send(peers, { type: 'attributes', clientUrls: this.#own })
  }
}
