import { invalidOption, requireInteger, requireMembers, type NodeId } from '@quorate/core'
import type { IdSet, QuorumSystem, VoteResult } from './quorum-system.js'

/**
 * Quorums are the sets of members that have more than half of all votes, where a member may have several or none: a reliable
 * machine counts for more, one that only keeps a copy for nothing. Equal weights make it a majority.
 *
 * D. Gifford, "Weighted voting for replicated data", SOSP 1979.
 */
export class Weighted implements QuorumSystem {
  readonly members: readonly NodeId[]
  /** The least number of votes that is more than half of them: 0 without members. */
  readonly votes: number
  /** By member. */
  readonly #weights: readonly number[]
  readonly #total: number
  /** Scratch of `committedIndex`: places of members, by descending index. */
  readonly #places: Uint8Array
  readonly #indexes: Float64Array

  constructor(weights: ReadonlyMap<NodeId, number>) {
    const ids = weights.size === 0 ? [] : requireMembers([...weights.keys()])
    for (const id of ids) requireInteger(`weight of ${id}`, weights.get(id), { min: 0, max: 0xffff_ffff })
    this.members = Object.freeze(ids.filter((id) => weights.get(id) !== 0))
    if (this.members.length === 0 && ids.length > 0)
      throw invalidOption('weights', 'all 0', 'at least 1 for some member')
    this.#weights = this.members.map((id) => weights.get(id) as number)
    this.#total = this.#weights.reduce((sum, weight) => sum + weight, 0)
    this.votes = this.#total === 0 ? 0 : Math.floor(this.#total / 2) + 1
    this.#places = new Uint8Array(this.members.length)
    this.#indexes = new Float64Array(this.members.length)
  }

  isQuorum(ids: IdSet): boolean {
    let sum = 0
    this.members.forEach((id, place) => {
      if (ids.has(id)) sum += this.#weights[place] as number
    })
    return sum >= this.votes
  }

  committedIndex(acknowledged: ReadonlyMap<NodeId, number>): number {
    if (this.members.length === 0) return Infinity
    const indexes = this.#indexes
    const places = this.#places
    this.members.forEach((id, member) => {
      const index = acknowledged.get(id) ?? 0
      let place = member
      for (; place > 0 && (indexes[place - 1] as number) < index; place--) {
        indexes[place] = indexes[place - 1] as number
        places[place] = places[place - 1] as number
      }
      indexes[place] = index
      places[place] = member
    })
    let sum = 0
    for (let place = 0; ; place++) {
      sum += this.#weights[places[place] as number] as number
      if (sum >= this.votes) return indexes[place] as number
    }
  }

  voteResult(votes: ReadonlyMap<NodeId, boolean>): VoteResult {
    let yes = 0
    let no = 0
    this.members.forEach((id, place) => {
      const vote = votes.get(id)
      if (vote === true) yes += this.#weights[place] as number
      else if (vote === false) no += this.#weights[place] as number
    })
    if (yes >= this.votes) return 'won'
    return this.#total - no < this.votes ? 'lost' : 'pending'
  }
}

/**
 * The quorums by votes of the members that have any, of which there may be none at all: see `QuorumSystem`. Weights are integers
 * from 0 to 2^32 - 1.
 *
 * Throws `QUORATE_INVALID_MEMBERS` for empty ids and more members than `limits.maxMembers`, `QUORATE_INVALID_OPTION` for weights
 * out of range and for members without a single vote among them.
 */
export function weighted(weights: ReadonlyMap<NodeId, number>): Weighted {
  return new Weighted(weights)
}
