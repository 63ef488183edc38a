import { isQuorateError } from '@quorate/core'
import type { Proposal, ProposalEnd, Read, ReadEnd } from './composition/replicated-state.js'

/** Takes requests in one step. */
export interface RequestTaker {
  propose(proposals: readonly Proposal<unknown>[]): void
  read(reads: readonly Read[]): void
}

/**
 * Gathers the requests of one turn of the event loop, so that all of them are one step: one append for the proposals, one barrier for the
 * reads. Nothing waits longer for it, since a turn handles everything that had arrived before it goes on.
 */
export class RequestQueue {
  readonly #step: (action: (taker: RequestTaker) => void) => void
  #proposals: Proposal<unknown>[] = []
  #reads: Read[] = []
  #gathering = false

  /** `step` runs an action as one step, and throws when the node does not run. */
  constructor(step: (action: (taker: RequestTaker) => void) => void) {
    this.#step = step
  }

  /** `ended` is called once, later. */
  propose(command: Uint8Array, ended: (end: ProposalEnd<unknown>) => void): void {
    this.#proposals.push({ command, ended })
    this.#gather()
  }

  /** `ended` is called once, later. */
  read(ended: (end: ReadEnd) => void): void {
    this.#reads.push(ended)
    this.#gather()
  }

  #gather(): void {
    if (this.#gathering) return
    this.#gathering = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    const proposals = this.#proposals
    const reads = this.#reads
    this.#gathering = false
    this.#proposals = []
    this.#reads = []
    try {
      this.#step((taker) => {
        if (proposals.length > 0) taker.propose(proposals)
        if (reads.length > 0) taker.read(reads)
      })
    } catch (error) {
      if (!isQuorateError(error, 'QUORATE_NOT_RUNNING')) throw error
      for (const { ended } of proposals) ended({ outcome: 'rejected', reason: 'no-leader' })
      for (const ended of reads) ended('stopped')
    }
  }
}
