/**
 * Keys are byte strings. Inside, one is a string whose code units are its bytes: the order of such strings is that of the bytes, and
 * comparing them is the engine's own.
 */
export function toBinary(bytes: Uint8Array): string {
  // In parts: an engine has a limit on arguments.
  if (bytes.length <= PART) return String.fromCharCode.apply(null, bytes as unknown as number[])
  let text = ''
  for (let from = 0; from < bytes.length; from += PART) {
    text += String.fromCharCode.apply(null, bytes.subarray(from, from + PART) as unknown as number[])
  }
  return text
}

export function fromBinary(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index)
  return bytes
}

/** Negative, zero or positive as `left` stands before, with or behind `right` in the order of bytes. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = left.length < right.length ? left.length : right.length
  for (let index = 0; index < shared; index++) {
    const difference = (left[index] as number) - (right[index] as number)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function readUint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  return high * 0x1_0000 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
}

/** A safe integer of 0 or more, in eight bytes. */
export function writeUint53(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, Math.floor(value / 0x1_0000_0000))
  writeUint32(bytes, at + 4, value)
}

/** What was written, or, from bytes that nobody wrote, perhaps a number that is no safe integer. */
export function readUint53(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * 0x1_0000_0000 + readUint32(bytes, at + 4)
}

export function writeInt64(bytes: Uint8Array, at: number, value: bigint): void {
  const unsigned = BigInt.asUintN(64, value)
  writeUint32(bytes, at, Number(unsigned >> 32n))
  writeUint32(bytes, at + 4, Number(unsigned & 0xffff_ffffn))
}

export function readInt64(bytes: Uint8Array, at: number): bigint {
  const high = readUint32(bytes, at)
  const low = readUint32(bytes, at + 4)
  return high === 0 && low === 0 ? 0n : BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low))
}

const PART = 4096
