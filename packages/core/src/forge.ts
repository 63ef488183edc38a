import type { NodeId } from './ids.js'

/** Who lies, and to whom: what an algorithm's `forge` may know. */
export interface ForgeContext {
  /** The Byzantine node: peers know who sent them a message, so it cannot speak for another. */
  readonly self: NodeId
  /** Who gets the message; when all get the same lie, the first of them. */
  readonly to: NodeId
  /** All nodes, the Byzantine ones included. */
  readonly members: readonly NodeId[]
}
