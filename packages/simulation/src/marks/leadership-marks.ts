import type { NodeId, Term } from '@quorate/core'
import type { Marks } from './marks.js'

/** What is watched, as far as leadership goes. */
interface Led {
  readonly marks: Marks
  incarnation(id: NodeId): { readonly incarnation: number }
}

/** Watches who leads, and marks what becomes of leaders. */
export class LeadershipMarks {
  readonly #world: Led
  /** Who takes itself for the leader. */
  readonly #leading = new Set<NodeId>()
  /** Where terms are numbers: the newest that had a leader. */
  #newestLed = 0
  #transferee: NodeId | undefined

  constructor(world: Led) {
    this.#world = world
  }

  /** Somebody is asked to hand leadership over to `to`. */
  handsOver(to: NodeId): void {
    this.#transferee = to
  }

  /** To be told of every indication of a change. */
  indicated(node: NodeId, leader: NodeId | undefined, { number, id }: Term): void {
    if (leader !== node) {
      this.#leading.delete(node)
      return
    }
    if (this.#leading.has(node)) return
    const { marks } = this.#world
    marks.add('leader-elected')
    if (this.#leading.size > 0) marks.add('leader-superseded')
    this.#leading.add(node)
    if (node === this.#transferee) marks.add('hand-over')
    this.#transferee = undefined
    if (id !== '') return
    marks.add('leaderless-term', number - this.#newestLed - 1)
    this.#newestLed = Math.max(number, this.#newestLed)
  }

  started(node: NodeId): void {
    if (this.#leading.size === 0 && this.#world.incarnation(node).incarnation > 1) {
      this.#world.marks.add('restart-without-leader')
    }
  }

  crashed(node: NodeId): void {
    if (this.#leading.delete(node)) this.#world.marks.add('leader-crashed')
  }
}

/** Watches who stands, and marks what becomes of candidates. */
export class CandidacyMarks {
  readonly #marks: Marks
  readonly #standing = new Set<NodeId>()

  constructor(marks: Marks) {
    this.#marks = marks
  }

  /** To be called after each step and each crash of `node`. */
  stepped(node: NodeId, stands: boolean, leads: boolean): void {
    if (stands === this.#standing.has(node)) return
    if (stands) {
      if (this.#standing.size > 0) this.#marks.add('two-candidates')
      this.#standing.add(node)
    } else {
      this.#standing.delete(node)
      if (!leads) this.#marks.add('candidacy-failed')
    }
  }
}
