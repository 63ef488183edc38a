const SLICES = 16
const tables = makeTables()

/**
 * CRC-32C (Castagnoli) of the bytes from `start` to before `end`, sixteen bytes at a time.
 *
 * It finds every burst of up to 32 damaged bits, and any three flipped bits in up to 255 MiB.
 *
 * G. Castagnoli, S. Bräuer, M. Herrmann, "Optimization of cyclic redundancy-check codes with 24 and 32 parity bits",
 * IEEE Transactions on Communications 41(6), 1993. M. E. Kounavis, F. L. Berry, "A systematic approach to building high
 * performance software-based CRC generators", ISCC 2005 (slicing).
 */
export function crc32c(view: DataView, start: number, end: number): number {
  let crc = -1
  let at = start
  for (const last = end - SLICES; at <= last; at += SLICES) {
    // Words through a view are read in half the time of bytes through an array.
    const a = crc ^ view.getInt32(at, true)
    const b = view.getInt32(at + 4, true)
    const c = view.getInt32(at + 8, true)
    const d = view.getInt32(at + 12, true)
    crc =
      slice(15, a & 0xff) ^
      slice(14, (a >>> 8) & 0xff) ^
      slice(13, (a >>> 16) & 0xff) ^
      slice(12, a >>> 24) ^
      slice(11, b & 0xff) ^
      slice(10, (b >>> 8) & 0xff) ^
      slice(9, (b >>> 16) & 0xff) ^
      slice(8, b >>> 24) ^
      slice(7, c & 0xff) ^
      slice(6, (c >>> 8) & 0xff) ^
      slice(5, (c >>> 16) & 0xff) ^
      slice(4, c >>> 24) ^
      slice(3, d & 0xff) ^
      slice(2, (d >>> 8) & 0xff) ^
      slice(1, (d >>> 16) & 0xff) ^
      slice(0, d >>> 24)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ slice(0, (crc ^ view.getUint8(at)) & 0xff)
  return ~crc >>> 0
}

function slice(table: number, byte: number): number {
  return tables[(table << 8) | byte] as number
}

/** Table n holds what a byte does to the checksum n bytes later. */
function makeTables(): Int32Array {
  const made = new Int32Array(SLICES << 8)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
    made[byte] = crc
  }
  for (let entry = 256; entry < made.length; entry++) {
    const before = made[entry - 256] as number
    made[entry] = (before >>> 8) ^ (made[before & 0xff] as number)
  }
  return made
}
