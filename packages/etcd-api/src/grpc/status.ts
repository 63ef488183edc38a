/** How a request ended that was not answered: a status code of gRPC and a text. Refusals of `@quorate/kv` are such. */
export interface Status {
  readonly code: number
  readonly message: string
}

/** The codes that are used here, as gRPC numbers them. */
export const codes = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const

/** A message as a header carries it: bytes outside of printable ASCII, and the sign itself, as %XX. */
export function percentEncoded(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message
  let encoded = ''
  for (const byte of Buffer.from(message)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== PERCENT
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

const PERCENT = 0x25
