import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../src/checksum.js'
import { viewOf } from '../src/byte-buffer.js'

function sum(bytes: Uint8Array): number {
  return crc32c(viewOf(bytes), 0, bytes.length)
}

/** Bit by bit, from the polynomial. */
function plain(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
  }
  return ~crc >>> 0
}

describe('crc32c', () => {
  it('gives the values that RFC 3720, appendix B.4, states', () => {
    expect(sum(new Uint8Array(32))).toBe(0x8a91_36aa)
    expect(sum(new Uint8Array(32).fill(0xff))).toBe(0x62a8_ab43)
    expect(sum(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd_794e)
    expect(sum(Uint8Array.from({ length: 32 }, (_, index) => 31 - index))).toBe(0x113f_db5c)
    expect(sum(new TextEncoder().encode('123456789'))).toBe(0xe306_9283)
  })

  it('gives the same as bit by bit, for any length and place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (bytes, a, b) => {
        const start = Math.min(a, b, bytes.length)
        const end = Math.min(Math.max(a, b), bytes.length)
        expect(crc32c(viewOf(bytes), start, end)).toBe(plain(bytes.subarray(start, end)))
      }),
    )
  })
})
