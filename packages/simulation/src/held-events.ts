import type { Event, TimerEvent } from './events.js'
import type { SimulatedNode } from './simulated-node.js'

/** What happened to nodes while they were paused. */
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

  /** What piled up happens now: what arrived in the order of its arrival, then the timers in the order in which they ran out. */
  release(node: SimulatedNode, nowMs: number): readonly Event[] {
    const held = this.#held.get(node) ?? []
    this.#held.delete(node)
    const timers: TimerEvent[] = []
    const released: Event[] = []
    for (const event of held) {
      if (event.type === 'timer') timers.push(event)
      else released.push({ ...event, at: nowMs })
    }
    for (const event of timers.sort((a, b) => node.dueMs(a) - node.dueMs(b))) {
      const late = { ...event, at: nowMs }
      // A timer knows its pending expiry by identity.
      node.postponed(event, late)
      released.push(late)
    }
    return released
  }
}
