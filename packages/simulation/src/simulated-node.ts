import {
  Host,
  isQuorateError,
  QuorateError,
  type ChildDefinition,
  type Clock,
  type HostReport,
  type HostTimer,
  type Incarnation,
  type Inspection,
  type NodeId,
  type Platform,
  type Protocol,
  type Random,
  type StoreBackend,
} from '@quorate/core'
import type { Byzantine } from './byzantine.js'
import type { Marks } from './marks/marks.js'
import type { SimulatedClock } from './simulated-clock.js'
import type { TimerEvent } from './events.js'
import { SimulatedDisk } from './simulated-disk.js'
import { SimulatedStores } from './simulated-stores.js'
import type { OpenStores } from './simulation-options.js'
import type { Loss, Storage } from './storage.js'

/** What a simulated node asks of the simulation that it is part of. */
export interface World {
  readonly marks: Marks
  transmit(node: SimulatedNode, to: NodeId, channel: string, payload: Uint8Array): void
  wake(event: TimerEvent): void
  submit(node: SimulatedNode): void
  report(node: SimulatedNode, report: HostReport): void
  indicated(node: SimulatedNode, path: string, indication: unknown): void
}

/** When a timer is due, by its node's clock, and the event that will look. */
interface Due {
  localMs: number
  event: TimerEvent | undefined
}

const never = Infinity

export const allLost: Loss = { survivors: 0, torn: false, cached: false }

/** One node: a host on simulated clock, timers and stores, and the faults that it is under. */
export class SimulatedNode implements Platform {
  readonly index: number
  readonly clock: Clock
  readonly oscillator: SimulatedClock
  readonly storage: Storage
  /** The shortest and longest time that its writes take at present. */
  syncMs: readonly [number, number]
  self: Incarnation
  up = false
  paused = false
  /** The shortest and longest time that each of its steps takes; `undefined`: none. */
  stepMs: readonly [number, number] | undefined
  /** Until when its last step takes, while it does. */
  busyUntilMs: number | undefined
  /** Counts down the messages that still go out before an armed crash strikes. */
  sendsUntilCrash: number | undefined
  /** Whether that crash waits for the end of its step. */
  finishesStep = false
  /** What the armed crash leaves of what is not durable. */
  loss: Loss = allLost
  /** Whether the next write fails, and the process stops with it. */
  failsSync = false
  /** Whether every write does that needs space. */
  diskIsFull = false
  /** Whether its disk reports writes durable that are not. */
  diskLies = false
  /** What its messages go through when it is Byzantine. */
  byzantine: Byzantine | undefined
  /** Whether it is down and will not start again by itself, whatever was said before. */
  staysDown = false
  /** How long after either the next life begins, if it does by itself. */
  restartAfterMs: number | undefined
  readonly #world: World
  readonly #random: Random
  readonly #definition: (id: NodeId) => ChildDefinition<unknown, unknown, Protocol<unknown>>
  #stores: StoreBackend
  #host: Host | undefined
  #constructedAt = 0
  /** Whether it is known that it cannot start; `undefined`: nobody has looked yet. */
  #lost: boolean | undefined

  constructor(
    world: World,
    index: number,
    id: NodeId,
    clock: SimulatedClock,
    random: Random,
    syncMs: readonly [number, number],
    stores: OpenStores | undefined,
    definition: (id: NodeId) => ChildDefinition<unknown, unknown, Protocol<unknown>>,
  ) {
    this.#world = world
    this.index = index
    this.clock = clock
    this.oscillator = clock
    this.#random = random
    this.syncMs = syncMs
    this.#definition = definition
    this.self = { id, incarnation: 1 }
    this.storage =
      stores === undefined
        ? new SimulatedStores(() => this.#submit())
        : new SimulatedDisk(
            stores,
            random.fork('disk'),
            () => world.submit(this),
            () => world.marks.add('log-tail-repaired'),
          )
    this.#stores = this.storage.peek()
    this.#host = this.#construct()
  }

  get stores(): StoreBackend {
    return this.#stores
  }

  get id(): NodeId {
    return this.self.id
  }

  /** Whether what happens to it has to wait. */
  get stands(): boolean {
    return this.paused || this.busyUntilMs !== undefined
  }

  /** Of a node that is down: a host on what it would recover. Throws what its stores throw when they refuse that. */
  get host(): Host {
    if (this.#host === undefined) {
      this.#stores = this.storage.peek()
      this.#host = this.#construct()
    }
    return this.#host
  }

  /** Whether it is down and cannot start, because its disk is damaged and its stores refuse it. */
  get lost(): boolean {
    if (this.up || !this.storage.rotten) return false
    this.#lost ??= this.#refusal(() => this.host) !== undefined
    return this.#lost
  }

  inspect(path: string): Inspection | undefined {
    return this.lost ? undefined : this.host.inspectOne(path)
  }

  /** Opens the stores of a new life. Returns why they refuse what a damaged disk holds, if they do: then it stays down. */
  mount(): string | undefined {
    const refusal = this.#refusal(() => {
      const stores = this.storage.mount()
      // A process is constructed when it starts; what was constructed before, or on other stores, was for looking at.
      if (this.#constructedAt < this.#now() || stores !== this.#stores) this.#host = undefined
      this.#stores = stores
      this.#host ??= this.#construct()
    })
    this.#lost = refusal !== undefined
    return refusal
  }

  begin(): void {
    this.up = true
    this.staysDown = false
    this.host.begin()
  }

  /** Ends this life. */
  crash(loss: Loss): void {
    this.up = false
    this.paused = false
    this.busyUntilMs = undefined
    this.spare()
    this.host.halt()
    this.storage.crash(loss)
    this.self = { id: this.id, incarnation: this.self.incarnation + 1 }
    this.#host = undefined
    this.#lost = undefined
  }

  rot(): void {
    if (!this.storage.rot()) return
    this.#world.marks.add('bit-flipped')
    if (!this.up) {
      this.#host = undefined
      this.#lost = undefined
    }
  }

  /** Whether `error` says that the disk is damaged, when it is: what a node does then is to stop. */
  refuses(error: unknown): boolean {
    return this.storage.rotten && isQuorateError(error) && error.code === 'QUORATE_LOG_CORRUPT'
  }

  /** What is armed and has not struck will not. */
  spare(): void {
    this.sendsUntilCrash = undefined
    this.finishesStep = false
    this.loss = allLost
    this.failsSync = false
    this.restartAfterMs = undefined
  }

  random(path: string): Random {
    return this.#random.fork(`${this.self.incarnation}/${path}`)
  }

  transmit(to: NodeId, channel: string, payload: Uint8Array): void {
    if (this.sendsUntilCrash !== undefined && this.sendsUntilCrash-- <= 0 && !this.finishesStep) return
    this.#world.transmit(this, to, channel, payload)
  }

  schedule(timer: HostTimer, delayMs: number): void {
    const localMs = this.oscillator.now() + delayMs
    const due = (timer.handle ??= { localMs, event: undefined } satisfies Due) as Due
    due.localMs = localMs
    const at = this.oscillator.trueTimeOf(localMs)
    // An event that comes no later looks at the new time when it does: putting off a timer costs nothing.
    if (due.event === undefined || due.event.at > at) this.#wakeAt(at, timer, due)
  }

  cancel(timer: HostTimer): void {
    const due = timer.handle as Due | undefined
    if (due !== undefined) due.localMs = never
  }

  /** An expiry has come up. Tells whether its timer has run out, and if it was put off, looks again when it will have. */
  isDue(event: TimerEvent): boolean {
    const due = event.timer.handle as Due
    if (due.event !== event) return false
    due.event = undefined
    if (due.localMs <= this.oscillator.now()) return true
    if (due.localMs !== never) this.#wakeAt(this.oscillator.trueTimeOf(due.localMs), event.timer, due)
    return false
  }

  /** The clock's rate has changed: a timer that is due earlier now gets an event that comes earlier. */
  reconsider(event: TimerEvent): void {
    const due = event.timer.handle as Due
    if (due.event !== event || due.localMs === never) return
    const at = this.oscillator.trueTimeOf(due.localMs)
    if (at < event.at) this.#wakeAt(at, event.timer, due)
  }

  /** When the timer of a pending expiry is due, by this node's clock. */
  dueMs(event: TimerEvent): number {
    return (event.timer.handle as Due).localMs
  }

  /** `event` was held while the node was paused, and comes up again as `later`. */
  postponed(event: TimerEvent, later: TimerEvent): void {
    const due = event.timer.handle as Due
    if (due.event === event) due.event = later
  }

  report(report: HostReport): void {
    if (!this.dooming) this.#world.report(this, report)
  }

  indicated(path: string, indication: unknown): void {
    if (!this.dooming) this.#world.indicated(this, path, indication)
  }

  /** Whether an armed crash strikes in the present step. */
  get doomed(): boolean {
    return this.sendsUntilCrash !== undefined && this.sendsUntilCrash < 0
  }

  /** Whether it has cut the present step off. */
  get dooming(): boolean {
    return this.doomed && !this.finishesStep
  }

  #submit(): void {
    if (this.up) this.#world.submit(this)
    else
      throw new QuorateError(
        'QUORATE_NOT_STARTED',
        `a protocol of ${this.id} writes in its constructor; do it in start()`,
      )
  }

  #refusal(action: () => void): string | undefined {
    try {
      action()
      return undefined
    } catch (error) {
      if (!this.refuses(error)) throw error
      return (error as QuorateError).message
    }
  }

  #construct(): Host {
    this.#constructedAt = this.#now()
    const root = this.#definition(this.id)
    // What the root finds out in a step that a crash cuts off, nobody learns.
    return new Host(this, {
      codec: root.codec,
      create: (env) => root.create(env),
      listen: (indication) => {
        if (!this.dooming) root.listen(indication)
      },
    })
  }

  #wakeAt(at: number, timer: HostTimer, due: Due): void {
    due.event = { type: 'timer', at, rank: 1, order: 0, node: this, incarnation: this.self.incarnation, timer }
    this.#world.wake(due.event)
  }

  #now(): number {
    return this.oscillator.trueTime()
  }
}
