import { describe, expect, it } from 'vitest'
import { explain, runElection, sweep } from '@quorate/simulation'
import { timestamp } from '../src/timestamp.js'

describe('timestamp under every fault that it declares, with as many faulty nodes', () => {
  it.each([
    [5, 2000],
    [3, 300],
    [4, 300],
    [7, 300],
    [2, 100],
    [1, 100],
  ])('keeps its guarantees with %d nodes on %d seeds', { timeout: 240_000 }, (nodes, seeds) => {
    expect(explain(sweep({ from: 1, to: seeds }, (seed) => runElection(timestamp, { nodes, seed })))).toBeUndefined()
  })
})
