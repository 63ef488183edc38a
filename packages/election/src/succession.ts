import { type NodeId, type Random } from '@quorate/core'

/**
 * Who stands when, once the leader is lost: what the elections of this package have in common.
 *
 * The first member that nobody suspects stands at once, each further one a step later, so that usually one candidacy is enough and
 * the others see it before they would stand themselves. A suspicion shortens waiting and decides nothing else.
 */
export class Succession {
  readonly #self: NodeId
  readonly #order: readonly NodeId[]
  readonly #stepMs: number
  readonly #random: Random
  readonly #suspected = new Set<NodeId>()

  /** `order`: all members, the one to stand first in front. `stepMs`: how long one waits for the one before it, in milliseconds. */
  constructor(self: NodeId, order: readonly NodeId[], stepMs: number, random: Random) {
    this.#self = self
    this.#order = order
    this.#stepMs = stepMs
    this.#random = random
  }

  /** Returns whether that was news. No node suspects itself, nor anyone who is no member. */
  suspect(peer: NodeId): boolean {
    if (peer === this.#self || this.#suspected.has(peer) || !this.#order.includes(peer)) return false
    this.#suspected.add(peer)
    return true
  }

  /** Returns whether that was news. */
  restore(peer: NodeId): boolean {
    return this.#suspected.delete(peer)
  }

  suspects(peer: NodeId): boolean {
    return this.#suspected.has(peer)
  }

  /** The suspected members, in ascending order. */
  get suspected(): readonly NodeId[] {
    return [...this.#suspected].sort()
  }

  /** How many members come before this node, without those that are suspected and without `passedOver`. */
  rank(passedOver?: NodeId): number {
    let rank = 0
    for (const id of this.#order) {
      if (id === this.#self) break
      if (id !== passedOver && !this.#suspected.has(id)) rank++
    }
    return rank
  }

  /** How long to wait before standing: nothing for the first, for others their rank in steps and a random part of one more. */
  waitMs(passedOver?: NodeId): number {
    const rank = this.rank(passedOver)
    return rank === 0 ? 0 : (rank + this.#random.fraction()) * this.#stepMs
  }
}
