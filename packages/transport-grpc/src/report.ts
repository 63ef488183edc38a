import type { ErrorCode, Incarnation, NodeId, PeerEvent } from '@quorate/core'

/**
 * What an operator should hear. What repeats is told the 1st, 2nd, 4th, 8th, … time, with its `count`; `message` says what is
 * wrong and what to do.
 */
export type TransportReport =
  /** This node refused a process that connected to it: `code` is that of the refusal, which the other side was told if it could be. */
  | Told<'refused-connection', { readonly remote: string; readonly code: ErrorCode }>
  /** Somebody listens at the peer's URL, but there is no talking to it. It is tried again every `maxReconnectDelayMs`. */
  | Told<'handshake-failed', { readonly peer: NodeId; readonly url: string; readonly code: ErrorCode }>
  /** There is no reaching the peer's URL. It is tried again and again. */
  | Told<
      'unreachable',
      { readonly peer: NodeId; readonly url: string; readonly cause: 'refused' | 'timed-out' | 'unreachable' }
    >
  /** Bytes that are no frame, or one that has no place where it came. They were dropped. */
  | Told<'malformed', { readonly remote: string; readonly peer?: NodeId }>
  /** A message that was not sent: to a node that is no peer, or too long. */
  | Told<'not-sent', { readonly to: NodeId; readonly channel: string }>
  /** The queue to a peer is full: it does not read as fast as this node sends. Messages to it are dropped. */
  | Told<'queue-full', { readonly peer: NodeId }>

type Told<Type extends string, Data> = { readonly type: Type; readonly message: string; readonly count: number } & Data

/** Where a transport delivers. */
export interface TransportListener {
  /** A message. `payload` is a view of a larger buffer, which lives as long as it does. */
  onMessage(from: Incarnation, channel: string, payload: Uint8Array): void
  /** What became of a connection. */
  onPeer(event: PeerEvent): void
  onReport?(report: TransportReport): void
}

/**
 * Calls a listener from within an event of a socket. What it throws is thrown again as an uncaught exception: a step that failed
 * has left its protocol in an unknown state, and neither grpc-js nor this package may decide that it goes on. Returns whether
 * the call succeeded.
 */
export function deliver(call: () => void): boolean {
  try {
    call()
    return true
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
    return false
  }
}
