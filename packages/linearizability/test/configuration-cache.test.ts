import { describe, expect, it } from 'vitest'
import { ADDED, ConfigurationCache, FULL, VISITED, type Configuration } from '../src/configuration-cache.js'

const maxBytes = 1024 * 1024

/** All with one hash, as if the hash function were the worst there is. */
function configuration(state: number, required: readonly number[], optional: readonly number[] = [0]): Configuration {
  return {
    state,
    hash: 7,
    required: Int32Array.from(required),
    // Only its word matters: the first that is not full.
    base: 32 * required.findIndex((word) => word !== -1),
    high: required.length - 1,
    optional: Int32Array.from(optional),
  }
}

describe('the memory of configurations', () => {
  it('knows one again, and tells it from others of the same hash', () => {
    const cache = new ConfigurationCache(maxBytes, 1)
    const different = [
      configuration(1, [0b01, 0]),
      configuration(2, [0b01, 0]),
      configuration(1, [0b10, 0]),
      configuration(1, [0b01, 1]),
      configuration(1, [-1, 0b01]),
    ]
    for (const each of different) expect(cache.add(each)).toBe(ADDED)
    for (const each of different) expect(cache.add(each)).toBe(VISITED)
  })

  it('takes one for visited that let more operations of unknown outcome take effect, and no other', () => {
    const cache = new ConfigurationCache(maxBytes, 2)
    expect(cache.add(configuration(1, [1], [0b0110, 1]))).toBe(ADDED)
    expect(cache.add(configuration(1, [1], [0b1110, 1]))).toBe(VISITED)
    expect(cache.add(configuration(1, [1], [0b0110, 3]))).toBe(VISITED)
    expect(cache.add(configuration(1, [1], [0b1010, 1]))).toBe(ADDED)
    expect(cache.add(configuration(1, [1], [0b0110, 0]))).toBe(ADDED)
    expect(cache.add(configuration(1, [1], [0b0110, 2]))).toBe(VISITED)
    expect(cache.add(configuration(1, [1], [0b1011, 1]))).toBe(VISITED)
  })

  it('knows all again after it has grown, a hundred thousand of them', () => {
    const cache = new ConfigurationCache(64 * maxBytes, 0)
    const all = function* (): Iterable<Configuration> {
      const one = configuration(0, [1], [])
      for (let state = 0; state < 100_000; state++) yield Object.assign(one, { state })
    }
    for (const each of all()) if (cache.add(each) !== ADDED) expect.fail(`${each.state} is taken for visited`)
    for (const each of all()) if (cache.add(each) !== VISITED) expect.fail(`${each.state} is forgotten`)
    expect(cache.bytes).toBeLessThan(64 * maxBytes)
  })

  it('stays within its bytes, and says when there is no room', () => {
    const cache = new ConfigurationCache(10_000, 0)
    let state = 0
    while (cache.add(configuration(state, [1], [])) === ADDED) state++
    expect(cache.add(configuration(state, [1], []))).toBe(FULL)
    expect(cache.bytes).toBeLessThanOrEqual(10_000)
    expect(state).toBeGreaterThan(100)
  })
})
