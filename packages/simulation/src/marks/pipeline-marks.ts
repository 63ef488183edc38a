import type { Inspection, NodeId } from '@quorate/core'
import type { Marks } from './marks.js'

/** What a leader says of a follower in its state, as replicated logs with pipelining do. */
interface Follower {
  /** Whether it waits for an answer before it sends more. */
  readonly probing: boolean
  /** The appends that are under way. */
  readonly inflight: readonly unknown[]
}

/**
 * Watches leaders that send ahead of answers, and marks when a follower refuses one of several appends that are under way. Once is enough in a run: to
 * look at a leader's whole state takes time.
 */
export class PipelineMarks {
  readonly #marks: Marks
  /** By leader: the followers to which several appends are under way. */
  readonly #ahead = new Map<NodeId, ReadonlySet<string>>()
  #seen = false

  constructor(marks: Marks) {
    this.#marks = marks
  }

  /** To be called after each step and each crash of `node`; `inspect` tells the state of one that leads. */
  stepped(node: NodeId, leads: boolean, inspect: () => Inspection | undefined): void {
    if (this.#seen) return
    if (!leads) {
      this.#ahead.delete(node)
      return
    }
    const followers = Object.entries(followersOf(inspect()))
    const before = this.#ahead.get(node)
    if (before !== undefined && followers.some(([id, { probing }]) => probing && before.has(id))) {
      this.#seen = true
      this.#marks.add('pipelined-append-refused')
    }
    const ahead = followers.filter(([, { probing, inflight }]) => !probing && inflight.length > 1)
    this.#ahead.set(node, new Set(ahead.map(([id]) => id)))
  }
}

/** None of a log whose state tells of no leadership, or of it in another way. */
function followersOf(state: Inspection | undefined): Readonly<Record<NodeId, Follower>> {
  const leadership = state?.['leadership']
  if (typeof leadership !== 'object' || leadership === null || !('followers' in leadership)) return {}
  return leadership.followers as unknown as Readonly<Record<NodeId, Follower>>
}
