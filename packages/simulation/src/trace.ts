import type { HostReport, Incarnation, NodeId, PeerEvent } from '@quorate/core'
import type { FaultAction } from './fault-action.js'

/** One thing that happened in a run. `at` is virtual milliseconds, true time. */
export type TraceEntry = { readonly at: number } & (
  | {
      readonly type: 'send' | 'deliver' | 'lose'
      readonly from: Incarnation
      readonly to: NodeId
      readonly channel: string
      readonly payload: Uint8Array
    }
  | { readonly type: 'timeout'; readonly node: NodeId; readonly path: string; readonly timer: string }
  | { readonly type: 'durable'; readonly node: NodeId }
  | { readonly type: 'start'; readonly node: NodeId; readonly incarnation: number }
  | { readonly type: 'crash'; readonly node: NodeId }
  /** Its disk is damaged, and its stores refuse it: it does not start. */
  | { readonly type: 'refuse'; readonly node: NodeId; readonly reason: string }
  | { readonly type: 'peer'; readonly node: NodeId; readonly event: PeerEvent }
  | { readonly type: 'request'; readonly node: NodeId; readonly what: string }
  | { readonly type: 'indication'; readonly node: NodeId; readonly path: string; readonly indication: unknown }
  | { readonly type: 'fault'; readonly action: FaultAction }
  | { readonly type: 'report'; readonly node: NodeId; readonly report: HostReport }
  | { readonly type: 'violation'; readonly property: string; readonly what: string }
)
