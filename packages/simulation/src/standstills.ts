import type { Random } from '@quorate/core'
import type { EventQueue } from './event-queue.js'
import type { Event } from './events.js'
import { HeldEvents } from './held-events.js'
import type { SimulatedNode } from './simulated-node.js'

/** What drives the nodes that stand still. */
interface Driver {
  readonly now: number
  at(atMs: number, action: () => void): void
}

/** Nodes that are paused, or busy with a step that takes long: what happens to them waits until they go on. */
export class Standstills {
  readonly #driver: Driver
  readonly #queue: EventQueue<Event>
  readonly #random: Random
  readonly #handle: (event: Event) => void
  readonly #held = new HeldEvents()

  constructor(driver: Driver, queue: EventQueue<Event>, random: Random, handle: (event: Event) => void) {
    this.#driver = driver
    this.#queue = queue
    this.#random = random
    this.#handle = handle
  }

  hold(node: SimulatedNode, event: Event): void {
    this.#held.hold(node, event)
  }

  /** What somebody wants of a node waits with everything else. */
  postpone(node: SimulatedNode, action: () => void): void {
    this.#held.hold(node, { type: 'action', at: 0, rank: 0, order: 0, action })
  }

  /** A life has ended, and what waited for it. */
  forget(node: SimulatedNode): void {
    this.#held.forget(node)
  }

  /** A paused node goes on: what piled up happens now. */
  resume(node: SimulatedNode): void {
    node.paused = false
    for (const event of this.#held.release(node, this.#driver.now)) this.#queue.push(event)
  }

  /** The step that a slow node has begun takes until some time later. */
  occupy(node: SimulatedNode, [min, max]: readonly [number, number]): void {
    const untilMs = this.#driver.now + min + this.#random.fraction() * (max - min)
    node.busyUntilMs = untilMs
    this.#driver.at(untilMs, () => {
      if (node.busyUntilMs === untilMs) this.proceed(node)
    })
  }

  /** A busy node is done with its step, and turns to what has waited, one after the other. */
  proceed(node: SimulatedNode): void {
    if (node.busyUntilMs === undefined) return
    node.busyUntilMs = undefined
    while (!node.stands) {
      const next = this.#held.next(node, this.#driver.now)
      if (next === undefined) return
      this.#handle(next)
    }
  }
}
