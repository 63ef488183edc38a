import { seededRandom, type Inspection, type Invariant } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { timestamp } from '@quorate/election/timestamp'
import { raftLog } from '@quorate/replication'
import { nodeIds, runReplicatedLog, type ScheduledFault } from '@quorate/simulation'
import type { Attack, Violations } from './attack.js'
import { deafening } from './deafening.js'
import { smallStores } from './small-stores.js'

interface LeadershipState {
  readonly term: { readonly number: number; readonly id: string }
  readonly followers: Readonly<Record<string, { readonly matchIndex: number }>>
}

const elections = { raft, timestamp } as const

/** The log that ships, on an election and the write-ahead log that ship, watched for one more property. */
export function runLog(attack: Attack & { readonly run: 'log' }, seed: number): Violations {
  const { run: _, election = 'raft', rots, deafens = false, ...conditions } = attack
  const invariants = [...(raftLog.invariants ?? []), matchIndexMonotonic()]
  const only = {
    ...(rots !== undefined && { schedule: rotting(rots, conditions.nodes, seed) }),
    ...(deafens && { schedule: deafening(conditions.nodes, seed) }),
  }
  const options = { seed, election: elections[election], stores: smallStores, chaosMs: 600, ...conditions, ...only }
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
      for (const [id, { matchIndex }] of Object.entries(followers)) {
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

/** Whoever comes back from being cut off is sent old entries, which their sender reads from its disk again. */
function rotting(bits: number, nodes: number, seed: number): readonly ScheduledFault[] {
  const random = seededRandom(seed)
  const [node, ...others] = random.shuffle(nodeIds(nodes)) as [string, ...string[]]
  const faults: ScheduledFault[] = []
  for (let count = 0; count < bits; count++)
    faults.push({ atMs: 50 + 500 * random.fraction(), action: { type: 'bit-rot', node } })
  for (let count = 0; count < 3; count++) {
    const lost = random.pick(others)
    const rest = [node, ...others].filter((id) => id !== lost)
    const atMs = 400 * random.fraction()
    for (const cut of [
      { from: [lost], to: rest },
      { from: rest, to: [lost] },
    ]) {
      faults.push({ atMs, action: { type: 'cut', ...cut } })
      faults.push({ atMs: atMs + 50 + 100 * random.fraction(), action: { type: 'mend', ...cut } })
    }
  }
  return faults
}
