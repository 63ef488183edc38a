import { describe, expect, it } from 'vitest'
import type { ElectionDefinition, MessageOf } from '@quorate/core'
import { explain, runElection, sweep } from '@quorate/simulation'
import { bully } from '../src/bully.js'

const maxDelayMs = 10

/** The simulation leaves time for the disk, which this algorithm does not use: here the bound is what messages really take. */
const tight: ElectionDefinition<MessageOf<typeof bully.codec>> = {
  ...bully,
  carriesLog: false,
  create: (env, options) => bully.create(env, { ...options, maxDelayMs }),
}

describe('bully under every fault that it declares, with all nodes but one faulty', () => {
  it.each([
    [5, 2000],
    [3, 300],
    [4, 300],
    [7, 300],
    [2, 300],
    [1, 20],
  ])('keeps its guarantees with %d nodes on %d seeds', { timeout: 240_000 }, (nodes, seeds) => {
    const run = (seed: number) => runElection(tight, { nodes, seed, maxDelayMs })
    expect(explain(sweep({ from: 1, to: seeds }, run))).toBeUndefined()
  })
})
