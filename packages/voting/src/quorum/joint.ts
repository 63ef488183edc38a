import { compareIds, type NodeId } from '@quorate/core'
import type { IdSet, QuorumSystem, VoteResult } from './quorum-system.js'

/**
 * Quorums are the sets that hold a quorum of each of two systems: what governs while members change from one to the other. Any
 * of its quorums meets any quorum of either, so that neither can act without the other.
 *
 * D. Ongaro and J. Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC 2014, section 6 (joint consensus).
 */
export class Joint implements QuorumSystem {
  readonly members: readonly NodeId[]
  readonly outgoing: QuorumSystem
  readonly incoming: QuorumSystem

  constructor(outgoing: QuorumSystem, incoming: QuorumSystem) {
    this.outgoing = outgoing
    this.incoming = incoming
    this.members = Object.freeze([...new Set([...outgoing.members, ...incoming.members])].sort(compareIds))
  }

  isQuorum(ids: IdSet): boolean {
    return this.outgoing.isQuorum(ids) && this.incoming.isQuorum(ids)
  }

  committedIndex(acknowledged: ReadonlyMap<NodeId, number>): number {
    return Math.min(this.outgoing.committedIndex(acknowledged), this.incoming.committedIndex(acknowledged))
  }

  voteResult(votes: ReadonlyMap<NodeId, boolean>): VoteResult {
    const outgoing = this.outgoing.voteResult(votes)
    const incoming = this.incoming.voteResult(votes)
    if (outgoing === incoming) return outgoing
    return outgoing === 'lost' || incoming === 'lost' ? 'lost' : 'pending'
  }
}

/** The quorums of both systems at once. With one that has no members it is the other. */
export function joint(outgoing: QuorumSystem, incoming: QuorumSystem): Joint {
  return new Joint(outgoing, incoming)
}
