import type { HostTimer, Incarnation } from '@quorate/core'
import type { Scheduled } from './event-queue.js'
import type { SimulatedNode } from './simulated-node.js'

/** A message arrives. */
export interface DeliverEvent extends Scheduled {
  readonly type: 'deliver'
  readonly node: SimulatedNode
  readonly from: Incarnation
  readonly fromIndex: number
  readonly channel: string
  readonly payload: Uint8Array
  /** The network made a second one of it. */
  readonly copy: boolean
}

/** A pending expiry. It is left in the queue when its timer is put off or cancelled, and looked at when its time comes. */
export interface TimerEvent extends Scheduled {
  readonly type: 'timer'
  readonly node: SimulatedNode
  readonly incarnation: number
  readonly timer: HostTimer
}

/** The oldest write of a node becomes durable, or fails. */
export interface DurableEvent extends Scheduled {
  readonly type: 'durable'
  readonly node: SimulatedNode
  readonly incarnation: number
}

/** Something that whoever drives the run wants done. */
export interface ActionEvent extends Scheduled {
  readonly type: 'action'
  readonly action: () => void
}
export type Event = DeliverEvent | TimerEvent | DurableEvent | ActionEvent
