/**
 * etcdctl up to 3.4 sends the whole URL of an endpoint as its `:authority` when it asks one member something, such as its status. No authority has a
 * slash, so nghttp2, on which Node's HTTP/2 stands, resets such a request before anybody sees it. Nothing here looks at the authority; so it is
 * enough that the slashes of `http://` are other characters before nghttp2 reads them. A hyphen takes as many bits, in plain text and in HPACK's
 * Huffman code: nothing moves, and the tables of both sides stay the same size.
 *
 * RFC 7541, sections 5 and 6 and appendix B; RFC 9113, section 6.2.
 */

/** Mends the header block of a HEADERS frame in place, given without the frame's header, and its flags. What is no such frame stays as it is. */
export function mendAuthority(payload: Buffer, flags: number): void {
  const padding = (flags & PADDED) === 0 ? 0 : 1
  const end = payload.length - (padding === 0 ? 0 : (payload[0] ?? 0))
  let at = padding + ((flags & PRIORITY) === 0 ? 0 : 5)
  while (at < end) {
    const field = fieldAt(payload, at)
    if (field === undefined || field.next > end) return
    if (field.isAuthority) {
      mendString(payload.subarray(field.valueAt, field.next), field.huffman)
      return
    }
    at = field.next
  }
}

interface Field {
  readonly isAuthority: boolean
  readonly huffman: boolean
  readonly valueAt: number
  readonly next: number
}

/** A field of a header block; undefined when it is cut, or none. */
function fieldAt(bytes: Buffer, at: number): Field | undefined {
  const first = bytes[at] as number
  // Indexed: name and value stand in a table.
  if ((first & 0x80) !== 0) return plain(integerAt(bytes, at, 7))
  if ((first & 0xe0) === 0x20) return plain(integerAt(bytes, at, 5))
  const name = integerAt(bytes, at, (first & 0xc0) === 0x40 ? 6 : 4)
  if (name === undefined) return undefined
  const afterName = name.value === 0 ? stringAt(bytes, name.next)?.next : name.next
  const value = afterName === undefined ? undefined : stringAt(bytes, afterName)
  return value && { ...value, isAuthority: name.value === AUTHORITY_INDEX }
}

function plain(integer: Integer | undefined): Field | undefined {
  return integer && { isAuthority: false, huffman: false, valueAt: integer.next, next: integer.next }
}

function stringAt(bytes: Buffer, at: number): Omit<Field, 'isAuthority'> | undefined {
  const length = integerAt(bytes, at, 7)
  if (length === undefined) return undefined
  return { huffman: ((bytes[at] as number) & 0x80) !== 0, valueAt: length.next, next: length.next + length.value }
}

interface Integer {
  readonly value: number
  readonly next: number
}

function integerAt(bytes: Buffer, at: number, bits: number): Integer | undefined {
  const most = 2 ** bits - 1
  const first = bytes[at]
  if (first === undefined) return undefined
  let value = first & most
  if (value < most) return { value, next: at + 1 }
  for (let next = at + 1, scale = 1; next < bytes.length && scale <= 2 ** 21; next++, scale *= 128) {
    const byte = bytes[next] as number
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, next: next + 1 }
  }
  return undefined
}

function mendString(value: Buffer, huffman: boolean): void {
  for (const { from, to, mask } of huffman ? huffmanPrefixes : plainPrefixes) {
    if (
      value.length < from.length ||
      !from.every((byte, at) => ((value[at] as number) & (mask[at] as number)) === byte)
    ) {
      continue
    }
    for (const [at, byte] of to.entries()) value[at] = ((value[at] as number) & ~(mask[at] as number)) | byte
    return
  }
}

/** The beginning of a string in bits, what it becomes, and which bits are meant. */
interface Prefix {
  readonly from: Buffer
  readonly to: Buffer
  readonly mask: Buffer
}

/** The Huffman code of what is looked for. */
const code: Readonly<Record<string, string>> = {
  h: '100111',
  t: '01001',
  p: '101011',
  s: '01000',
  ':': '1011100',
  '/': '011000',
  '-': '010110',
}
const ascii = (text: string): string =>
  text
    .split('')
    .map((char) => char.charCodeAt(0).toString(2).padStart(8, '0'))
    .join('')
const huffmanCode = (text: string): string =>
  text
    .split('')
    .map((char) => code[char])
    .join('')

function prefixesIn(encode: (text: string) => string): readonly Prefix[] {
  return ['http', 'https'].map((scheme) => ({
    from: bitsOf(encode(`${scheme}://`)),
    to: bitsOf(encode(`${scheme}:--`)),
    mask: bitsOf(encode(`${scheme}://`).replaceAll('0', '1')),
  }))
}

function bitsOf(bits: string): Buffer {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0')
  return Buffer.from(padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
}

const plainPrefixes = prefixesIn(ascii)
const huffmanPrefixes = prefixesIn(huffmanCode)

const PADDED = 0x08
const PRIORITY = 0x20
/** Of `:authority` in HPACK's static table. */
const AUTHORITY_INDEX = 1
