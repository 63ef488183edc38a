import { replicatedLogConformance } from '@quorate/conformance'
import { raft } from '@quorate/election/raft'
import { describe, it } from 'vitest'
import { raftLog } from '../src/index.js'
import { stores } from './support.js'

/** The suite of replicated logs, over so many seeds. */
export function conform(seeds: number): void {
  replicatedLogConformance(raftLog, { describe, it, election: raft, stores, chaosMs: 600, nodes: [3, 5, 4, 1], seeds })
}
