import { describe, expect, it } from 'vitest'
import { explain, runElection, sweep } from '@quorate/simulation'
import { bully } from '../src/bully.js'

/**
 * A run tells an election a longer delay than its links have, since to most of them a message's delay includes a durable write at either
 * end. This one writes nothing: at so long a delay what is left over for the disk hardly counts, and the bound is what messages take.
 */
const maxDelayMs = 1000

describe('bully under every fault that it declares, with all nodes but one faulty', () => {
  it.each([
    [5, 2000],
    [3, 300],
    [4, 300],
    [7, 300],
    [2, 300],
    [1, 20],
  ])('keeps its guarantees with %d nodes on %d seeds', { timeout: 240_000 }, (nodes, seeds) => {
    const run = (seed: number) => runElection(bully, { nodes, seed, maxDelayMs })
    expect(explain(sweep({ from: 1, to: seeds }, run))).toBeUndefined()
  })
})
