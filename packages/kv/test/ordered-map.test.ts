import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OrderedMap } from '../src/ordered-map.js'

const step = fc.record({
  kind: fc.constantFrom('set', 'set', 'delete', 'clone'),
  key: fc.integer({ min: 0, max: 400 }),
  count: fc.integer({ min: 1, max: 150 }),
})
const name = (key: number): string => String(key % 600).padStart(3, '0')

function contents(map: OrderedMap<number>): unknown {
  return [...map.entries('', undefined)]
}

function sorted(model: ReadonlyMap<string, number>): unknown {
  return [...model].sort(([left], [right]) => (left < right ? -1 : 1))
}

describe('the ordered map', () => {
  it('holds what a map holds, in order, and its clones hold what it held when they were taken', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const map = new OrderedMap<number>()
        const model = new Map<string, number>()
        const clones: [OrderedMap<number>, unknown][] = []
        for (const [at, { kind, key, count }] of steps.entries()) {
          if (kind === 'clone') clones.push([map.clone(), sorted(model)])
          for (let each = key; each < key + count; each++) {
            if (kind === 'set') {
              map.set(name(each), at)
              model.set(name(each), at)
            } else if (kind === 'delete') {
              expect(map.delete(name(each))).toBe(model.delete(name(each)))
            }
          }
          expect(map.size).toBe(model.size)
        }
        expect(contents(map)).toEqual(sorted(model))
        for (const [clone, expected] of clones) expect(contents(clone)).toEqual(expected)
        for (const [key, value] of model) expect(map.get(key)).toBe(value)
      }),
      { numRuns: 150 },
    )
  })

  it('visits exactly the entries of a range, whether all at once or one at a time', () => {
    const map = new OrderedMap<number>()
    for (let key = 0; key < 600; key += 2) map.set(name(key), key)
    fc.assert(
      fc.property(fc.nat(599), fc.option(fc.nat(599), { nil: undefined }), (from, to) => {
        const end = to === undefined ? undefined : name(to)
        const expected = Array.from({ length: 300 }, (_, index) => index * 2)
        const inside = expected.filter((key) => name(key) >= name(from) && (end === undefined || name(key) < end))
        expect([...map.entries(name(from), end)].map(([, value]) => value)).toEqual(inside)
        const scanned: number[] = []
        map.scan(name(from), end, (_, value) => void scanned.push(value))
        expect(scanned).toEqual(inside)
      }),
    )
  })

  it('is, made of sorted keys at once, what it is made of them one by one, and is changed alike', () => {
    fc.assert(
      fc.property(fc.nat(9000), fc.array(step, { maxLength: 6 }), (count, steps) => {
        const keys = Array.from({ length: count }, (_, key) => String(key).padStart(4, '0'))
        const map = OrderedMap.ofSorted(
          keys,
          keys.map((key) => Number(key)),
        )
        const other = new OrderedMap<number>()
        for (const key of keys) other.set(key, Number(key))
        for (const each of steps) {
          for (let key = each.key; key < each.key + each.count; key++) {
            for (const one of [map, other]) {
              if (each.kind === 'delete') one.delete(String(key * 3).padStart(4, '0'))
              else one.set(`${key * 2}`.padStart(4, '0').concat('x'), key)
            }
          }
        }
        expect(map.size).toBe(other.size)
        expect(contents(map)).toEqual(contents(other))
        const found: number[] = []
        map.scan('0300', '0400', (_, value) => void found.push(value))
        expect(found).toEqual([...other.entries('0300', '0400')].map(([, value]) => value))
      }),
      { numRuns: 60 },
    )
  })

  it('leaves a clone alone when the clone, too, is changed', () => {
    const map = new OrderedMap<number>()
    for (let key = 0; key < 600; key++) map.set(name(key), 1)
    const clone = map.clone()
    for (let key = 0; key < 600; key += 2) clone.set(name(key), 2)
    for (let key = 1; key < 600; key += 2) map.delete(name(key))
    expect([...map.entries('', undefined)].every(([, value]) => value === 1)).toBe(true)
    expect([map.size, clone.size]).toEqual([300, 600])
    expect([...clone.entries('', undefined)].filter(([, value]) => value === 2)).toHaveLength(300)
  })
})
