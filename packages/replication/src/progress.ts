import { replicationLimits } from './limits.js'

/**
 * What a leader knows of one follower's log.
 *
 * A leader that does not know where its follower stands probes with one append at a time; once one fits, it sends ahead without
 * waiting for acknowledgements, up to a window of messages and bytes. A conflict, or an append that may have been lost, leads back
 * to probing.
 *
 * D. Ongaro, "Consensus: bridging theory and practice", PhD thesis, Stanford, 2014, 10.2.1 (pipelining).
 */
export class Progress {
  /** The follower's log equals the leader's up to here, durably. */
  matchIndex = 0
  /** The next entry to send. */
  nextIndex: number
  probing = true
  /** How far the follower has been told that the log is committed. */
  toldCommitIndex = 0
  /** Appends with records on their way, oldest first. */
  #inflight: { readonly lastIndex: number; readonly bytes: number }[] = []
  #inflightBytes = 0

  constructor(nextIndex: number) {
    this.nextIndex = nextIndex
  }

  get inflightAppends(): number {
    return this.#inflight.length
  }

  inspect() {
    const { matchIndex, nextIndex, probing, toldCommitIndex } = this
    return {
      matchIndex,
      nextIndex,
      probing,
      toldCommitIndex,
      inflight: this.#inflight.map((append) => ({ ...append })),
    }
  }

  /** Whether another append with records may be sent. */
  get open(): boolean {
    if (this.probing) return this.#inflight.length === 0
    return (
      this.#inflight.length < replicationLimits.maxInflightAppends &&
      this.#inflightBytes < replicationLimits.maxInflightBytes
    )
  }

  sent(lastIndex: number, bytes: number): void {
    this.#inflight.push({ lastIndex, bytes })
    this.#inflightBytes += bytes
    // While probing, the same append is repeated until it is answered.
    if (!this.probing) this.nextIndex = lastIndex + 1
  }

  /** The follower has everything up to `matchIndex`. An acknowledgement that was overtaken by a later one says nothing new. */
  acknowledged(matchIndex: number): void {
    this.matchIndex = Math.max(this.matchIndex, matchIndex)
    this.nextIndex = Math.max(this.nextIndex, this.matchIndex + 1)
    this.probing = false
    this.#free((lastIndex) => lastIndex <= this.matchIndex)
  }

  /** The follower's log does not reach, or does not equal, what an append behind `previousIndex` built upon: goes on from `nextIndex`. */
  conflicted(previousIndex: number, nextIndex: number): void {
    // Of an append that was sent long ago: what it refused has been acknowledged since.
    if (previousIndex <= this.matchIndex) return
    this.probe(nextIndex)
  }

  /** Nobody knows what became of what was sent: begins anew behind what is known to match. */
  probe(nextIndex: number = this.matchIndex + 1): void {
    this.probing = true
    this.nextIndex = Math.max(this.matchIndex + 1, nextIndex)
    this.#inflight = []
    this.#inflightBytes = 0
  }

  #free(done: (lastIndex: number) => boolean): void {
    let count = 0
    for (const { lastIndex, bytes } of this.#inflight) {
      if (!done(lastIndex)) break
      this.#inflightBytes -= bytes
      count++
    }
    if (count > 0) this.#inflight.splice(0, count)
  }
}
