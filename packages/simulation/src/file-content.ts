import type { Random } from '@quorate/core'

/** Smaller than those of real disks, so that small writes are torn, too. */
const sectorBytes = 64

/** The content with `parts` behind it. What was there stays where it is: a view of it goes on to show what it showed. */
export function extended(content: Uint8Array | undefined, parts: readonly Uint8Array[]): Uint8Array {
  const length = content?.length ?? 0
  let end = length
  for (const part of parts) end += part.length
  let buffer = content?.buffer
  if (buffer === undefined || buffer.byteLength < end) {
    buffer = new ArrayBuffer(Math.max(1024, 2 * end))
    if (content !== undefined) new Uint8Array(buffer).set(content)
  }
  const result = new Uint8Array(buffer, 0, end)
  let at = length
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

/** The content cut off or followed by zeros, as a copy. */
export function resized(content: Uint8Array | undefined, bytes: number): Uint8Array {
  const result = new Uint8Array(bytes)
  if (content !== undefined) result.set(content.subarray(0, bytes))
  return result
}

/**
 * What a loss of power leaves of a file: what was durable, or what was written, or that cut off at any byte, or with sectors in it
 * that were never written: they hold zeros or what some other sector held.
 */
export function torn(
  durable: Uint8Array | undefined,
  written: Uint8Array | undefined,
  random: Random,
): Uint8Array | undefined {
  const how = random.pick(['durable', 'written', 'cut', 'holes'] as const)
  if (how === 'durable') return durable
  if (how === 'written' || written === undefined) return written
  const kept = durable?.length ?? 0
  if (written.length <= kept) return written
  if (how === 'cut') return written.slice(0, random.integer(kept, written.length))
  const holed = written.slice()
  for (let at = kept, end: number; at < holed.length; at = end) {
    end = Math.min(holed.length, (Math.floor(at / sectorBytes) + 1) * sectorBytes)
    if (random.chance(0.7)) continue
    const other = sectorBytes * random.integer(0, Math.floor(at / sectorBytes))
    if (random.chance(0.5)) holed.fill(0, at, end)
    else holed.copyWithin(at, other, other + end - at)
  }
  return holed
}
