import { isMalformed } from '../codec/codec.js'
import type { ChildDefinition } from '../environment.js'
import { QuorateError } from '../errors.js'
import type { Incarnation } from '../ids.js'
import type { Inspection, PeerEvent, Protocol } from '../protocol.js'
import type { StoreError, Write } from '../store.js'
import type { HostTimer, Platform } from './platform.js'
import { Scope, type Held, type ScopeTimer } from './scope.js'

/**
 * Runs a protocol and its children on a platform: it gives them their environments, brings messages to the right one, and holds
 * back what they send and indicate until their writes are durable.
 *
 * A real node and the simulator use this same class, so the rule that nothing visible outruns the disk is attacked with the
 * algorithms that rely on it. Each public method is one step.
 */
export class Host<Root extends Protocol<unknown> = Protocol<unknown>> {
  readonly platform: Platform
  /** The outermost protocol. */
  readonly root: Root
  readonly #scopes = new Map<string, Scope>()
  readonly #rootScope: Scope
  #indications: { readonly scope: Scope; readonly indication: unknown }[] = []
  #begun = false
  #stopped = false

  /** Constructs the root protocol, and with it its children, on what the platform's stores recovered. Nothing is started. */
  constructor(platform: Platform, root: ChildDefinition<unknown, unknown, Root>) {
    this.platform = platform
    this.#rootScope = this.open('', root)
    this.root = this.#rootScope.protocol as Root
    this.platform.stores.commit()
  }

  /** Starts the root, then its children. */
  begin(): void {
    this.#begun = true
    this.start(this.#rootScope)
    this.#endStep()
  }

  /** A message has arrived. */
  receive(from: Incarnation, channel: string, payload: Uint8Array): void {
    if (this.#stopped) return
    const scope = this.#scopes.get(channel)
    if (scope === undefined || !scope.started) {
      this.platform.report({ type: 'unknown-channel', from, channel })
      return
    }
    const message = scope.definition.codec.decode(payload)
    if (isMalformed(message)) {
      this.platform.report({ type: 'malformed', from, channel, reason: message.reason })
      return
    }
    scope.protocol?.receive(from, message)
    this.#endStep()
  }

  /** A timer has run out. */
  fire(timer: HostTimer): void {
    if (this.#stopped) return
    const due = timer as ScopeTimer
    const { scope, name } = due
    if (scope.ended) return
    scope.retire(due)
    scope.protocol?.timeout(name)
    this.#endStep()
  }

  /** The transport saw something of a peer's connection: every protocol is told. */
  peer(event: PeerEvent): void {
    if (this.#stopped) return
    for (const scope of [...this.#scopes.values()]) if (scope.started && !scope.ended) scope.protocol?.peer?.(event)
    this.#endStep()
  }

  /**
   * A request from outside: runs `action` on the root as a step and returns its result, which is not held back: what depends on
   * a write is learnt by indication. Throws `QUORATE_NOT_RUNNING` before `begin` and after `stop`.
   */
  request<T>(action: (root: Root) => T): T {
    if (!this.#begun || this.#stopped) {
      const when = this.#begun ? 'has stopped' : 'has not begun'
      throw new QuorateError('QUORATE_NOT_RUNNING', `the host of ${this.platform.self.id} ${when}: it takes no request`)
    }
    const result = action(this.root)
    this.#endStep()
    return result
  }

  /** Stops every protocol in good order, children first, and then all events. */
  stop(): void {
    if (this.#stopped) return
    for (const scope of [...this.#scopes.values()].reverse()) {
      if (scope.started && !scope.ended) scope.protocol?.stop?.()
    }
    this.#endStep()
    this.halt()
  }

  /** Ends all events at once, as a crash would: no protocol is told. */
  halt(): void {
    this.#stopped = true
    for (const scope of this.#scopes.values()) scope.silence()
  }

  /** The state of every protocol by its path; the root's is the empty string. */
  inspect(): Readonly<Record<string, Inspection>> {
    const inspections: Record<string, Inspection> = {}
    for (const [path, scope] of this.#scopes)
      if (scope.protocol !== undefined) inspections[path] = scope.protocol.inspect()
    return inspections
  }

  /** The state of one protocol, or `undefined` when none runs at `path`. */
  inspectOne(path: string): Inspection | undefined {
    return this.#scopes.get(path)?.protocol?.inspect()
  }

  /**
   * What it holds beside the protocols, by path: what waits there for writes, with how many writes it waits for. With `inspect()`, the
   * stores and the timers it is the whole state of a node.
   */
  held(): Readonly<Record<string, readonly Held[]>> {
    const held: Record<string, readonly Held[]> = {}
    for (const [path, scope] of this.#scopes) if (scope.waitingCount > 0) held[path] = scope.held
    return held
  }

  /** What a message says, by the codec of the protocol that it is for; `undefined` when that does not run or cannot read it. */
  decode(channel: string, payload: Uint8Array): unknown {
    const message = this.#scopes.get(channel)?.definition.codec.decode(payload)
    return isMalformed(message) ? undefined : message
  }

  /** @internal Creates the protocol of a scope. */
  open(path: string, child: ChildDefinition<unknown, unknown, Protocol<unknown>>): Scope {
    const scope = new Scope(this, path, child)
    this.#scopes.set(path, scope)
    scope.protocol = child.create(scope)
    return scope
  }

  /** @internal Starts a scope's protocol and its children. */
  start(scope: Scope): void {
    if (scope.started || scope.ended) return
    scope.started = true
    scope.protocol?.start()
    for (const child of [...scope.children.values()]) this.start(child)
  }

  /** @internal Ends a scope and its children and forgets what they stored. */
  close(scope: Scope): void {
    for (const child of scope.children.values()) this.close(child)
    scope.silence()
    this.#scopes.delete(scope.path)
    this.platform.stores.drop(scope.path)
  }

  /** @internal Queues an indication: it is delivered within this step, once the protocol that made it is done. */
  indicate(scope: Scope, indication: unknown): void {
    this.#indications.push({ scope, indication })
  }

  /** @internal A scope's writes have become durable, or failed. */
  written(scope: Scope, write: Write, error: StoreError | undefined): void {
    if (this.#stopped || scope.ended) return
    if (error === undefined) scope.release()
    scope.protocol?.written?.(write, error)
    this.#endStep()
  }

  #endStep(): void {
    while (this.#indications.length > 0) {
      const indications = this.#indications
      this.#indications = []
      for (const { scope, indication } of indications) {
        if (scope.ended) continue
        this.platform.indicated?.(scope.path, indication)
        scope.definition.listen(indication)
      }
    }
    this.platform.stores.commit()
  }
}
