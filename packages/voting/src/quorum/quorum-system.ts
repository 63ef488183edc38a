import type { NodeId } from '@quorate/core'

/** `pending`: the members that have not voted yet can still turn it either way. */
export type VoteResult = 'won' | 'lost' | 'pending'

/** Anything that can be asked whether it holds an id: a `Set` of ids, or a `Map` by id. */
export interface IdSet {
  has(id: NodeId): boolean
}

/**
 * Which sets of members can act for all of them. Any two quorums of one system have a member in common, so that what one quorum
 * did, some member of every other knows.
 *
 * Ids that are not members count for nothing, wherever they turn up. Instances never change.
 *
 * D. Gifford, "Weighted voting for replicated data", SOSP 1979 (quorums that must meet).
 */
export interface QuorumSystem {
  /** Everybody who has a say, in ascending order. */
  readonly members: readonly NodeId[]
  /** Whether `ids` hold a quorum. */
  isQuorum(ids: IdSet): boolean
  /**
   * The greatest index that every member of some quorum has acknowledged. A member that is not in `acknowledged` has acknowledged
   * 0. A system without members commits everything: `Infinity`.
   */
  committedIndex(acknowledged: ReadonlyMap<NodeId, number>): number
  /**
   * How a vote stands, `true` being a yes: `won` once a quorum said yes, `lost` once no quorum can say yes any more. A system
   * without members wins every vote.
   */
  voteResult(votes: ReadonlyMap<NodeId, boolean>): VoteResult
}
