import type { Incarnation } from './ids.js'
import type { StoreError, Write } from './store.js'

/**
 * One participant of a distributed algorithm: a state machine that is told what happens and answers through its environment.
 *
 * Each method is one step: it runs to completion, synchronously, before the next, and time stands still within it. A protocol
 * reads what its store recovered in its constructor, where it may do nothing else; it acts from `start` on.
 */
export interface Protocol<Message> {
  /** Called once, after the constructor. */
  start(): void
  /** A message from a peer, or from this node itself. It may be late, doubled, out of order, or from an earlier life of the peer. */
  receive(from: Incarnation, message: Message): void
  /** The timer `name` has run out. Everything that had arrived by then was received first. */
  timeout(name: string): void
  /** Everything up to `write` is durable, or, with `error`, never will be: the node is about to stop. */
  written?(write: Write, error?: StoreError): void
  /** What the transport saw of a connection. Evidence, not truth. */
  peer?(event: PeerEvent): void
  /** The node stops in good order, at the end of this step: what still waits for a write then is dropped. */
  stop?(): void
  /** The whole protocol state as plain data: for invariants, hashing, status pages and time travel. Children are not included. */
  inspect(): Inspection
}

/** What a transport saw of the connection to a peer. */
export type PeerEvent =
  | { readonly type: 'connected'; readonly peer: Incarnation }
  | { readonly type: 'disconnected'; readonly peer: Incarnation; readonly cause: DisconnectCause }

/**
 * How a connection ended. `refused`: nobody listens at the peer's address any more although its host answers, which is strong
 * evidence that its process is gone. `ended`: it closed in good order or was reset, and its port was not or could not be asked.
 * `timed-out`: nothing came back for too long.
 */
export type DisconnectCause = 'ended' | 'refused' | 'timed-out'

/** Plain data: no classes, functions, cycles or `undefined` values. */
export type Inspection = { readonly [name: string]: Inspectable }
export type Inspectable =
  | string
  | number
  | boolean
  | null
  | readonly Inspectable[]
  | { readonly [name: string]: Inspectable }
