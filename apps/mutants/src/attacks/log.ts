import type { Inspection, Invariant } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { raftLog } from '@quorate/replication'
import { runReplicatedLog } from '@quorate/simulation'
import type { Attack, Violations } from './attack.js'
import { smallStores } from './small-stores.js'

interface LeadershipState {
  readonly term: { readonly number: number; readonly id: string }
  readonly followers: readonly { readonly id: string; readonly matchIndex: number }[]
}

/** The log that ships, on the election and the write-ahead log that ship, watched for one more property. */
export function runLog({ run: _, ...conditions }: Attack & { readonly run: 'log' }, seed: number): Violations {
  const invariants = [...(raftLog.invariants ?? []), matchIndexMonotonic()]
  const options = { seed, election: raft, stores: smallStores, chaosMs: 600, ...conditions }
  return runReplicatedLog({ ...raftLog, invariants }, options).violations
}

/**
 * What a leader knows a follower to hold only grows: an acknowledgement is of something durable. Remembers, so it is for one run.
 *
 * D. Ongaro, "Consensus: bridging theory and practice", PhD thesis, Stanford, 2014, appendix B: `matchIndex` only ever rises in a term.
 */
function matchIndexMonotonic(): Invariant {
  const greatest = new Map<string, number>()
  const check = (states: ReadonlyMap<string, Inspection>): string | undefined => {
    for (const [leader, { leadership }] of states) {
      if (leadership === null) continue
      const { term, followers } = leadership as unknown as LeadershipState
      for (const { id, matchIndex } of followers) {
        const key = `${term.number} ${term.id} ${leader} ${id}`
        const before = greatest.get(key) ?? 0
        if (matchIndex < before) return `${leader} knew ${id} to match up to ${before}, and now up to ${matchIndex}`
        greatest.set(key, matchIndex)
      }
    }
    return undefined
  }
  return { name: 'match-index-monotonic', check }
}
