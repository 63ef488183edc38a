import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlidingWindow } from '../src/sliding-window.js'

function plainly(values: readonly number[]): { mean: number; standardDeviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0)
  return { mean, standardDeviation: Math.sqrt(squares / values.length) }
}

describe('a sliding window', () => {
  it('knows mean and standard deviation of exactly the newest values', () => {
    const value = fc.double({ min: 0, max: 10_000, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(value, { minLength: 1, maxLength: 100 }),
        (capacity, values) => {
          const window = new SlidingWindow(capacity)
          for (const each of values) window.add(each)
          const exact = plainly(values.slice(-capacity))
          expect(window.size).toBe(Math.min(capacity, values.length))
          expect(window.mean).toBeCloseTo(exact.mean, 7)
          expect(window.standardDeviation).toBeCloseTo(exact.standardDeviation, 3)
        },
      ),
    )
  })

  it('keeps its precision when small deviations follow huge values', () => {
    const window = new SlidingWindow(100)
    for (let count = 0; count < 1000; count++) window.add(1e9)
    for (let count = 0; count < 200; count++) window.add(100 + (count % 2))
    expect(window.mean).toBeCloseTo(100.5, 9)
    expect(window.standardDeviation).toBeCloseTo(0.5, 9)
  })

  it('has no mean and no deviation of nothing', () => {
    const window = new SlidingWindow(3)
    expect([window.size, window.mean, window.standardDeviation]).toEqual([0, 0, 0])
  })
})
