import type { FailureDetectorDefinition } from '@quorate/core'
import { explain, runFailureDetector, sweep } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { phiAccrual, timeout, type Heartbeat } from '../src/index.js'
import { mutant } from './mutant.js'

const seeds = { from: 1, to: 2000 }
const detectors = [timeout, phiAccrual]
type Detector = FailureDetectorDefinition<Heartbeat>

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

/** Known mistakes: with any of them in, the sweep must fail. */
describe('the sweep finds', () => {
  const cases: readonly (readonly [what: string, file: string, original: string, replacement: string])[] = [
    [
      'a heartbeat from an old incarnation accepted',
      'heartbeat.ts',
      'const peer = this.#peers.get(from.id)\n    if (peer === undefined || this.#isPast(peer, from)) return',
      'const peer = this.#peers.get(from.id)\n    if (peer === undefined) return',
    ],
    [
      'a new life held to the numbers of the old',
      'peer-record.ts',
      '    this.#heardIncarnation = undefined\n    this.#sequence = 0\n',
      '    this.#heardIncarnation = undefined\n',
    ],
    ['peers no longer watched once another was looked at', 'heartbeat.ts', '      else this.#watch(peer, now)\n', ''],
    ['a peer restored by nothing', 'heartbeat.ts', '      peer.restore(now)\n', ''],
  ]

  it.each(cases)('%s', { timeout: 300_000 }, async (what, file, original, replacement) => {
    const name = what.replaceAll(' ', '-')
    const mutated = await mutant<{ timeout: Detector; phiAccrual: Detector }>(name, file, original, replacement)
    for (const detector of [mutated.timeout, mutated.phiAccrual]) {
      expect(sweep(seeds, (seed) => runFailureDetector(detector, { nodes: 5, seed })).failed).toBeDefined()
    }
  })

  it('an old incarnation accepted by what it does, not only by the invariant', { timeout: 300_000 }, async () => {
    const [, file, original, replacement] = cases[0] as (typeof cases)[number]
    const { timeout } = await mutant<{ timeout: Detector }>('old-incarnation-again', file, original, replacement)
    const unwatched = { ...timeout, invariants: [] }
    const { failed } = sweep(seeds, (seed) => runFailureDetector(unwatched, { nodes: 5, seed }))
    expect(failed?.violations.map(({ property }) => property)).toEqual(['eventual-strong-accuracy'])
  })
})
