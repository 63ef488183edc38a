import type { ChildDefinition, Environment } from '../environment.js'
import { QuorateError } from '../errors.js'
import { invalidOption, limits } from '../limits.js'
import type { Clock } from '../clock.js'
import type { Incarnation, NodeId } from '../ids.js'
import type { Protocol } from '../protocol.js'
import type { Random } from '../random.js'
import type { Store, Write } from '../store.js'
import type { Host } from './host.js'
import type { HostTimer } from './platform.js'

/** A timer of a scope, known by name to its protocol and by identity to the platform. */
export class ScopeTimer implements HostTimer {
  readonly scope: Scope
  readonly name: string
  handle: unknown = undefined

  constructor(scope: Scope, name: string) {
    this.scope = scope
    this.name = name
  }

  get path(): string {
    return this.scope.path
  }
}

/** Below so many timers the ones that have run out are kept for their next use; a protocol that names them by number has more. */
const keptTimers = 64

/** What waits for a write: a message, already encoded, or an indication. */
type Waiting =
  | { readonly after: Write; readonly to: NodeId; readonly payload: Uint8Array }
  | { readonly after: Write; readonly indication: unknown }

/** Something that waits in a host until writes are durable: a message, or an indication. */
export type Held =
  | { readonly writes: number; readonly to: NodeId; readonly payload: Uint8Array }
  | { readonly writes: number; readonly indication: unknown }

/** The environment of one protocol on a host: its channel, timers, store, and what waits for its writes. */
export class Scope implements Environment<unknown, unknown> {
  readonly path: string
  readonly self: Incarnation
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly definition: ChildDefinition<unknown, unknown, Protocol<unknown>>
  readonly children = new Map<string, Scope>()
  protocol: Protocol<unknown> | undefined
  started = false
  ended = false
  readonly #host: Host
  readonly #timers = new Map<string, ScopeTimer>()
  #waiting: Waiting[] = []
  #waitingBytes = 0

  constructor(host: Host, path: string, definition: ChildDefinition<unknown, unknown, Protocol<unknown>>) {
    this.#host = host
    this.path = path
    this.definition = definition
    this.self = host.platform.self
    this.clock = host.platform.clock
    this.random = host.platform.random(path)
    this.store = host.platform.stores.open(path, (write, error) => host.written(this, write, error))
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  /** What waits, in order. */
  get held(): readonly Held[] {
    const { durable } = this.store
    return this.#waiting.map(({ after, ...what }) => ({ writes: after - durable, ...what }))
  }

  send(to: NodeId | readonly NodeId[], message: unknown, after: Write = this.store.latest): void {
    if (this.ended) return
    this.#requireConstructed('send')
    const payload = this.definition.codec.encode(message)
    if (typeof to === 'string') this.#sendOne(to, payload, after)
    else for (const each of to) this.#sendOne(each, payload, after)
  }

  indicate(indication: unknown, after: Write = this.store.latest): void {
    if (this.ended) return
    this.#requireConstructed('indicate')
    if (after <= this.store.durable) this.#host.indicate(this, indication)
    else this.#waiting.push({ after, indication })
  }

  timer(name: string, delayMs: number): void {
    if (this.ended) return
    this.#requireConstructed('set a timer')
    if (!(delayMs >= 0 && delayMs <= Number.MAX_SAFE_INTEGER)) {
      throw invalidOption(`timer ${this.path}/${name}`, delayMs, 'a delay of 0 or more milliseconds')
    }
    let timer = this.#timers.get(name)
    if (timer === undefined) {
      if (name.length > limits.maxNameLength) {
        throw invalidOption('timer name', name, `at most ${limits.maxNameLength} characters long`)
      }
      this.#timers.set(name, (timer = new ScopeTimer(this, name)))
    }
    this.#host.platform.schedule(timer, delayMs)
  }

  cancel(name: string): void {
    const timer = this.#timers.get(name)
    if (timer === undefined) return
    this.#host.platform.cancel(timer)
    this.retire(timer)
  }

  /** A timer has run out or been taken back: it is forgotten if there are many. */
  retire(timer: ScopeTimer): void {
    if (this.#timers.size > keptTimers) this.#timers.delete(timer.name)
  }

  scope<M, I, P extends Protocol<M>>(name: string, child: ChildDefinition<M, I, P>): P {
    if (name.length === 0 || name.length > limits.maxNameLength || name.includes('/')) {
      throw invalidOption('scope name', name, `1 to ${limits.maxNameLength} characters without "/"`)
    }
    if (this.ended)
      throw new QuorateError('QUORATE_NOT_RUNNING', `protocol "${this.path}" has ended: it has no children`)
    if (this.children.has(name)) throw invalidOption('scope name', name, 'one that is not in use')
    const scope = this.#host.open(this.path === '' ? name : `${this.path}/${name}`, child)
    this.children.set(name, scope)
    if (this.started) this.#host.start(scope)
    return scope.protocol as P
  }

  end(name: string): void {
    const child = this.children.get(name)
    if (child === undefined) return
    this.children.delete(name)
    this.#host.close(child)
  }

  /** Lets go what waited for writes that are durable now. */
  release(): void {
    if (this.#waiting.length === 0) return
    const durable = this.store.durable
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) {
      if (each.after > durable) {
        this.#waiting.push(each)
      } else if ('payload' in each) {
        this.#waitingBytes -= each.payload.length
        this.#host.platform.transmit(each.to, this.path, each.payload)
      } else {
        this.#host.indicate(this, each.indication)
      }
    }
  }

  /** Cancels every timer and forgets what waits. */
  silence(): void {
    this.ended = true
    for (const timer of this.#timers.values()) this.#host.platform.cancel(timer)
    this.#timers.clear()
    this.#waiting = []
    this.#waitingBytes = 0
  }

  /** Only `start` and what comes after it may act: a node that is merely constructed is not there yet. */
  #requireConstructed(what: string): void {
    if (this.protocol !== undefined) return
    throw new QuorateError(
      'QUORATE_NOT_STARTED',
      `protocol "${this.path}" wants to ${what} in its constructor, where it may only read its store and create children; do it in start()`,
      { path: this.path },
    )
  }

  #sendOne(to: NodeId, payload: Uint8Array, after: Write): void {
    if (payload.length > limits.maxMessageBytes) {
      this.#host.platform.report({ type: 'oversized', to, channel: this.path, bytes: payload.length })
    } else if (after <= this.store.durable) {
      this.#host.platform.transmit(to, this.path, payload)
    } else if (this.#waitingBytes + payload.length > limits.maxWaitingBytes) {
      this.#host.platform.report({ type: 'congested', to, channel: this.path, bytes: this.#waitingBytes })
    } else {
      this.#waiting.push({ after, to, payload })
      this.#waitingBytes += payload.length
    }
  }
}
