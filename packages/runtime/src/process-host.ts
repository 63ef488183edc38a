import {
  Host,
  isQuorateError,
  seededRandom,
  unboundedClock,
  type ChildDefinition,
  type ClockBound,
  type HostReport,
  type HostTimer,
  type Incarnation,
  type Inspection,
  type NodeId,
  type PeerEvent,
  type Platform,
  type Protocol,
  type Random,
  type StoreBackend,
} from '@quorate/core'
import { randomBytes } from 'node:crypto'
import { EventLoopHealth, type EventLoopHealthReport } from './event-loop-health.js'
import { ProcessClock } from './process-clock.js'
import { Timers } from './timers.js'

export interface ProcessHostOptions<Root extends Protocol<unknown>> {
  /** Which life of which node this is. `openDataFolder` hands out incarnations. */
  readonly self: Incarnation
  /** Where protocols keep what they must not forget: the write-ahead log of the node's data folder. */
  readonly stores: StoreBackend
  /** Sends to another node. Fair-lossy: it may drop, and never throws. */
  readonly transmit: (to: NodeId, channel: string, payload: Uint8Array) => void
  /** The outermost protocol. */
  readonly protocol: ChildDefinition<unknown, unknown, Root>
  /** How wrong this machine's clocks may be. Default: nothing is promised. */
  readonly clockBound?: ClockBound
  /** Seeds the protocols' randomness. Default: drawn from the operating system. */
  readonly seed?: number
  /** What protocols do not see and an operator should: malformed messages and the like. */
  readonly onReport?: (report: HostReport) => void
  /** Every indication of every protocol, by its path. */
  readonly onIndication?: (path: string, indication: unknown) => void
  /**
   * A protocol threw within a step. What it is left in, nobody knows, so the host has halted, as by `halt()`. Default: thrown further, out of
   * the event that the step was for, which ends most processes.
   */
  readonly onFailure?: (error: unknown) => void
}

/**
 * Runs protocols in this process, on its clock and timers: the counterpart of the simulator. The transport's events go in through
 * `receive` and `peer`, an application's requests through `request`; each is one step.
 */
export class ProcessHost<Root extends Protocol<unknown>> {
  readonly #clock: ProcessClock
  readonly #timers: Timers
  readonly #health = new EventLoopHealth()
  readonly #host: Host<Root>
  readonly #self: Incarnation
  readonly #onFailure: ((error: unknown) => void) | undefined
  #running = false
  /** What became durable before the start: the log repairs what it recovered while a node still opens its ports. */
  #writtenBefore: (() => void)[] | undefined = []

  /** Constructs the protocols on what their stores recovered. Nothing is started. */
  constructor(options: ProcessHostOptions<Root>) {
    this.#self = options.self
    this.#onFailure = options.onFailure
    const clock = new ProcessClock(options.clockBound ?? unboundedClock)
    this.#clock = clock
    this.#timers = new Timers(
      (timer) => this.#step(() => this.#host.fire(timer)),
      (lateMs) => this.#health.stalled(lateMs),
    )
    const random = seededRandom(options.seed ?? randomBytes(6).readUIntBE(0, 6))
    const platform: Platform = {
      self: options.self,
      clock,
      stores: {
        open: (path, written) =>
          options.stores.open(path, (write, error) => this.#written(() => written(write, error))),
        drop: (path) => options.stores.drop(path),
        commit: () => options.stores.commit(),
      },
      random: (path: string): Random => random.fork(path),
      transmit: (to, channel, payload) => {
        if (to === options.self.id) this.#loopBack(channel, payload)
        else options.transmit(to, channel, payload)
      },
      schedule: (timer: HostTimer, delayMs: number) => this.#timers.schedule(timer, delayMs),
      cancel: (timer: HostTimer) => this.#timers.cancel(timer),
      report: (report) => options.onReport?.(report),
      indicated: (path, indication) => options.onIndication?.(path, indication),
    }
    this.#host = new Host(platform, options.protocol)
  }

  get root(): Root {
    return this.#host.root
  }

  start(): void {
    this.#running = true
    this.#health.start()
    this.#step(() => this.#host.begin())
    const writtenBefore = this.#writtenBefore ?? []
    this.#writtenBefore = undefined
    for (const tell of writtenBefore) this.#step(tell)
  }

  /** A message has arrived from another node. */
  receive(from: Incarnation, channel: string, payload: Uint8Array): void {
    this.#step(() => this.#host.receive(from, channel, payload))
  }

  /** The transport saw something of a peer's connection. */
  peer(event: PeerEvent): void {
    this.#step(() => this.#host.peer(event))
  }

  /**
   * Runs `action` on the outermost protocol as one step and returns its result. Throws `QUORATE_NOT_RUNNING` before `start` and
   * after the end. What `action` throws is thrown to the caller; unless it is a refusal, a `QuorateError` other than
   * `QUORATE_ALGORITHM_FAILED`, the host halts, and `onFailure` is told as well.
   */
  request<T>(action: (root: Root) => T): T {
    this.#clock.advance()
    try {
      return this.#host.request(action)
    } catch (error) {
      if (!isQuorateError(error) || error.code === 'QUORATE_ALGORITHM_FAILED') this.#fail(error)
      throw error
    }
  }

  /** The state of every protocol, by its path. */
  inspect(): Readonly<Record<string, Inspection>> {
    this.#clock.advance()
    return this.#host.inspect()
  }

  health(): EventLoopHealthReport {
    return this.#health.report()
  }

  /** Stops every protocol in good order; no event is handled afterwards. */
  stop(): void {
    this.#step(() => this.#host.stop())
    this.halt()
  }

  /** Stops at once, as after a failure that leaves no good order. */
  halt(): void {
    this.#running = false
    this.#writtenBefore = undefined
    this.#host.halt()
    this.#timers.stop()
    this.#health.stop()
  }

  /** A message to itself is a step of its own, right behind the present one. */
  #loopBack(channel: string, payload: Uint8Array): void {
    queueMicrotask(() => this.receive(this.#self, channel, payload))
  }

  #written(tell: () => void): void {
    if (this.#writtenBefore === undefined) this.#step(tell)
    else this.#writtenBefore.push(tell)
  }

  #step(action: () => void): void {
    if (!this.#running) return
    this.#clock.advance()
    try {
      action()
    } catch (error) {
      this.#fail(error)
      if (this.#onFailure === undefined) throw error
    }
  }

  #fail(error: unknown): void {
    this.halt()
    this.#onFailure?.(error)
  }
}
