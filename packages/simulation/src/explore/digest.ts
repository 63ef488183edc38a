import { compareIds } from '@quorate/core'

/** 128 bits that tell texts apart, as a key: four lanes of multiply and rotate over code units, finished as MurmurHash3 does (A. Appleby, 2011). Not cryptographic. */
export function digest(text: string): string {
  let [a, b, c, d] = [0x239b_961b, 0xab0e_9789, 0x38b3_4ae5, 0xa1e3_8b93]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    a = Math.imul(rotate(a ^ code, 15), 0x9e37_79b1) + b
    b = Math.imul(rotate(b ^ code, 13), 0x85eb_ca77) + c
    c = Math.imul(rotate(c ^ code, 17), 0xc2b2_ae3d) + d
    d = Math.imul(rotate(d ^ code, 18), 0x27d4_eb2f) + a
  }
  const words = [finish(a ^ text.length), finish(b + c), finish(c ^ a), finish(d ^ b)]
  return String.fromCharCode(...words.flatMap((word) => [word >>> 16, word & 0xffff]))
}

function finish(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x85eb_ca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2_ae35)
  return mixed ^ (mixed >>> 16)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

/** A value as text: bytes as their characters, the members of objects by name. Equal texts are equal values, of plain data. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Uint8Array) return JSON.stringify(`\u0000${String.fromCharCode(...value)}`)
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  const members = value as Readonly<Record<string, unknown>>
  const names = Object.keys(members).sort(compareIds)
  return `{${names.map((name) => `${JSON.stringify(name)}:${textOf(members[name])}`).join()}}`
}
