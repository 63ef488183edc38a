import { requireInteger, requireMembers, type NodeId } from '@quorate/core'
import type { IdSet, QuorumSystem, VoteResult } from './quorum-system.js'

/**
 * Quorums are the sets of more than half of the members: any two of them meet, and of n = 2f + 1 members f may be missing.
 *
 * R. Thomas, "A majority consensus approach to concurrency control for multiple copy databases", ACM Transactions on Database
 * Systems 4(2), 1979.
 */
export class Majority implements QuorumSystem {
  readonly members: readonly NodeId[]
  /** How many members the smallest quorum has: 0 without members. */
  readonly size: number
  /** Scratch of `committedIndex`: the greatest indexes seen, in descending order. */
  readonly #greatest: Float64Array

  constructor(members: readonly NodeId[]) {
    this.members = Object.freeze(members.length === 0 ? [] : [...requireMembers(members)])
    this.size = majoritySize(members.length)
    this.#greatest = new Float64Array(this.size)
  }

  isQuorum(ids: IdSet): boolean {
    let count = 0
    for (const id of this.members) if (ids.has(id)) count++
    return count >= this.size
  }

  committedIndex(acknowledged: ReadonlyMap<NodeId, number>): number {
    if (this.size === 0) return Infinity
    const greatest = this.#greatest.fill(0)
    // A replicated log asks this at every acknowledgement: a short insertion beats sorting, and allocates nothing.
    for (const id of this.members) {
      const index = acknowledged.get(id) ?? 0
      let place = this.size - 1
      if (index <= (greatest[place] as number)) continue
      for (; place > 0 && (greatest[place - 1] as number) < index; place--)
        greatest[place] = greatest[place - 1] as number
      greatest[place] = index
    }
    return greatest[this.size - 1] as number
  }

  voteResult(votes: ReadonlyMap<NodeId, boolean>): VoteResult {
    let yes = 0
    let missing = 0
    for (const id of this.members) {
      const vote = votes.get(id)
      if (vote === undefined) missing++
      else if (vote) yes++
    }
    if (yes >= this.size) return 'won'
    return yes + missing < this.size ? 'lost' : 'pending'
  }
}

/**
 * The majority quorums of `members`, of which there may be none at all: see `QuorumSystem`.
 * Throws `QUORATE_INVALID_MEMBERS` for duplicates, empty ids and more members than `limits.maxMembers`.
 */
export function majority(members: readonly NodeId[]): Majority {
  return new Majority(members)
}

/** How many of `n` members are more than half of them; 0 of none. Throws `QUORATE_INVALID_OPTION` when `n` is no count. */
export function majoritySize(n: number): number {
  requireInteger('n', n, { min: 0 })
  return n === 0 ? 0 : Math.floor(n / 2) + 1
}
