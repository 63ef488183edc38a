import { electionConformance } from '@quorate/conformance'
import { describe, it } from 'vitest'
import { bully } from '../src/bully.js'
import { raft } from '../src/raft.js'
import { timestamp } from '../src/timestamp.js'
import { stores } from './stores.js'

/**
 * A run tells an election a longer delay than its links have, since to most of them a message's delay includes a durable write at either
 * end. Bully writes nothing: at so long a delay what is left over for the disk hardly counts, and the bound is what messages take.
 */
const maxDelayMs = 1000

/** The suite of elections, over so many seeds. */
export function conform(seeds: number): void {
  const options = { describe, it, seeds, nodes: [5, 3, 4, 7, 2, 1] }
  electionConformance(timestamp, { ...options, stores })
  electionConformance(raft, { ...options, stores })
  electionConformance(bully, { ...options, maxDelayMs })
}
