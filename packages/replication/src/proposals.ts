import { compareTerms, type ProposalOutcome, type RejectionReason, type Term } from '@quorate/core'
import { replicationLimits } from './limits.js'

interface Pending {
  readonly expiresAtMs: number
  /** Of the leader that it was given to, here or elsewhere: no other takes it. */
  readonly term: Term
}

/**
 * The proposals that were made at this node and have not ended. How one ended is read from the log: it is committed with the entry that
 * carries its number, and refused by the first entry of a later term, since what a leader has not appended before that cannot be
 * committed any more.
 */
export class Proposals {
  readonly #ended: (proposal: number, outcome: ProposalOutcome) => void
  /** By number, which rises, as do terms: the oldest come first. */
  readonly #pending = new Map<number, Pending>()
  #last = 0

  constructor(ended: (proposal: number, outcome: ProposalOutcome) => void) {
    this.#ended = ended
  }

  inspect() {
    const pending = [...this.#pending].map(([number, { expiresAtMs, term }]) => ({
      number,
      expiresAtMs,
      term: { ...term },
    }))
    return { last: this.#last, pending }
  }

  /** How many more may wait. */
  get room(): number {
    return replicationLimits.maxPendingProposals - this.#pending.size
  }

  next(): number {
    return ++this.#last
  }

  add(proposal: number, expiresAtMs: number, term: Term): void {
    this.#pending.set(proposal, { expiresAtMs, term })
  }

  /** One that is certainly in no log: it counts only while the proposal has not ended. */
  reject(proposal: number, reason: RejectionReason): void {
    if (this.#pending.delete(proposal)) this.refuse(proposal, reason)
  }

  /** One that was never given to a leader. */
  refuse(proposal: number, reason: RejectionReason): void {
    this.#ended(proposal, { outcome: 'rejected', reason })
  }

  committed(proposal: number, index: number, term: Term): void {
    if (this.#pending.delete(proposal)) this.#ended(proposal, { outcome: 'committed', index, term })
  }

  /** An entry of `term` is committed: no leader of an earlier one can commit anything behind it. */
  superseded(term: Term): void {
    for (const [proposal, pending] of this.#pending) {
      if (compareTerms(pending.term, term) >= 0) return
      this.reject(proposal, 'superseded')
    }
  }

  /** Nobody can tell any more what became of those that were made too long ago. */
  expire(nowMs: number): void {
    for (const [proposal, { expiresAtMs }] of this.#pending) {
      if (expiresAtMs > nowMs) return
      this.#pending.delete(proposal)
      this.#ended(proposal, { outcome: 'unknown', reason: 'timed-out' })
    }
  }
}
