import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Checksum } from '../src/checksum.js'

function of(...parts: readonly Uint8Array[]): number {
  const checksum = new Checksum()
  for (const part of parts) checksum.add(part)
  return checksum.value
}

describe('the checksum', () => {
  it('is CRC-32C, by the examples of RFC 3720, B.4', () => {
    expect(of(new Uint8Array(32))).toBe(0x8a91_36aa)
    expect(of(new Uint8Array(32).fill(0xff))).toBe(0x62a8_ab43)
    expect(of(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd_794e)
    expect(of(Uint8Array.from({ length: 32 }, (_, index) => 31 - index))).toBe(0x113f_db5c)
  })

  it('is the same however the bytes come in parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, at) => {
        expect(of(bytes.subarray(0, at), bytes.subarray(at))).toBe(of(bytes))
      }),
    )
  })
})
