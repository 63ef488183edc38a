import {
  Host,
  type Clock,
  type HostTimer,
  type Incarnation,
  type Inspectable,
  type Inspection,
  type NodeId,
  type Platform,
  type Protocol,
  type Random,
} from '@quorate/core'
import { SimulatedStores } from '../simulated-stores.js'
import { textOf } from './digest.js'
import type { LocalEvent, Seen, Subject } from './subject.js'

const epochMs = 1_000_000_000_000
/** What clocks declare, as in runs. */
const clockBound = { wallErrorMs: 2, ratePpm: 200 }

/** A message that a node has sent to another. */
export interface Sent {
  readonly from: Incarnation
  readonly to: NodeId
  readonly channel: string
  readonly payload: Uint8Array
}

/** What an event made a node do. */
export interface Outcome<View> {
  readonly sent: readonly Sent[]
  readonly seen: readonly Seen<View>[]
}

/**
 * One node of an exploration: the host and the protocols of a real node, on stores that become durable when they are told to, and timers that
 * run out when they are told to.
 *
 * Timers that are set fire in any order: each may be late by any time. A node's clock stands still, or, where time passes, is at least where
 * a timer was due when that fires; of two nodes' clocks nothing can be said.
 *
 * What a node sends to itself is delivered right behind the step that sent it, as a real process does.
 *
 * Chance: every draw is the middle of what could be drawn. What is drawn delays timers, and these fire in any order in any case; of an
 * algorithm that tosses coins only one outcome is explored.
 */
export class ExploredNode<Root extends Protocol<unknown>, View extends Inspectable> implements Platform {
  self: Incarnation
  readonly clock: Clock
  readonly stores = new SimulatedStores(() => {})
  readonly #subject: Subject<Root, View>
  readonly #time: boolean
  readonly #timers = new Map<HostTimer, number>()
  #nowMs = 0
  #host: Host<Root>
  #inbox: { readonly channel: string; readonly payload: Uint8Array }[] = []
  #sent: Sent[] = []
  #seen: Seen<View>[] = []
  #indications: unknown[] = []
  #view = ''

  constructor(subject: Subject<Root, View>, id: NodeId, time: boolean) {
    this.#subject = subject
    this.#time = time
    this.self = { id, incarnation: 1 }
    this.clock = { now: () => this.#nowMs, wall: () => epochMs + this.#nowMs, bound: () => clockBound }
    this.#host = this.#construct()
  }

  get root(): Root {
    return this.#host.root
  }

  get pendingWrites(): number {
    return this.stores.pendingCount
  }

  /** The timers that are set, in an order that does not depend on how they were. */
  get timers(): readonly { readonly path: string; readonly name: string }[] {
    return [...this.#timers.keys()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  }

  start(): Outcome<View> {
    this.#begin()
    return this.#outcome()
  }

  /** Throws when the event cannot happen: no such timer is set, nothing is to become durable. */
  apply(event: LocalEvent): Outcome<View> {
    switch (event.type) {
      case 'deliver': {
        const { from, channel, payload } = event.message
        this.#step(() => this.#host.receive(from, channel, payload))
        break
      }
      case 'timer':
        this.#fire(event.path, event.name)
        break
      case 'durable':
        this.#step(() => this.stores.complete())
        break
      case 'crash':
        this.#crash(event.survivors)
        break
      case 'request':
        this.#step(() => this.#host.request((root) => this.#subject.requests[event.kind]?.make(root, event.number)))
    }
    return this.#outcome()
  }

  /** The states of all protocols by path; where no time passes, without what only time would make count. */
  inspect(): Readonly<Record<string, Inspection>> {
    const inspections = this.#host.inspect()
    if (this.#time) return inspections
    const timeless = Object.entries(inspections).map(([path, inspection]) => {
      const { abstraction } = this.#subject.abstractions.get(path) ?? {}
      return [path, abstraction?.timeless?.(inspection) ?? inspection]
    })
    return Object.fromEntries(timeless) as Readonly<Record<string, Inspection>>
  }

  /** Everything that what it does next depends on, as plain data. */
  state(): unknown {
    const timers = [...this.#timers].map(([timer, dueMs]) => [nameOf(timer), this.#time ? dueMs - this.#nowMs : 0])
    return [
      this.self,
      this.#nowMs,
      this.inspect(),
      this.#held(),
      this.stores.inspect(),
      timers.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1)),
    ]
  }

  /** A message in words. */
  read(channel: string, payload: Uint8Array): string {
    return textOf(this.#host.decode(channel, payload) ?? payload)
  }

  random(): Random {
    return middle
  }

  transmit(to: NodeId, channel: string, payload: Uint8Array): void {
    if (to === this.self.id) this.#inbox.push({ channel, payload })
    else this.#sent.push({ from: this.self, to, channel, payload })
  }

  schedule(timer: HostTimer, delayMs: number): void {
    this.#timers.set(timer, this.#nowMs + delayMs)
  }

  cancel(timer: HostTimer): void {
    this.#timers.delete(timer)
  }

  /** For operators: what a host drops changes nothing that is explored. */
  report(): void {}

  indicated(path: string, indication: unknown): void {
    if (path === '') this.#indications.push(indication)
  }

  /** What waits for writes. A message that will be sent twice is sent: what is sent arrives any number of times in any case. */
  #held(): unknown {
    return Object.entries(this.#host.held()).map(([path, held]) => [path, [...new Set(held.map(textOf))]])
  }

  #begin(restarted = false): void {
    this.#step(() => this.#host.begin(), restarted)
    const { started } = this.#subject
    if (started !== undefined) this.#step(() => this.#host.request((root) => started(this.self.id, root)))
  }

  #fire(path: string, name: string): void {
    for (const [timer, dueMs] of this.#timers) {
      if (timer.path !== path || timer.name !== name) continue
      this.#timers.delete(timer)
      if (this.#time) this.#nowMs = Math.max(this.#nowMs, dueMs)
      this.#step(() => this.#host.fire(timer))
      return
    }
    throw new Error(`timer ${path}/${name} of ${this.self.id} is not set`)
  }

  #crash(survivors: number): void {
    this.#host.halt()
    this.#timers.clear()
    this.stores.crash({ survivors, torn: false, cached: false })
    this.self = { id: this.self.id, incarnation: this.self.incarnation + 1 }
    this.#host = this.#construct()
    this.#begin(true)
  }

  #step(action: () => void, restarted = false): void {
    action()
    this.#look(restarted)
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      this.#host.receive(this.self, next.channel, next.payload)
      this.#look(false)
    }
  }

  /** Notes what the step showed, if it showed anything. */
  #look(restarted: boolean): void {
    const view = this.#subject.view(this.#host.root)
    const text = textOf(view)
    if (!restarted && this.#indications.length === 0 && text === this.#view) return
    this.#seen.push({ restarted, indications: this.#indications, view })
    this.#indications = []
    this.#view = text
  }

  #outcome(): Outcome<View> {
    const outcome = { sent: this.#sent, seen: this.#seen }
    this.#sent = []
    this.#seen = []
    return outcome
  }

  #construct(): Host<Root> {
    return new Host(this, this.#subject.protocol(this.self.id))
  }
}

function nameOf({ path, name }: { readonly path: string; readonly name: string }): string {
  return `${path}\u0000${name}`
}

const middle: Random = {
  fraction: () => 0.5,
  integer: (min, max) => min + Math.floor((max - min) / 2),
  chance: (probability) => probability > 0.5,
  pick: (items) => items[items.length >> 1] as (typeof items)[number],
  shuffle: (items) => [...items],
  fork: () => middle,
}
