import type { ElectionOptions } from '@quorate/core'

/** Waiting times of Raft's election, as multiples of the longest delay of a message. */
export const multiples = {
  /** Until a request is repeated: there and back, and some. */
  repeat: 3,
  /** For another's candidacy to succeed: two round trips and an announcement. */
  patience: 6,
  /** Between two announcements of a leader. */
  announcement: 5,
  /** Without an announcement, until a leader counts as lost; without a quorum's acknowledgements, until it gives up. */
  silence: 20,
} as const

/** For a leader that has resigned: longer than all the others together need to find a leader among them. */
export function abstentionMs(members: number, maxDelayMs: number): number {
  return (2 * multiples.patience + 2 * members) * maxDelayMs
}

/**
 * At worst a leader that is gone goes unnoticed until its silence is (one silence), candidates with logs that lack something stand
 * first and are refused, and terms that are behind catch up (two patiences), until one that can win is heard of.
 */
export function agreesWithinMs({ members, maxDelayMs }: ElectionOptions): number {
  const patience = multiples.patience + members.length + 1
  return (2 * multiples.silence + 3 * patience + multiples.announcement + 10) * maxDelayMs
}
