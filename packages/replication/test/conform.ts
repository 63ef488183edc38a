import { replicatedLogConformance } from '@quorate/conformance'
import { raft } from '@quorate/election/raft'
import { timestamp } from '@quorate/election/timestamp'
import { describe, it } from 'vitest'
import { raftLog } from '../src/index.js'
import { stores } from './support.js'

/** The suite of replicated logs, over so many seeds, on each election that carries one. */
export function conform(seeds: number): void {
  for (const election of [raft, timestamp]) {
    replicatedLogConformance(raftLog, { describe, it, election, stores, chaosMs: 600, nodes: [3, 5, 4, 1], seeds })
  }
}
