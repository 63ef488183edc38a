import type { Codec } from './codec/index.js'
import type { NodeId } from './ids.js'
import type { Random } from './random.js'

/** Who lies, and to whom: what an algorithm's `forge` may know. */
export interface ForgeContext {
  /** The Byzantine node: peers know who sent them a message, so it cannot speak for another. */
  readonly self: NodeId
  /** Who gets the message; when all get the same lie, the first of them. */
  readonly to: NodeId
  /** All nodes, the Byzantine ones included. */
  readonly members: readonly NodeId[]
}

/** What a child of an algorithm says on a channel of its own, and how a Byzantine participant lies there. */
export interface ChildForge<Message = unknown> {
  readonly codec: Codec<Message>
  /** What is said instead of `message`. Pure. */
  forge(message: Message, random: Random, context: ForgeContext): Message
}
