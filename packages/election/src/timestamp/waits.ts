import type { ElectionOptions } from '@quorate/core'

/** Waiting times of a timestamp election, as multiples of the longest delay of a message. */
export const multiples = {
  /** For the answers to an inquiry: there and back. */
  answers: 2,
  /** Until a request is repeated: there and back, and some. */
  repeat: 3,
  /** For another's candidacy to succeed: request, acknowledgement, announcement, and the same again for one that overtakes it. */
  patience: 6,
  /** Until one who was told that it is too old stands again: less than the patience of those who were not told. */
  retry: 4,
  /** Between two announcements of a leader: they reach who was cut off. */
  announcement: 10,
  /** Without an announcement, until a leader is asked whether it still is one. */
  check: 20,
} as const

/** For a leader that has resigned: longer than all the others together need to find a leader among them. */
export function abstentionMs(members: number, maxDelayMs: number): number {
  return (2 * multiples.patience + 2 * members) * maxDelayMs
}

/**
 * At worst all name members that do not lead, and nobody announces anything. Then somebody finds out by asking, waits its turn and
 * stands (one patience); its log lacks something, so that another stands (another); that one is told that it is too old and stands
 * again, or is overtaken (a third); and an older leader, which had no part in this, hears of the new one by its announcement, or
 * the new one hears by it of a candidacy that came to nothing, and takes a term beyond that (a fourth). Ten messages on the way
 * are more than there are.
 */
export function agreesWithinMs({ members, maxDelayMs }: ElectionOptions): number {
  const patience = multiples.patience + members.length
  return (multiples.check + 4 * patience + multiples.announcement + 10) * maxDelayMs
}
