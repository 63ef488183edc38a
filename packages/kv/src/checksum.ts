/**
 * CRC-32C, the checksum of iSCSI and of etcd's own hashes. G. Castagnoli, S. Brauer and M. Herrmann, 1993. Eight bytes at a time: M. Kounavis
 * and F. Berry, "A Systematic Approach to Building High Performance Software-Based CRC Generators", 2005.
 */
export class Checksum {
  #rest = 0xffff_ffff

  get value(): number {
    return ~this.#rest >>> 0
  }

  add(bytes: Uint8Array): void {
    let rest = this.#rest
    let at = 0
    for (; at + 8 <= bytes.length; at += 8) {
      const low = rest ^ wordAt(bytes, at)
      const high = wordAt(bytes, at + 4)
      rest = ahead(7, low) ^ ahead(6, low >>> 8) ^ ahead(5, low >>> 16) ^ ahead(4, low >>> 24)
      rest ^= ahead(3, high) ^ ahead(2, high >>> 8) ^ ahead(1, high >>> 16) ^ ahead(0, high >>> 24)
    }
    for (; at < bytes.length; at++) rest = ahead(0, rest ^ (bytes[at] as number)) ^ (rest >>> 8)
    this.#rest = rest
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
  return low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
}

/** What the lowest byte of `word` leaves once so many bytes have followed it. */
function ahead(distance: number, word: number): number {
  return table[distance * 256 + (word & 0xff)] as number
}

const table = new Int32Array(8 * 256)
for (let byte = 0; byte < 256; byte++) {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f6_3b78 : rest >>> 1
  table[byte] = rest
}
for (let entry = 256; entry < table.length; entry++) {
  const before = table[entry - 256] as number
  table[entry] = (table[before & 0xff] as number) ^ (before >>> 8)
}
