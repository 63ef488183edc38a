import type { Inspection, NodeId } from '@quorate/core'
import type { Marks } from './marks.js'

/** What a leader says of a follower in its state, as replicated logs with pipelining do. */
interface Follower {
  /** Whether it waits for an answer before it sends more. */
  readonly probing: boolean
  /** The appends that are under way. */
  readonly inflight: readonly unknown[]
}

/** Marks when a follower refuses one of several appends that are under way to it. */
export class PipelineMarks {
  readonly #marks: Marks
  /** By leader that is being refused: the followers to which several appends are under way. */
  readonly #ahead = new Map<NodeId, ReadonlySet<string>>()

  constructor(marks: Marks) {
    this.#marks = marks
  }

  /** To be called with every message before `node` gets it: only of one that is refused is the state looked at. */
  receives(node: NodeId, message: unknown, inspect: (node: NodeId) => Inspection | undefined): void {
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'conflict') return
    const followers = Object.entries(followersOf(inspect(node)))
    const ahead = followers.filter(([, { probing, inflight }]) => !probing && inflight.length > 1)
    this.#ahead.set(node, new Set(ahead.map(([id]) => id)))
  }

  /** To be called after each step of `node`. */
  stepped(node: NodeId, inspect: (node: NodeId) => Inspection | undefined): void {
    const before = this.#ahead.get(node)
    if (before === undefined) return
    this.#ahead.delete(node)
    const refused = Object.entries(followersOf(inspect(node))).filter(([id, { probing }]) => probing && before.has(id))
    this.#marks.add('pipelined-append-refused', refused.length)
  }
}

/** None of a log whose state tells of no leadership, or of it in another way. */
function followersOf(state: Inspection | undefined): Readonly<Record<NodeId, Follower>> {
  const leadership = state?.['leadership']
  if (typeof leadership !== 'object' || leadership === null || !('followers' in leadership)) return {}
  return leadership.followers as unknown as Readonly<Record<NodeId, Follower>>
}
