import type { Clock } from '../clock.js'
import type { Incarnation, NodeId } from '../ids.js'
import type { Random } from '../random.js'
import type { StoreBackend } from '../store.js'

/**
 * What a host needs from the world beneath it: a real process, or the simulator. It deals in bytes and knows no protocol.
 *
 * The platform calls the host one event at a time, never from within one of its own methods, and keeps the order that
 * `Protocol.timeout` promises: what arrived before a timer ran out is received before it.
 */
export interface Platform {
  readonly self: Incarnation
  readonly clock: Clock
  readonly stores: StoreBackend
  /** A generator for the protocol at `path`. */
  random(path: string): Random
  /** Sends `payload` over a fair-lossy link; to `self.id` it is delivered exactly once, later. */
  transmit(to: NodeId, channel: string, payload: Uint8Array): void
  /** Calls `host.fire(timer)` after `delayMs`, unless it is scheduled again or cancelled before. */
  schedule(timer: HostTimer, delayMs: number): void
  cancel(timer: HostTimer): void
  /** Something that a protocol must not see, but an operator should. */
  report(event: HostReport): void
  /** Called for every indication, whether of a child or of the root, when it is delivered. */
  indicated?(path: string, indication: unknown): void
}

/** A timer as the platform sees it: an identity with a place for the platform's own handle. */
export interface HostTimer {
  readonly path: string
  readonly name: string
  handle: unknown
}

export type HostReport =
  /** Bytes that are no message of the protocol on `channel`. They were dropped. */
  | { readonly type: 'malformed'; readonly from: Incarnation; readonly channel: string; readonly reason: string }
  /** A message for a protocol that does not run here. It was dropped. */
  | { readonly type: 'unknown-channel'; readonly from: Incarnation; readonly channel: string }
  /** A message longer than the limit. It was not sent. */
  | { readonly type: 'oversized'; readonly to: NodeId; readonly channel: string; readonly bytes: number }
  /** A message that should have waited for a write, behind `bytes` of others: too many. It was dropped. */
  | { readonly type: 'congested'; readonly to: NodeId; readonly channel: string; readonly bytes: number }
  /** A message to a node that nobody knows, perhaps by an id from a message. It was dropped. */
  | { readonly type: 'unknown-node'; readonly to: NodeId; readonly channel: string }
