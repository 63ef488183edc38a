import type { EventQueue } from './event-queue.js'
import type { Event } from './events.js'
import type { Network } from './network.js'
import type { Recorder } from './recorder.js'
import type { SimulatedNode } from './simulated-node.js'

/** Takes messages from one node to the other: as events of the time at which they arrive, unless the network has them vanish. */
export class Post {
  readonly #network: Network
  readonly #recorder: Recorder
  readonly #queue: EventQueue<Event>
  readonly #now: () => number

  constructor(network: Network, recorder: Recorder, queue: EventQueue<Event>, now: () => number) {
    this.#network = network
    this.#recorder = recorder
    this.#queue = queue
    this.#now = now
  }

  transmit(node: SimulatedNode, target: SimulatedNode, channel: string, payload: Uint8Array): void {
    // To itself and to its own kind it tells the truth: they are one adversary.
    if (node.byzantine === undefined || target.byzantine !== undefined) {
      this.#send(node, target, channel, payload)
      return
    }
    for (const said of node.byzantine.say(target.id, channel, payload)) {
      this.#send(node, target, said.channel, said.payload)
    }
  }

  #send(node: SimulatedNode, target: SimulatedNode, channel: string, payload: Uint8Array): void {
    const { self: from, index } = node
    const now = this.#now()
    this.#recorder.message('send', from, index, target, channel, payload)
    if (node === target) {
      this.#deliver(now, node, target, channel, payload, false)
      return
    }
    if (this.#network.lost(index, target.index)) {
      this.#recorder.message('lose', from, index, target, channel, payload)
      return
    }
    const copies = this.#network.duplicated() ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const at = this.#network.arrival(index, target.index, now)
      this.#deliver(at, node, target, channel, this.#network.transported(payload), copy > 0)
    }
  }

  #deliver(
    at: number,
    { self: from, index: fromIndex }: SimulatedNode,
    node: SimulatedNode,
    channel: string,
    payload: Uint8Array,
    copy: boolean,
  ): void {
    this.#queue.push({ type: 'deliver', at, rank: 0, order: 0, node, from, fromIndex, channel, payload, copy })
  }
}
