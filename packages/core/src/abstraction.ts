import type { Inspection } from './protocol.js'

/**
 * What an exhaustive search of a small world need not tell apart. Optional: without it the search is as thorough and comes less far. What
 * is claimed here is checked in samples by whatever relies on it.
 */
export interface Abstraction<Message> {
  /** The state without what decides nothing as long as the node's clock stands still, such as who was heard of in time. Pure. */
  timeless?(inspection: Inspection): Inspection
  /**
   * Whether a message, wherever it came from, would change nothing, show nothing and be answered by nothing, in this state and in all that
   * follow from it, after crashes as well: for most of what belongs to a term that is over. Asked only of states that are durable. Pure.
   */
  obsolete?(inspection: Inspection, message: Message): boolean
}
