import type { NodeId } from '@quorate/core'

/** What happened between this node and one peer since the transport started. */
export interface PeerStats {
  readonly peer: NodeId
  /** `waiting`: for the next attempt to connect. `connecting`: an attempt is under way. */
  readonly state: 'waiting' | 'connecting' | 'connected'
  /** The latest life of the peer that was seen. */
  readonly incarnation: number | undefined
  /** Whether the peer is connected to this node: messages from it can arrive. */
  readonly incoming: boolean
  readonly sentMessages: number
  readonly sentFrames: number
  readonly sentBytes: number
  readonly receivedMessages: number
  readonly receivedFrames: number
  readonly receivedBytes: number
  /** Messages that were not sent: there was no connection, its queue was full, or it ended before they had left. */
  readonly droppedMessages: number
  /** Frames from the peer that were none. */
  readonly malformedFrames: number
  readonly queuedMessages: number
  readonly queuedBytes: number
  /** How often this node connected to the peer. */
  readonly connects: number
  /** How often an attempt to connect failed. */
  readonly failedAttempts: number
  /** The latest round trip of a question whether the peer is there, in milliseconds. */
  readonly roundTripMs: number | undefined
  /** What came of the latest attempt that failed. */
  readonly lastError: string | undefined
}

type Counted =
  | 'sentMessages'
  | 'sentFrames'
  | 'sentBytes'
  | 'receivedMessages'
  | 'receivedFrames'
  | 'receivedBytes'
  | 'droppedMessages'
  | 'malformedFrames'
  | 'connects'
  | 'failedAttempts'
  | 'roundTripMs'
  | 'lastError'

/** The part of `PeerStats` that is written as things happen. */
export type Counters = { -readonly [Name in Counted]: PeerStats[Name] }

export function newCounters(): Counters {
  return {
    sentMessages: 0,
    sentFrames: 0,
    sentBytes: 0,
    receivedMessages: 0,
    receivedFrames: 0,
    receivedBytes: 0,
    droppedMessages: 0,
    malformedFrames: 0,
    connects: 0,
    failedAttempts: 0,
    roundTripMs: undefined,
    lastError: undefined,
  }
}
