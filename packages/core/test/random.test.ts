import { describe, expect, it } from 'vitest'
import { seededRandom, type Random } from '../src/index.js'
import { Xoshiro128 } from '../src/random.js'

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.fraction())

/** Pearson's statistic against equal frequencies. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + ((count - expected) * (count - expected)) / expected, 0)
}

/** What the statistic exceeds once in some ten thousand fair draws, for 10 to 64 classes: its mean plus five deviations. */
const suspicious = (classes: number) => classes - 1 + 5 * Math.sqrt(2 * (classes - 1))

describe('seededRandom', () => {
  // Known answers of the reference implementation, xoshiro128starstar.c 1.1, as published with rand_xoshiro.
  it('draws what the reference implementation draws from the same state', () => {
    const known = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]
    const random = new Xoshiro128(0, [1, 2, 3, 4])
    expect(draw(random, known.length).map((fraction) => fraction * 0x1_0000_0000)).toEqual(known)
  })

  it('draws the same from the same seed, and something else from its neighbours', () => {
    expect(draw(seededRandom(7), 20)).toEqual(draw(seededRandom(7), 20))
    const seeds = [0, 1, 2, 7, 8, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0007, 0x2_0000_0007, Number.MAX_SAFE_INTEGER]
    expect(new Set(seeds.map((seed) => draw(seededRandom(seed), 4).join())).size).toBe(seeds.length)
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the seed %d', (seed) => {
    expect(() => seededRandom(seed)).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
  })

  it('starts well: the first draws of consecutive seeds are uniform', () => {
    const counts = Array.from({ length: 64 }, () => 0)
    for (let seed = 0; seed < 64_000; seed++) {
      const at = Math.floor(seededRandom(seed).fraction() * 64)
      counts[at] = (counts[at] as number) + 1
    }
    expect(chiSquare(counts)).toBeLessThan(suspicious(64))
  })

  it('draws fractions uniformly from 0 up to but not including 1', () => {
    const random = seededRandom(1)
    const counts = Array.from({ length: 64 }, () => 0)
    for (let drawn = 0; drawn < 64_000; drawn++) {
      const fraction = random.fraction()
      expect(fraction >= 0 && fraction < 1).toBe(true)
      const at = Math.floor(fraction * 64)
      counts[at] = (counts[at] as number) + 1
    }
    expect(chiSquare(counts)).toBeLessThan(suspicious(64))
  })

  it('draws integers uniformly, both bounds included', () => {
    const random = seededRandom(2)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let drawn = 0; drawn < 20_000; drawn++) {
      const at = random.integer(-3, 6) + 3
      counts[at] = (counts[at] as number) + 1
    }
    expect(counts).toHaveLength(10)
    expect(chiSquare(counts)).toBeLessThan(suspicious(10))
    expect(random.integer(5, 5)).toBe(5)
  })

  it('draws from ranges of more than 32 bits without gaps', () => {
    const random = seededRandom(3)
    const drawn = Array.from({ length: 2000 }, () => random.integer(1, Number.MAX_SAFE_INTEGER))
    expect(drawn.every((each) => Number.isSafeInteger(each) && each >= 1)).toBe(true)
    const odd = drawn.filter((each) => each % 2 === 1).length
    expect(Math.abs(odd - 1000)).toBeLessThan(150)
  })

  it.each([
    [1, 0],
    [0, Infinity],
    [Number.NaN, 1],
    [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('refuses to draw an integer from %d to %d', (min, max) => {
    expect(() => seededRandom(1).integer(min, max)).toThrow(RangeError)
  })

  it('says yes as often as it is told to', () => {
    const random = seededRandom(4)
    const often = (probability: number) =>
      Array.from({ length: 10_000 }, () => random.chance(probability)).filter(Boolean).length
    expect(often(0)).toBe(0)
    expect(often(1)).toBe(10_000)
    expect(Math.abs(often(0.3) - 3000)).toBeLessThan(250)
  })

  it('picks every item, and refuses to pick from none', () => {
    const random = seededRandom(5)
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']))
    expect(() => random.pick([])).toThrow(RangeError)
  })

  it('shuffles into every order equally often, and leaves what it was given', () => {
    const random = seededRandom(6)
    const items = ['a', 'b', 'c', 'd']
    const counts = new Map<string, number>()
    for (let drawn = 0; drawn < 24_000; drawn++) {
      const order = random.shuffle(items).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(items).toEqual(['a', 'b', 'c', 'd'])
    expect(counts.size).toBe(24)
    expect(chiSquare([...counts.values()])).toBeLessThan(suspicious(24))
  })
})

describe('a fork', () => {
  it('is the same however much was drawn before', () => {
    const early = seededRandom(1).fork('network')
    const late = seededRandom(1)
    draw(late, 1000)
    expect(draw(late.fork('network'), 10)).toEqual(draw(early, 10))
  })

  it('does not move what its origin draws', () => {
    const random = seededRandom(1)
    random.fork('network').fraction()
    expect(draw(random, 10)).toEqual(draw(seededRandom(1), 10))
  })

  it('differs from its origin, from forks of other labels, of other seeds and of forks', () => {
    const forks = [0, 1, 2, 0x1_0000_0001].flatMap((seed) => {
      const random = seededRandom(seed)
      const labels = ['', 'a', 'b', 'ab', 'ba', 'node n1', 'node n2']
      return [random, ...labels.map((label) => random.fork(label)), random.fork('a').fork('b')]
    })
    expect(new Set(forks.map((random) => draw(random, 4).join())).size).toBe(forks.length)
  })

  it('differs from the forks of all labels of a thousand neighbouring seeds', () => {
    const labels = ['a', 'b', 'c', '1/', '2/', 'node n1', 'node n2', 'sync']
    const firsts = new Set<string>()
    for (let seed = 0; seed < 1000; seed++) {
      for (const label of labels) firsts.add(draw(seededRandom(seed).fork(label), 2).join())
    }
    expect(firsts.size).toBe(8000)
  })

  it('is uncorrelated with its sibling', () => {
    const [one, other] = [seededRandom(1).fork('n1'), seededRandom(1).fork('n2')]
    let product = 0
    for (let drawn = 0; drawn < 10_000; drawn++) product += (one.fraction() - 0.5) * (other.fraction() - 0.5)
    // Each product has mean 0 and deviation 1/12.
    expect(Math.abs(product / 10_000)).toBeLessThan(5 / 12 / 100)
  })
})
