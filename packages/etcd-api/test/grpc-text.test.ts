import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { percentEncoded } from '../src/grpc/status.js'
import { parseTimeoutMs } from '../src/grpc/timeout.js'

describe('the message of a status', () => {
  it('is written in printable ASCII, as gRPC says, and read again as it was', () => {
    expect(percentEncoded('etcdserver: no leader')).toBe('etcdserver: no leader')
    expect(percentEncoded('100%, ü\n')).toBe('100%25, %C3%BC%0A')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (message) => {
        const encoded = percentEncoded(message)
        expect(encoded).toMatch(/^[\x20-\x7e]*$/)
        expect(decodeURIComponent(encoded)).toBe(message)
      }),
    )
  })
})

describe('a timeout', () => {
  it.each([
    ['2H', 7_200_000],
    ['3M', 180_000],
    ['5S', 5000],
    ['99999999m', 99_999_999],
    ['4999862u', 4999.862],
    ['1n', 0.000_001],
    ['0m', 0],
    ['100000000m', undefined],
    ['5', undefined],
    ['5s', undefined],
    ['-5S', undefined],
    [' 5S', undefined],
    ['', undefined],
  ])('of "%s" is %s ms', (header, ms) => {
    const parsed = parseTimeoutMs(header)
    if (ms === undefined) expect(parsed).toBeUndefined()
    else expect(parsed).toBeCloseTo(ms, 9)
  })
})
