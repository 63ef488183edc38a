import type { Clock } from './clock.js'
import type { Codec } from './codec/codec.js'
import type { Incarnation, NodeId } from './ids.js'
import type { Protocol } from './protocol.js'
import type { Random } from './random.js'
import type { Store, Write } from './store.js'

/**
 * All that a protocol may touch. One implementation is a real process, another the simulator.
 *
 * **Durable before visible.** Whatever a protocol sends or indicates waits until everything that the same protocol has written
 * so far is durable, so that forgetting to wait is safe. Where something may leave earlier, the call names the write to wait for
 * instead, or `AT_ONCE`, with a comment that says why that is safe.
 *
 * In a protocol's constructor `send`, `indicate` and `timer` throw `QUORATE_NOT_STARTED`; after its end they do nothing.
 */
export interface Environment<Message, Indication = never> {
  readonly self: Incarnation
  readonly clock: Clock
  readonly random: Random
  readonly store: Store

  /**
   * Sends over fair-lossy links: a message may be lost, doubled, delayed and overtaken, but one sent again and again to a live,
   * reachable peer arrives. To itself a node delivers exactly once, as a later step. What is too long, too much to wait, or to a
   * node that nobody knows is dropped and reported to the platform.
   */
  send(to: NodeId | readonly NodeId[], message: Message, after?: Write): void

  /** Tells whoever created this protocol what it found out. Delivered when the current step's own work is done. */
  indicate(indication: Indication, after?: Write): void

  /** Calls `timeout(name)` after `delayMs`, 0 or more, by this node's monotonic clock. Setting a timer again replaces it. */
  timer(name: string, delayMs: number): void
  /** Takes a timer back. One that is not set may be cancelled, too. */
  cancel(name: string): void

  /**
   * Creates a child protocol with a channel, timers and a store of its own, and returns it. It is started at once when its parent has
   * been, otherwise right after its parent. `listen` gets its indications.
   */
  scope<M, I, P extends Protocol<M>>(name: string, child: ChildDefinition<M, I, P>): P
  /** Ends a child: its timers are cancelled, its waiting messages dropped, and what it stored is forgotten. */
  end(name: string): void
}

/** How `scope` makes a child. */
export interface ChildDefinition<M, I, P extends Protocol<M>> {
  readonly codec: Codec<M>
  create(env: Environment<M, I>): P
  listen(indication: I): void
}
