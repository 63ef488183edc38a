import { seededRandom } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventQueue, type Scheduled } from '../src/event-queue.js'
import { TraceHash } from '../src/trace-hash.js'

describe('the queue of events', () => {
  const event = fc.record({ at: fc.integer({ min: 0, max: 5 }), rank: fc.integer({ min: 0, max: 2 }) })

  it('hands out the earliest first, of those the lowest rank, of those what was pushed first, whenever it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.option(event), { maxLength: 60 }), (steps) => {
        const queue = new EventQueue<Scheduled & { readonly id: number }>()
        const waiting: { at: number; rank: number; id: number }[] = []
        const take = () => {
          waiting.sort((a, b) => a.at - b.at || a.rank - b.rank || a.id - b.id)
          const expected = waiting.shift()
          expect(queue.peek()?.id).toBe(expected?.id)
          expect(queue.pop()?.id).toBe(expected?.id)
          expect(queue.size).toBe(waiting.length)
        }
        steps.forEach((step, id) => {
          if (step === null) {
            take()
            return
          }
          waiting.push({ ...step, id })
          queue.push({ ...step, id, order: 0 })
          expect([...queue.all].map((each) => each.id).sort((a, b) => a - b)).toEqual(
            waiting.map((each) => each.id).sort((a, b) => a - b),
          )
        })
        while (waiting.length > 0) take()
        expect(queue.pop()).toBeUndefined()
      }),
    )
  })
})

describe('the hash of a trace', () => {
  const of = (...parts: (string | number | Uint8Array)[]): string => {
    const hash = new TraceHash()
    for (const part of parts) {
      if (typeof part === 'string') hash.text(part)
      else if (typeof part === 'number') hash.number(part)
      else hash.bytes(part)
    }
    return hash.digest()
  }

  it('is 16 hexadecimal digits, the same for the same parts', () => {
    expect(of('a', 1, Uint8Array.of(1))).toMatch(/^[0-9a-f]{16}$/)
    expect(of('a', 1, Uint8Array.of(1))).toBe(of('a', 1, Uint8Array.of(1)))
    expect(of()).toBe(of())
  })

  it('tells apart order, lengths, signs, fractions and single bits', () => {
    const bytes = (...values: number[]) => Uint8Array.from(values)
    const parts: (string | number | Uint8Array)[][] = [
      [],
      ['a', 'b'],
      ['b', 'a'],
      ['ab'],
      ['a', 'b', ''],
      [0],
      [-0],
      [1],
      [1 + Number.EPSILON],
      [bytes()],
      [bytes(0)],
      [bytes(0, 0)],
      [bytes(0, 0, 0, 0)],
      [bytes(0, 0, 0, 0, 0)],
      [bytes(0, 0, 0, 1)],
      [bytes(0, 0, 0, 128)],
      [bytes(0), bytes(0)],
    ]
    expect(new Set(parts.map((each) => of(...each))).size).toBe(parts.length)
  })

  it('does not collide among a hundred thousand short traces', () => {
    const random = seededRandom(1)
    const seen = new Set<string>()
    for (let count = 0; count < 100_000; count++) seen.add(of(count, random.integer(0, 1)))
    expect(seen.size).toBe(100_000)
  })

  it('changes about half of its bits with any one bit of what it is given', () => {
    let changed = 0
    let compared = 0
    for (let at = 0; at < 8; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
        const one = BigInt(`0x${of(bytes, 'end')}`)
        bytes[at] = (bytes[at] as number) ^ (1 << bit)
        const other = BigInt(`0x${of(bytes, 'end')}`)
        changed += (one ^ other).toString(2).replaceAll('0', '').length
        compared += 64
      }
    }
    expect(changed / compared).toBeGreaterThan(0.4)
    expect(changed / compared).toBeLessThan(0.6)
  })
})
