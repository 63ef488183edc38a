import { QuorateError } from '@quorate/core'
import { maxVotes } from './composition/votes.js'
import type { VoteOutcome } from './node-handle.js'

/** Waits for the decisions of the votes that were called at this node. */
export class VoteCalls {
  readonly #waiters = new Map<string, (outcome: VoteOutcome) => void>()

  /** Rejects with `QUORATE_OVERLOADED` when too many wait. `call` calls the vote and returns its name. */
  wait(call: () => string, decision: (vote: string) => number | undefined, timeoutMs: number): Promise<VoteOutcome> {
    if (this.#waiters.size >= maxVotes) {
      throw new QuorateError('QUORATE_OVERLOADED', `${maxVotes} votes wait for their decisions; wait for one of them`, {
        maxVotes,
      })
    }
    const vote = call()
    return new Promise((resolve) => {
      const end = (outcome: VoteOutcome): void => {
        clearTimeout(timer)
        this.#waiters.delete(vote)
        resolve(outcome)
      }
      const timer = setTimeout(
        () => end({ outcome: 'undecided', vote, reason: `not decided within ${timeoutMs} ms` }),
        timeoutMs,
      )
      this.#waiters.set(vote, end)
      const value = decision(vote)
      if (value !== undefined) end({ outcome: 'decided', vote, value })
    })
  }

  decided(vote: string, value: number): void {
    this.#waiters.get(vote)?.({ outcome: 'decided', vote, value })
  }

  stop(): void {
    for (const [vote, end] of [...this.#waiters]) end({ outcome: 'undecided', vote, reason: 'the node stopped' })
  }
}
