import { describe, expect, it } from 'vitest'
import { seededRandom } from '@quorate/core'
import { Succession } from '../src/succession.js'

const order = ['a', 'b', 'c', 'd']
const succession = (self: string): Succession => new Succession(self, order, 10, seededRandom(1))

describe('the succession', () => {
  it('lets the first stand at once, and each further one a step and a random part of one later', () => {
    expect(succession('a').waitMs()).toBe(0)
    for (const [rank, self] of ['b', 'c', 'd'].entries()) {
      for (let times = 0; times < 100; times++) {
        const waitMs = succession(self).waitMs()
        expect(waitMs).toBeGreaterThanOrEqual((rank + 1) * 10)
        expect(waitMs).toBeLessThan((rank + 2) * 10)
      }
    }
  })

  it('does not count who is suspected, until it is trusted again, nor who is passed over', () => {
    const d = succession('d')
    expect(d.rank()).toBe(3)
    expect([d.suspect('a'), d.suspect('a')]).toEqual([true, false])
    expect(d.rank()).toBe(2)
    expect(d.rank('b')).toBe(1)
    expect(d.rank('a')).toBe(2)
    expect([d.restore('a'), d.restore('a')]).toEqual([true, false])
    expect(d.rank()).toBe(3)
  })

  it('knows no suspicion of this node itself, nor of who is no member', () => {
    const b = succession('b')
    expect([b.suspect('b'), b.suspect('x')]).toEqual([false, false])
    expect([b.suspect('d'), b.suspect('c')]).toEqual([true, true])
    expect(b.suspected).toEqual(['c', 'd'])
    expect([b.suspects('c'), b.suspects('a')]).toEqual([true, false])
  })
})
