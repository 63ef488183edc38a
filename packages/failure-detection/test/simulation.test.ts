import { explain, runFailureDetector, sweep } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { phiAccrual, timeout } from '../src/index.js'

const detectors = [timeout, phiAccrual]

describe.each(detectors)('$name', (detector) => {
  it(
    'suspects nobody who is up and reachable while delays are bounded, and every crash in time',
    { timeout: 60_000 },
    () => {
      const result = sweep({ from: 1, to: 50 }, (seed) => {
        const run = runFailureDetector(detector, { nodes: 5, seed, faults: ['crash-stop', 'reordering'] })
        expect(run.mistakes).toBe(0)
        for (const detectionMs of run.detectionTimesMs) expect(detectionMs).toBeLessThan(1000 + 2 * 10)
        return run
      })
      expect(explain(result)).toBeUndefined()
    },
  )

  it(
    'is told lies by Byzantine peers, and judges the others by nothing but their own words',
    { timeout: 60_000 },
    () => {
      const { failed, coverage } = sweep({ from: 1, to: 100 }, (seed) =>
        runFailureDetector(detector, { nodes: 5, seed, faults: ['byzantine', 'crash-recovery'] }),
      )
      expect(failed).toBeUndefined()
      expect(coverage['byzantine-lie']).toBeGreaterThan(1_000)
      expect(coverage['byzantine-equivocation']).toBeGreaterThan(1_000)
    },
  )
})

describe('phi-accrual', () => {
  it('detects a crash on a calm network in half of what the contract allows', { timeout: 60_000 }, () => {
    const times: number[] = []
    for (let seed = 1; seed <= 40; seed++) {
      // Long enough that most nodes have been heard for a while before they crash.
      const run = runFailureDetector(phiAccrual, { nodes: 5, seed, faults: ['crash-stop'], chaosMs: 20_000 })
      times.push(...run.detectionTimesMs)
    }
    times.sort((a, b) => a - b)
    expect(times.length).toBeGreaterThan(100)
    expect(times[times.length >> 1]).toBeLessThan(500)
  })
})
