import type { Incarnation, PeerEvent } from '@quorate/core'
import type { TransportReport } from '../report.js'
import type { Repetition } from '../repetition.js'
import type { Settings } from '../settings.js'
import type { TlsMaterial } from '../tls.js'

/** What everything in a transport shares. */
export interface Context {
  readonly settings: Settings
  /** Drawn at random for this process. */
  readonly instance: Uint8Array
  readonly tls: TlsMaterial | undefined
  /** False when the listener threw. */
  message(from: Incarnation, channel: string, payload: Uint8Array): boolean
  peer(event: PeerEvent): void
  /** Tells an operator, unless the same was told lately; `among` counts what is the same. */
  report(report: Uncounted<TransportReport>, among?: Repetition): void
}

type Uncounted<Report> = Report extends unknown ? Omit<Report, 'count'> : never

/** One life of a node, as the handshake tells it. */
export interface Life extends Incarnation {
  /** Tells apart two processes that claim the same incarnation. */
  readonly instance: Uint8Array
}

export function sameInstance(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
