/** What bounds a replicated log in memory and on the wire. */
export const replicationLimits = {
  /** The longest command, in bytes. */
  maxCommandBytes: 2 * 1024 * 1024,
  /** Records of one append message, in bytes, unless a single one is longer. */
  maxAppendBytes: 512 * 1024,
  /** Append messages with records that one follower has not acknowledged. */
  maxInflightAppends: 8,
  /** Their records, in bytes. */
  maxInflightBytes: 4 * 1024 * 1024,
  /** Entries that a leader has appended and not committed, in bytes. Beyond it proposals are refused as `overloaded`. */
  maxUncommittedBytes: 32 * 1024 * 1024,
  /** Proposals of one node that have not ended. Beyond it they are refused as `overloaded`. */
  maxPendingProposals: 65_536,
  /** Read barriers of one node that have not ended. */
  maxPendingBarriers: 65_536,
  /** Forwarded proposals of one follower that a leader remembers so as not to append one twice. */
  maxRememberedForwards: 8192,
  /** Entries that are indicated at a time, in bytes. */
  maxCommittedBytes: 4 * 1024 * 1024,
} as const
