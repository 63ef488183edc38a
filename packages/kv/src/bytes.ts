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

const PART = 4096
