import type { Event, TimerEvent } from './events.js'
import type { SimulatedNode } from './simulated-node.js'

/** What happened to nodes while they stood still: paused, or busy with a step that takes long. */
export class HeldEvents {
  readonly #held = new Map<SimulatedNode, Event[]>()

  hold(node: SimulatedNode, event: Event): void {
    const held = this.#held.get(node)
    if (held === undefined) this.#held.set(node, [event])
    else held.push(event)
  }

  forget(node: SimulatedNode): void {
    this.#held.delete(node)
  }

  /** Takes what happens next to a node that does one thing after the other: what happened first. */
  next(node: SimulatedNode, nowMs: number): Event | undefined {
    const event = this.#held.get(node)?.shift()
    return event && this.#late(event, nowMs)
  }

  /** What piled up happens now: what arrived in the order of its arrival, then the timers in the order in which they ran out. */
  release(node: SimulatedNode, nowMs: number): readonly Event[] {
    const held = this.#held.get(node) ?? []
    this.#held.delete(node)
    const timers = held.filter((event) => event.type === 'timer').sort((a, b) => node.dueMs(a) - node.dueMs(b))
    return [...held.filter(({ type }) => type !== 'timer'), ...timers].map((event) => this.#late(event, nowMs))
  }

  #late(event: Event, nowMs: number): Event {
    const late = { ...event, at: nowMs }
    // A timer knows its pending expiry by identity.
    if (event.type === 'timer') event.node.postponed(event, late as TimerEvent)
    return late
  }
}
