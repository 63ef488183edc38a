import type { ProposalOutcome, RejectionReason, Term } from '@quorate/core'
import { replicationLimits } from './limits.js'

interface Pending {
  readonly proposal: number
  readonly expiresAtMs: number
  /** Where this node itself appended it, as a leader; unknown when it was forwarded. */
  readonly index: number | undefined
}

/**
 * The proposals that were made at this node and have not ended. How one ended is read from the log: from the entry that carries
 * its number, or from another entry that was committed in its place.
 */
export class Proposals {
  readonly #ended: (proposal: number, outcome: ProposalOutcome) => void
  /** By number, which rises, so that the oldest come first. */
  readonly #pending = new Map<number, Pending>()
  #byIndex = new Map<number, number>()
  #last = 0

  constructor(ended: (proposal: number, outcome: ProposalOutcome) => void) {
    this.#ended = ended
  }

  get full(): boolean {
    return this.#pending.size >= replicationLimits.maxPendingProposals
  }

  get size(): number {
    return this.#pending.size
  }

  next(): number {
    return ++this.#last
  }

  add(proposal: number, expiresAtMs: number, index?: number): void {
    this.#pending.set(proposal, { proposal, expiresAtMs, index })
    if (index !== undefined) this.#byIndex.set(index, proposal)
  }

  reject(proposal: number, reason: RejectionReason): void {
    const pending = this.#pending.get(proposal)
    if (pending !== undefined && pending.index !== undefined) this.#byIndex.delete(pending.index)
    this.#pending.delete(proposal)
    this.#ended(proposal, { outcome: 'rejected', reason })
  }

  /** A refusal from a leader: counts only while the proposal has not ended. */
  rejectForwarded(proposal: number, reason: RejectionReason): void {
    if (this.#pending.get(proposal)?.index === undefined && this.#pending.has(proposal)) this.reject(proposal, reason)
  }

  /** The entry at `index` is committed; `own` is the number of the proposal of this life of this node that it came from. */
  committed(index: number, term: Term, own: number | undefined): void {
    const appendedHere = this.#byIndex.get(index)
    if (appendedHere !== undefined) {
      this.#byIndex.delete(index)
      if (appendedHere !== own && this.#pending.has(appendedHere)) this.reject(appendedHere, 'superseded')
    }
    if (own === undefined || !this.#pending.delete(own)) return
    this.#ended(own, { outcome: 'committed', index, term })
  }

  /** Nobody can tell any more what became of those that were made too long ago. */
  expire(nowMs: number): void {
    for (const { proposal, expiresAtMs, index } of this.#pending.values()) {
      if (expiresAtMs > nowMs) return
      this.#pending.delete(proposal)
      if (index !== undefined) this.#byIndex.delete(index)
      this.#ended(proposal, { outcome: 'unknown', reason: 'timed-out' })
    }
  }
}
