import type { NodeId } from '@quorate/core'

/** One thing that somebody asks of a node in a run, as data. A node that is down is not reached. */
export type ScheduledRequest = {
  /** Virtual milliseconds since the run began. */
  readonly atMs: number
  readonly node: NodeId
} & (
  | /** To stand for leader. */ { readonly what: 'stand' }
  | /** To give leadership up. */ { readonly what: 'resign' }
  /** The detector accuses `peer`, wrongly or not, before the node, and takes that back after a while if it was wrong. */
  | { readonly what: 'accuse'; readonly peer: NodeId }
  /** To commit so many commands, given at once. */
  | { readonly what: 'propose'; readonly count: number }
  /** To say from which index on reads are linearizable. */
  | { readonly what: 'read' }
  /** To hand leadership over. */
  | { readonly what: 'transfer'; readonly to: NodeId }
)

export type RequestKind = ScheduledRequest['what']

/** What is asked of each kind of algorithm. Agreements are given their values when they start, detectors are asked nothing. */
export const requestsOf = {
  election: ['stand', 'resign', 'accuse'],
  vote: [],
  detector: [],
  log: ['propose', 'read', 'resign', 'transfer', 'accuse'],
} as const satisfies Record<string, readonly RequestKind[]>
