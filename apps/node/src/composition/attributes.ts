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
  /** What a member says of itself, and of the one that it tells: which life of it was the first that it heard of. */
  attributes: { clientUrls: { list: 'string' }, firstIncarnation: { optional: 'uint' } },
})

type Message = MessageOf<typeof attributesCodec>

const recordCodec = messageCodec({ member: { firstIncarnation: 'uint', clientUrls: { list: 'string' } } })
type Known = Omit<MessageOf<typeof recordCodec>, 'type'>

/** More URLs than a member can have, so that nobody makes the others remember without bound. */
const maxUrls = 64

export interface AttributesOptions {
  readonly members: readonly NodeId[]
  /** Where the clients of this member find it. */
  readonly clientUrls: readonly string[]
  /** This member's store is new, although `witness` knew it before: it has forgotten what it promised, and must not take part. */
  readonly forgotten: (witness: NodeId) => void
}

/**
 * What members tell each other of themselves beyond what the cluster was started with: where their clients find them, and that they were
 * there before. Each tells a peer whenever they are connected anew, and remembers what it was told, also of a peer that is down.
 *
 * A member whose store was lost would come back under its name without its votes and its part of the log, and a quorum with it could
 * lose what another quorum has. Whoever knew it says so before anything else.
 */
export class Attributes implements Protocol<Message> {
  readonly #env: Environment<Message>
  readonly #options: AttributesOptions
  readonly #known = new Map<NodeId, Known>()
  /** Whether this is the first life that this member's store knows of. */
  readonly #isFirstLife: boolean

  constructor(env: Environment<Message>, options: AttributesOptions) {
    this.#env = env
    this.#options = options
    for (const id of options.members) {
      const bytes = env.store.get(id)
      const stored = bytes === undefined ? undefined : recordCodec.decode(bytes)
      if (stored !== undefined && 'clientUrls' in stored) this.#known.set(id, stored)
    }
    this.#isFirstLife = !this.#known.has(env.self.id)
  }

  /** Where the clients of a member find it, as far as it has told; empty when it serves none. */
  clientUrls(member: NodeId): readonly string[] {
    if (member === this.#env.self.id) return this.#options.clientUrls
    return this.#known.get(member)?.clientUrls ?? []
  }

  start(): void {
    const { id, incarnation } = this.#env.self
    if (this.#isFirstLife) this.#remember(id, { firstIncarnation: incarnation, clientUrls: [] })
    for (const member of this.#options.members) if (member !== id) this.#tell(member)
  }

  receive(from: Incarnation, { clientUrls, firstIncarnation }: Message): void {
    if (!this.#options.members.includes(from.id) || clientUrls.length > maxUrls) return
    const knownBefore = firstIncarnation !== undefined && firstIncarnation < this.#env.self.incarnation
    if (this.#isFirstLife && knownBefore) this.#options.forgotten(from.id)
    const known = this.#known.get(from.id)
    if (known?.clientUrls.join() === clientUrls.join()) return
    this.#remember(from.id, { firstIncarnation: known?.firstIncarnation ?? from.incarnation, clientUrls })
  }

  timeout(): void {}

  peer(event: PeerEvent): void {
    if (event.type === 'connected') this.#tell(event.peer.id)
  }

  inspect(): Inspection {
    return { known: Object.fromEntries(this.#known), isFirstLife: this.#isFirstLife }
  }

  #tell(peer: NodeId): void {
    const { clientUrls } = this.#options
    const firstIncarnation = this.#known.get(peer)?.firstIncarnation
    this.#env.send(peer, { type: 'attributes', clientUrls, firstIncarnation })
  }

  #remember(member: NodeId, known: Known): void {
    this.#known.set(member, known)
    this.#env.store.put(member, recordCodec.encode({ type: 'member', ...known }))
  }
}
