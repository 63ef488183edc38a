import {
  invalidOption,
  QuorateError,
  requireInteger,
  requireMembers,
  seededRandom,
  type HostReport,
  type Incarnation,
  type Inspection,
  type NodeId,
  type PeerEvent,
  type Protocol,
  type Random,
} from '@quorate/core'
import { Byzantine, type Misconduct } from './byzantine.js'
import { Marks } from './marks/marks.js'
import { markCrash, markFault } from './marks/fault-marks.js'
import { EventQueue } from './event-queue.js'
import type { Event, TimerEvent } from './events.js'
import type { FaultAction } from './fault-action.js'
import { takeEffect, type Stricken } from './fault-effects.js'
import { Network } from './network.js'
import { Post } from './post.js'
import { Recorder } from './recorder.js'
import { requireTimes, type SimulationOptions } from './simulation-options.js'
import { SimulatedClock } from './simulated-clock.js'
import { allLost, SimulatedNode, type World } from './simulated-node.js'
import { Standstills } from './standstills.js'
import type { TraceEntry } from './trace.js'

/**
 * Runs protocols on virtual time: one thread, one queue of events, one seed. Every message is encoded and decoded, every write
 * takes its time to become durable, and whatever happens enters the trace's hash.
 */
export class Simulation<Root extends Protocol<unknown> = Protocol<unknown>> implements World {
  /** For whoever drives the run: requests and faults drawn from here belong to the seed, too. */
  readonly random: Random
  readonly network: Network
  /** How often which rare event has happened. */
  readonly marks = new Marks()
  /** How many events have been handled. */
  events = 0
  readonly #options: SimulationOptions<Root>
  readonly #queue = new EventQueue<Event>()
  readonly #recorder: Recorder
  readonly #nodes: readonly SimulatedNode[]
  readonly #byId: ReadonlyMap<NodeId, SimulatedNode>
  readonly #syncRandom: Random
  readonly #byzantineRandom: Random
  readonly #post: Post
  readonly #syncMs: readonly [number, number]
  readonly #lastDurableAt: Float64Array
  readonly #standstills: Standstills
  readonly #stricken: Stricken
  #now = 0
  #withinStep = false

  constructor(options: SimulationOptions<Root>) {
    const seed = requireInteger('seed', options.seed, { min: 0 })
    const ids = requireMembers(options.nodes)
    const random = seededRandom(seed)
    this.#options = options
    const traceLimit = requireInteger('traceLimit', options.traceLimit ?? 0, { min: 0, max: 10_000_000 })
    this.#recorder = new Recorder(() => this.#now, traceLimit)
    this.random = random.fork('driver')
    this.#syncRandom = random.fork('sync')
    this.#standstills = new Standstills(this, this.#queue, random.fork('slow'), (event) => this.#handle(event))
    this.#byzantineRandom = random.fork('byzantine')
    this.network = new Network(ids.length, options.links ?? {}, random.fork('network'), this.marks)
    this.#lastDurableAt = new Float64Array(ids.length)
    this.#syncMs = requireTimes('syncMs', options.syncMs ?? [0.1, 1])
    this.#post = new Post(this.network, this.#recorder, this.#queue, () => this.#now)
    const bound = options.clockBound ?? { wallErrorMs: 0, ratePpm: 0 }
    this.#nodes = ids.map((id, index) => {
      const clock = new SimulatedClock(() => this.#now, options.epochMs ?? 1_000_000_000_000, bound)
      const { stores, protocol } = options
      return new SimulatedNode(this, index, id, clock, random.fork(`node ${id}`), this.#syncMs, stores, protocol)
    })
    this.#byId = new Map(this.#nodes.map((node) => [node.id, node]))
    this.#stricken = {
      network: this.network,
      usualSyncMs: this.#syncMs,
      node: (id) => this.#node(id),
      crash: (node) => this.#crash(node),
      start: (id) => this.start([id]),
      resume: (node) => this.#standstills.resume(node),
      hasten: (node) => this.#standstills.proceed(node),
      corrupt: (node, conduct) => this.#corrupt(node, conduct),
      timersOf: (node) =>
        this.#queue.all.filter((event) => event.type === 'timer' && event.node === node) as TimerEvent[],
    }
  }

  /** Virtual milliseconds since the run began: true time, which no node knows. */
  get now(): number {
    return this.#now
  }

  /** A hash of everything that has happened so far. */
  get hash(): string {
    return this.#recorder.hash
  }

  /** The newest entries of the trace, as many as `traceLimit` keeps. */
  get trace(): readonly TraceEntry[] {
    return this.#recorder.trace
  }

  get nodes(): readonly NodeId[] {
    return this.#nodes.map((node) => node.id)
  }

  /** The nodes that run, paused ones included. */
  get live(): readonly NodeId[] {
    return this.#nodes.filter((node) => node.up).map((node) => node.id)
  }

  isUp(id: NodeId): boolean {
    return this.#node(id).up
  }

  isPaused(id: NodeId): boolean {
    return this.#node(id).paused
  }

  /** Whether messages from one node to the other get through at present, as far as cuts are concerned. */
  connected(from: NodeId, to: NodeId): boolean {
    return this.network.connected(this.#node(from).index, this.#node(to).index)
  }

  /**
   * The node's outermost protocol, for reading; of a node that is down, on what it would recover: of one that is lost that throws.
   * Changes go through `request`.
   */
  root(id: NodeId): Root {
    return this.#node(id).host.root as Root
  }

  /**
   * What `look` finds on the node's outermost protocol. `undefined` when that lies on a damaged disk: a node that is up goes down
   * over it, as it would by reading it itself. From within a step it throws, and the step ends so.
   */
  look<T>(id: NodeId, look: (root: Root) => T): T | undefined {
    const node = this.#node(id)
    if (node.lost) return undefined
    try {
      return look(node.host.root as Root)
    } catch (error) {
      if (this.#withinStep || !node.refuses(error)) throw error
      if (node.up) this.#refused(node, error)
      return undefined
    }
  }

  /** The state of the protocol at `path` on a node; of a node that is down, what it would recover, if it is not lost. */
  inspect(id: NodeId, path = ''): Inspection | undefined {
    return this.#node(id).inspect(path)
  }

  /** Starts nodes that are down; all of them without an argument. */
  start(ids: readonly NodeId[] = this.nodes): void {
    for (const id of ids) {
      const node = this.#node(id)
      if (node.up) continue
      const refusal = node.mount()
      if (refusal !== undefined) {
        this.#recorder.refuse(node, refusal)
        this.marks.add('damage-found')
        continue
      }
      this.#recorder.start(node)
      if (node.self.incarnation > 1) this.marks.add('restart')
      this.#step(node, () => node.begin())
      this.#options.onStart?.(id)
    }
  }

  /** A request from outside, as one step of the node: for example `(election) => election.stand()`. Ignored by a node that is down. */
  request(id: NodeId, what: string, action: (root: Root) => void): void {
    const node = this.#node(id)
    if (!node.up) return
    if (node.stands) {
      this.#standstills.postpone(node, () => this.request(id, what, action))
      return
    }
    this.#recorder.request(node, what)
    this.#step(node, () => node.host.request((root) => action(root as Root)))
  }

  /** Tells a node what its transport would have seen of a connection. Ignored by a node that is down. */
  peerEvent(id: NodeId, event: PeerEvent): void {
    const node = this.#node(id)
    if (!node.up) return
    if (node.stands) {
      this.#standstills.postpone(node, () => this.peerEvent(id, event))
      return
    }
    this.#recorder.peer(node, event)
    this.#step(node, () => node.host.peer(event))
  }

  /** The identity of a node's present life, or of its next when it is down. */
  incarnation(id: NodeId): Incarnation {
    return this.#node(id).self
  }

  /** Calls `action` at the given time; it may use everything of this simulation. */
  at(atMs: number, action: () => void): void {
    this.#queue.push({ type: 'action', at: Math.max(atMs, this.#now), rank: 2, order: 0, action })
  }

  /** Does what a fault says, now. */
  apply(action: FaultAction): void {
    this.#requireBetweenSteps()
    this.#options.onFault?.(action)
    this.#recorder.fault(action)
    markFault(action, (id) => this.#node(id), this.marks)
    takeEffect(action, this.#stricken)
  }

  /** Handles events until virtual time `atMs`, or until `done` says so after one; returns whether it did. */
  run(atMs: number, done?: () => boolean): boolean {
    this.#requireBetweenSteps()
    for (;;) {
      const next = this.#queue.peek()
      if (next === undefined || next.at > atMs) break
      this.#queue.pop()
      this.#now = next.at
      this.#handle(next)
      if (done?.() === true) return true
    }
    this.#now = Math.max(this.#now, atMs)
    return false
  }

  /** Puts a violation into the trace. */
  violated(property: string, what: string): void {
    this.#recorder.violation(property, what)
  }

  /** @internal */
  transmit(node: SimulatedNode, to: NodeId, channel: string, payload: Uint8Array): void {
    const target = this.#byId.get(to)
    if (target === undefined) this.report(node, { type: 'unknown-node', to, channel })
    else this.#post.transmit(node, target, channel, payload)
  }

  /** @internal */
  wake(event: TimerEvent): void {
    this.#queue.push(event)
  }

  /** @internal */
  submit(node: SimulatedNode): void {
    const [min, max] = node.syncMs
    const at = Math.max(
      this.#now + min + this.#syncRandom.fraction() * (max - min),
      this.#lastDurableAt[node.index] as number,
    )
    this.#lastDurableAt[node.index] = at
    this.#queue.push({ type: 'durable', at, rank: 0, order: 0, node, incarnation: node.self.incarnation })
  }

  /** @internal */
  report(node: SimulatedNode, report: HostReport): void {
    this.#recorder.report(node, report)
    if (report.type === 'malformed') this.marks.add('message-malformed')
  }

  /** @internal */
  indicated(node: SimulatedNode, path: string, indication: unknown): void {
    this.#recorder.indication(node, path, indication)
    this.#options.onIndication?.(node.id, path, indication)
  }

  #handle(event: Event): void {
    if (event.type === 'action') {
      event.action()
      return
    }
    const { node } = event
    if (event.type === 'deliver') {
      const { from, channel, payload } = event
      // What a node sent to itself dies with the life that sent it.
      if (!node.up || (from.id === node.id && from.incarnation !== node.self.incarnation)) {
        this.#recorder.message('lose', from, event.fromIndex, node, channel, payload)
        return
      }
    } else if (event.incarnation !== node.self.incarnation) {
      return
    }
    if (node.stands) {
      this.#standstills.hold(node, event)
      return
    }
    if (event.type === 'timer' && !node.isDue(event)) return
    this.events++
    switch (event.type) {
      case 'deliver': {
        const { from, channel, payload, copy } = event
        this.#recorder.message('deliver', from, event.fromIndex, node, channel, payload)
        if (copy) this.marks.add('duplicate-delivered')
        if (from.incarnation !== (this.#nodes[event.fromIndex] as SimulatedNode).self.incarnation) {
          this.marks.add('message-of-a-former-life')
        }
        this.#step(node, () => node.host.receive(from, channel, payload))
        return
      }
      case 'timer':
        this.#recorder.timeout(node, event.timer.path, event.timer.name)
        this.#step(node, () => node.host.fire(event.timer))
        return
      case 'durable':
        this.#write(node)
    }
  }

  /** The oldest write of a node becomes durable, or fails: then its protocols are told, and the process stops. */
  #write(node: SimulatedNode): void {
    const { storage } = node
    const reason = node.failsSync ? 'EIO' : node.diskIsFull && storage.grows ? 'ENOSPC' : undefined
    if (reason === undefined) {
      this.#recorder.durable(node)
      this.#step(node, () => (node.diskLies ? storage.pretend() : storage.complete()))
      return
    }
    this.marks.add(reason === 'EIO' ? 'write-failed' : 'disk-full')
    this.#beginStep()
    storage.fail(reason)
    this.#withinStep = false
    this.#crash(node)
  }

  #requireBetweenSteps(): void {
    if (!this.#withinStep) return
    throw new QuorateError('QUORATE_WITHIN_STEP', 'a simulation is not driven from within a step of a node; use at()')
  }

  #beginStep(): void {
    this.#requireBetweenSteps()
    this.#withinStep = true
  }

  #step(node: SimulatedNode, action: () => void): void {
    this.#beginStep()
    try {
      action()
    } catch (error) {
      this.#withinStep = false // the caller may live with a request that was refused
      this.#refused(node, error)
      return
    }
    this.#afterStep(node)
  }

  #afterStep(node: SimulatedNode): void {
    this.#withinStep = false
    if (node.doomed) {
      this.#crash(node)
      return
    }
    if (node.stepMs !== undefined) this.#standstills.occupy(node, node.stepMs)
    this.#options.afterStep?.(node.id)
  }

  /** Something threw. That a damaged disk was found out ends the node's life; anything else is thrown on. */
  #refused(node: SimulatedNode, error: unknown): void {
    if (!node.refuses(error)) throw error
    this.marks.add('damage-found')
    node.loss = allLost
    this.#crash(node)
  }

  #crash(node: SimulatedNode): void {
    this.#recorder.crash(node)
    this.#standstills.forget(node)
    markCrash(node, this.marks)
    const { id, restartAfterMs } = node
    node.crash(node.loss)
    if (restartAfterMs !== undefined) {
      this.at(this.#now + restartAfterMs, () => {
        if (!node.staysDown) this.apply({ type: 'restart', node: id })
      })
    }
    this.#lastDurableAt[node.index] = this.#now
    this.#options.afterStep?.(node.id)
  }

  #corrupt(node: SimulatedNode, conduct: Misconduct): void {
    const [self, forge, marks, members] = [node.id, this.#options.forge, this.marks, this.nodes]
    const random = this.#byzantineRandom.fork(self)
    node.byzantine = new Byzantine(conduct, { self, members, forge, random, now: () => this.#now, marks })
  }

  #node(id: NodeId): SimulatedNode {
    const node = this.#byId.get(id)
    if (node === undefined) throw invalidOption('node', id, `one of ${this.nodes.join(', ')}`)
    return node
  }
}
