import type { Inspection, NodeId } from '@quorate/core'
import type { Marks } from './marks.js'

/** What a leader says of a follower in its state, as replicated logs with pipelining do. */
interface Follower {
  readonly id: NodeId
  /** Whether it waits for an answer before it sends more. */
  readonly probing: boolean
  readonly inflightAppends: number
}

/** Watches leaders that send ahead of answers, and marks when a follower refuses one of several appends that are under way. */
export class PipelineMarks {
  readonly #marks: Marks
  /** By leader: the followers to which several appends are under way. */
  readonly #ahead = new Map<NodeId, ReadonlySet<NodeId>>()

  constructor(marks: Marks) {
    this.#marks = marks
  }

  /** To be called after each step of `node`, and with no state after each crash. */
  stepped(node: NodeId, state: Inspection | undefined): void {
    const followers = followersOf(state)
    const before = this.#ahead.get(node)
    if (before !== undefined) {
      for (const { id, probing } of followers)
        if (probing && before.has(id)) this.#marks.add('pipelined-append-refused')
    }
    const ahead = followers.filter(({ probing, inflightAppends }) => !probing && inflightAppends > 1)
    if (ahead.length > 0) this.#ahead.set(node, new Set(ahead.map(({ id }) => id)))
    else this.#ahead.delete(node)
  }
}

/** None of a log whose state names no leadership, or another sort of followers. */
function followersOf(state: Inspection | undefined): readonly Follower[] {
  const leadership = state?.['leadership']
  if (typeof leadership !== 'object' || leadership === null || !('followers' in leadership)) return []
  return Array.isArray(leadership.followers) ? (leadership.followers as unknown as readonly Follower[]) : []
}
