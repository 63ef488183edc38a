import { messageCodec, type MessageOf, type Term } from '@quorate/core'

const term = { record: { number: 'uint', id: 'string' } } as const

/** What replicas say to each other. Records are entries exactly as they are stored: see `entry.ts`. */
export const replicationCodec = messageCodec({
  /** Leader to follower: the entries behind `previous`, and how far the log is committed. */
  append: { term, previousIndex: 'uint', previousTerm: term, records: { list: 'bytes' }, commitIndex: 'uint' },
  /** Leader to follower: as much of what it has acknowledged in this term is committed. It is not answered. */
  commit: { term, commitIndex: 'uint' },
  /** Follower to leader: its log equals the leader's up to `matchIndex`, durably. */
  appended: { term, matchIndex: 'uint' },
  /** Follower to leader: it has not what `previous` named. Its log has entries of `conflictTerm` from `conflictIndex` on, or ends before that. */
  conflict: { term, previousIndex: 'uint', conflictIndex: 'uint', conflictTerm: term },
  /** Leader to follower: do I still lead? And the answer that it does, as far as the follower knows. */
  confirm: { term, round: 'uint' },
  confirmed: { term, round: 'uint' },
  /** Follower to leader: proposals and read barriers of clients there. */
  forward: { term, incarnation: 'uint', proposals: { list: { record: { sequence: 'uint', command: 'bytes' } } } },
  /** Leader to follower: these of its proposals will never be in a log. */
  rejected: { incarnation: 'uint', sequences: { list: 'uint' }, reason: 'string' },
  barrier: { incarnation: 'uint', sequence: 'uint' },
  /** The answer to `barrier`; without an index the leader could not tell. */
  barrierEnded: { incarnation: 'uint', sequence: 'uint', index: { optional: 'uint' } },
})

export type ReplicationMessage = MessageOf<typeof replicationCodec>
/** A command, with the number that it has at the node where it was proposed. */
export type Proposal = (ReplicationMessage & { readonly type: 'forward' })['proposals'][number]
export type Append = ReplicationMessage & { readonly type: 'append' }
export type Conflict = ReplicationMessage & { readonly type: 'conflict' }
/** What a follower says to whom it takes for the leader. */
export type FromFollower = ReplicationMessage & {
  readonly type: 'appended' | 'conflict' | 'confirmed' | 'forward' | 'barrier'
}

/** Plain copies: a message's term is a record of its own. */
export function sameTerm(a: Term, b: Term): boolean {
  return a.number === b.number && a.id === b.id
}

/** Proposals in as few messages as go with `maxBytes` of commands each, unless a single one is longer. */
export function inParts(proposals: readonly Proposal[], maxBytes: number): readonly (readonly Proposal[])[] {
  const parts: Proposal[][] = []
  let bytes = Infinity
  for (const proposal of proposals) {
    bytes += proposal.command.length
    if (bytes > maxBytes) {
      parts.push([])
      bytes = proposal.command.length
    }
    parts.at(-1)?.push(proposal)
  }
  return parts
}
