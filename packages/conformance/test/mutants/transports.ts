import type { Incarnation, NodeId, PeerEvent } from '@quorate/core'
import type { TransportCluster, TransportObserver, TransportSubject } from '../../src/index.js'

/** What is under way, of all networks. */
const queue: (() => void)[] = []

/** Lets everything that is under way arrive. */
export function drive(conditions: Iterable<() => boolean>): void {
  for (const holds of conditions) {
    for (let left = 100; !holds(); left--) {
      if (left === 0) throw new Error('it comes to nothing')
      for (const arrive of queue.splice(0)) arrive()
    }
  }
}

/** Links in memory, and places to go wrong in. */
export class Links implements TransportCluster {
  protected readonly lives = new Map<NodeId, number>()
  protected readonly observer: TransportObserver
  readonly #ids: readonly NodeId[]

  constructor(ids: readonly NodeId[], observer: TransportObserver) {
    this.#ids = ids
    this.observer = observer
    for (const id of ids) this.begin(id)
  }

  send(from: NodeId, to: NodeId, channel: string, payload: Uint8Array): void {
    const life = this.life(from)
    if (this.lives.has(to)) this.later(() => this.observer.message(to, life, channel, payload))
  }

  stop(id: NodeId): void {
    const peer = this.life(id)
    this.tellOthers(id, { type: 'disconnected', peer, cause: 'ended' })
  }

  restart(id: NodeId): void {
    this.stop(id)
    this.begin(id)
  }

  close(): void {
    this.lives.clear()
  }

  protected begin(id: NodeId): void {
    this.lives.set(id, (this.lives.get(id) ?? 0) + 1)
    const peer = this.life(id)
    this.tellOthers(id, { type: 'connected', peer })
  }

  protected life(id: NodeId): Incarnation {
    return { id, incarnation: this.lives.get(id) ?? 0 }
  }

  protected later(action: () => void): void {
    queue.push(action)
  }

  protected tellOthers(id: NodeId, event: PeerEvent): void {
    for (const at of this.#ids) if (at !== id) this.later(() => this.observer.peer(at, event))
  }
}

class Losing extends Links {
  override send(from: NodeId, to: NodeId, channel: string, payload: Uint8Array): void {
    if (from !== 'n3' || to !== 'n2') super.send(from, to, channel, payload)
  }
}

class Garbling extends Links {
  override send(from: NodeId, to: NodeId, channel: string, payload: Uint8Array): void {
    super.send(from, to, channel, payload.length > 10_000 ? payload.map((byte) => byte ^ 1) : payload)
  }
}

class Misattributing extends Links {
  protected override life(id: NodeId): Incarnation {
    return super.life(id === 'n1' ? 'n3' : id)
  }
}

class Immediate extends Links {
  override send(from: NodeId, to: NodeId, channel: string, payload: Uint8Array): void {
    if (this.lives.has(to)) this.observer.message(to, this.life(from), channel, payload)
  }
}

class Strict extends Links {
  override send(from: NodeId, to: NodeId, channel: string, payload: Uint8Array): void {
    if (!this.lives.has(to)) throw new Error(`nobody knows ${to}`)
    super.send(from, to, channel, payload)
  }
}

class Quiet extends Links {
  protected override tellOthers(id: NodeId, event: PeerEvent): void {
    if (event.type !== 'connected') super.tellOthers(id, event)
  }
}

class Hopeful extends Links {
  protected override tellOthers(id: NodeId, event: PeerEvent): void {
    if (event.type !== 'disconnected') super.tellOthers(id, event)
  }
}

class Immortal extends Links {
  protected override life(id: NodeId): Incarnation {
    return { id, incarnation: 1 }
  }
}

function subject(Class: typeof Links): TransportSubject {
  return { name: 'links', open: (ids, observer) => new Class(ids, observer) }
}

export const links = subject(Links)

const noCreation = 'no creation: what arrives was sent, by that node, on that channel, byte for byte'
const connected = 'evidence: tells of every peer that it is connected'

/** Each wrong in one way, with the tests that must fail over it: that of the property, and those that wait for the same. */
export const wrongTransports: readonly (readonly [what: string, TransportSubject, fails: readonly string[]])[] = [
  [
    'loses everything on one link',
    subject(Losing),
    [
      'fair loss: what is sent again and again arrives',
      'tells nothing from within a call',
      'evidence: tells that a peer which ended is disconnected',
    ],
  ],
  ['changes what is long', subject(Garbling), [noCreation]],
  ['takes one sender for another', subject(Misattributing), [noCreation, connected]],
  ['delivers at once', subject(Immediate), ['tells nothing from within a call']],
  [
    'throws over unknown nodes',
    subject(Strict),
    ['a message to a node that nobody knows is dropped, and does not throw'],
  ],
  ['tells of no connection', subject(Quiet), [connected]],
  ['tells of no end', subject(Hopeful), ['evidence: tells that a peer which ended is disconnected']],
  ['knows no second life', subject(Immortal), ['a node that starts again is heard under its new incarnation']],
]
