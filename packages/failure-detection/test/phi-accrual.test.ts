import { isQuorateError } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { phiAccrual, phiAccrualWith, type PhiAccrualParameters } from '../src/index.js'
import { Bench } from './bench.js'

/** A detector that has heard `n2` at these distances, and the silence after which it then suspected it. */
function silenceAllowed(gaps: readonly number[], parameters: PhiAccrualParameters = {}): number {
  const bench = new Bench(phiAccrualWith(parameters), { members: ['n1', 'n2'] })
  bench.heartbeat('n2', 1)
  gaps.forEach((gap, index) => {
    bench.runTo(bench.now + gap)
    bench.heartbeat('n2', index + 2)
  })
  bench.news()
  const heardAt = bench.now
  bench.runTo(heardAt + 5000)
  const suspicion = bench.news()[0]
  if (suspicion?.type !== 'suspect') throw new Error('never suspected')
  expect(suspicion.level).toBeCloseTo(1, 5)
  return suspicion.silentMs
}

const code = (parameters: PhiAccrualParameters): string | undefined => {
  try {
    phiAccrualWith(parameters)
  } catch (error) {
    if (isQuorateError(error)) return error.code
    throw error
  }
  return undefined
}

describe('phi accrual', () => {
  it('suspects after 4.7 intervals on a calm network: mean and 5.612 times the least deviation', () => {
    expect(silenceAllowed(Array.from({ length: 50 }, () => 100))).toBeCloseTo(100 + (5.612001244174789 * 200) / 3, 5)
  })

  it('suspects when the probability of such a gap has become one in ten to the threshold', () => {
    // Half the gaps are 60, half are 140: mean 100, deviation 40.
    const gaps = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 60 : 140))
    const silence = (threshold: number): number => silenceAllowed(gaps, { threshold, minStdDevMs: 1 })
    expect(silence(1)).toBeCloseTo(100 + 1.2815515655446004 * 40, 5)
    expect(silence(3)).toBeCloseTo(100 + 3.0902323061678136 * 40, 5)
    expect(silence(12)).toBeCloseTo(100 + 7.034483825301132 * 40, 5)
  })

  it('allows longer silences where gaps vary more, and forgets it when they are out of the window', () => {
    const restless = Array.from({ length: 100 }, (_, index) => (index % 4 === 0 ? 330 : 30))
    const calm = Array.from({ length: 100 }, () => 100)
    expect(silenceAllowed([...calm, ...restless], { windowSize: 100 })).toBeGreaterThan(700)
    expect(silenceAllowed([...restless, ...calm], { windowSize: 100 })).toBeCloseTo(474.1, 1)
  })

  it('lets only the contract decide until it has seen enough gaps', () => {
    const gaps = (length: number): number[] => Array.from({ length }, () => 100)
    expect(silenceAllowed(gaps(9))).toBe(1000)
    expect(silenceAllowed(gaps(10))).toBeLessThan(475)
    expect(silenceAllowed(gaps(10), { minSamples: 11 })).toBe(1000)
  })

  it('never allows a longer silence than the contract, whatever the gaps, nor a shorter one than their mean', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 999 }), { minLength: 12, maxLength: 60 })
    fc.assert(
      fc.property(gaps, (drawn) => {
        const silence = silenceAllowed(drawn)
        const mean = drawn.reduce((sum, gap) => sum + gap, 0) / drawn.length
        expect(silence).toBeLessThanOrEqual(1000.001)
        expect(silence).toBeGreaterThanOrEqual(Math.min(1000, mean + (5.612 * 200) / 3) - 1)
      }),
      { numRuns: 50 },
    )
  })

  it('has a level that never falls during a silence and passes 1 exactly where it suspects', () => {
    const bench = new Bench(phiAccrual, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 50)
    let last = bench.detector.level('n2')
    expect(last).toBeLessThan(0.01)
    for (let atMs = bench.now + 5; atMs < 7000; atMs += 5) {
      bench.runTo(atMs)
      const level = bench.detector.level('n2')
      expect(level).toBeGreaterThanOrEqual(last)
      expect(level >= 1).toBe(bench.detector.verdict('n2') !== undefined)
      last = level
    }
    expect(last).toBeGreaterThan(10)
  })

  it('does not learn from an outage that the contract has ended', () => {
    const bench = new Bench(phiAccrual, { members: ['n1', 'n2'] })
    bench.calm(['n2'], 1, 50)
    bench.calm(['n2'], 100, 150)
    expect(bench.shown('n2')).toMatchObject({ estimate: { samples: 49 + 50, meanMs: 100 } })
  })

  it.each([
    { threshold: 0 },
    { threshold: 301 },
    { threshold: Number.NaN },
    { windowSize: 1 },
    { windowSize: 1.5 },
    { windowSize: 100_001 },
    { minSamples: 0 },
    { minSamples: 11, windowSize: 10 },
    { minStdDevMs: 0 },
    { minStdDevMs: Infinity },
    { minStdDevMs: Number.NaN },
  ] satisfies PhiAccrualParameters[])('refuses %o by name', (parameters) => {
    expect(code(parameters)).toBe('QUORATE_INVALID_OPTION')
  })
})
