import {
  requireNumber,
  type ChildDefinition,
  type ClockBound,
  type Disk,
  type ForgeContext,
  type NodeId,
  type Protocol,
  type Random,
  type StoreBackend,
} from '@quorate/core'
import type { FaultAction } from './fault-action.js'
import type { LinkConditions } from './network.js'

export interface SimulationOptions<Root extends Protocol<unknown>> {
  /** Everything random in the run comes from it: the same seed is the same run. */
  readonly seed: number
  readonly nodes: readonly NodeId[]
  /** The protocol of each node. Called again for every life of a node. */
  readonly protocol: (id: NodeId) => ChildDefinition<unknown, unknown, Root>
  /** How links behave at first. Default: 0.1 to 1 ms, nothing lost, doubled or changed, in any order. */
  readonly links?: Partial<LinkConditions>
  /** The shortest and longest time until a write is durable, in milliseconds. Default 0.1 to 1. */
  readonly syncMs?: readonly [min: number, max: number]
  /**
   * Opens a node's stores on its disk, for each of its lives, such as `openWriteAheadLog`. Default: stores without a disk beneath
   * them, which lose what was not durable, and that neither tear nor rot.
   */
  readonly stores?: OpenStores | undefined
  /** What each node's clock declares of its error. Default: exact, as the clocks are until a fault changes them. */
  readonly clockBound?: ClockBound
  /** What wall clocks show when the run begins, in milliseconds since 1970. Default 1,000,000,000,000. */
  readonly epochMs?: number
  /** The most entries of the trace that are kept, the newest. Default 0: the trace is hashed, not kept. */
  readonly traceLimit?: number
  /** Called after every step with the node that took it, and after every crash with the node that crashed. */
  readonly afterStep?: (node: NodeId) => void
  /** Called when a node has started, for the first time or again. */
  readonly onStart?: (node: NodeId) => void
  /** Called for every indication of every protocol, from within the step: to act on the simulation use `at`. */
  readonly onIndication?: (node: NodeId, path: string, indication: unknown) => void
  /** How Byzantine nodes lie; without it there can be none that do. Called with the channel of a message and its bytes. */
  readonly forge?: ForgeBytes | undefined
  /** Called for every fault, before it takes effect. */
  readonly onFault?: (action: FaultAction) => void
}

/** Returns the bytes of a lie, or the same bytes where it has none to tell. */
export type ForgeBytes = (channel: string, payload: Uint8Array, random: Random, context: ForgeContext) => Uint8Array

/** How stores are opened on a disk. Throws `QUORATE_LOG_CORRUPT` when what the disk holds is damaged. */
export type OpenStores = (disk: Disk) => StoreBackend

/** Returns the range when it is one of times, otherwise throws `QUORATE_INVALID_OPTION`. */
export function requireTimes(name: string, [min, max]: readonly [number, number]): readonly [number, number] {
  requireNumber(name, min, { min: 0, max: 1e9 })
  requireNumber(name, max, { min, max: 1e9 })
  return [min, max]
}
