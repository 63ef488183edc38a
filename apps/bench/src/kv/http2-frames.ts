/** The frames of HTTP/2 (RFC 9113) that a client needs which sends one request after another as fast as it can. */

export const frameTypes = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const

/** END_STREAM of DATA and HEADERS; ACK of SETTINGS and PING. */
export const endStream = 1
export const acknowledgement = 1
export const endHeaders = 4
export const padded = 8

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** The largest window there is. */
export const largestWindow = 0x7fffffff
/** Windows of both sides before anybody says otherwise. */
export const initialWindow = 65_535
/** The largest payload of a frame before the other side allows more. */
const largestPayload = 16_384

export const settingsIds = { headerTableSize: 1, maxConcurrentStreams: 3, initialWindowSize: 4 } as const

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(9 + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  bytes.set(payload, 9)
  return bytes
}

/** The DATA frames of a whole request. */
export function dataFrames(stream: number, body: Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  for (let from = 0; from < body.length; from += largestPayload) {
    const part = body.subarray(from, from + largestPayload)
    frames.push(frame(frameTypes.data, from + part.length === body.length ? endStream : 0, stream, part))
  }
  return frames
}

export function settings(entries: Readonly<Record<number, number>>): Buffer {
  const payload = Object.entries(entries).map(([id, value]) => {
    const entry = Buffer.alloc(6)
    entry.writeUInt16BE(Number(id), 0)
    entry.writeUInt32BE(value, 2)
    return entry
  })
  return frame(frameTypes.settings, 0, 0, Buffer.concat(payload))
}

export function readSettings(payload: Buffer): ReadonlyMap<number, number> {
  const entries = new Map<number, number>()
  for (let at = 0; at + 6 <= payload.length; at += 6)
    entries.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
  return entries
}

export function windowUpdate(stream: number, increment: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(increment, 0)
  return frame(frameTypes.windowUpdate, 0, stream, payload)
}

/**
 * The headers of a gRPC request in HPACK (RFC 7541). The first request of a connection puts four of them into the server's table; later ones
 * name them by index, which is six bytes.
 */
export function grpcHeaders(authority: string, path: string): { readonly first: Buffer; readonly later: Buffer } {
  const [methodPost, schemeHttp] = [0x83, 0x86]
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
  const withIndexedName = (name: number, value: string): Buffer =>
    Buffer.concat([Buffer.from([0x40 | name]), text(value)])
  const [authorityName, pathName, contentTypeName] = [1, 4, 31]
  return {
    first: Buffer.concat([
      Buffer.from([methodPost, schemeHttp]),
      withIndexedName(pathName, path),
      withIndexedName(authorityName, authority),
      withIndexedName(contentTypeName, 'application/grpc'),
      Buffer.from([0x40]),
      text('te'),
      text('trailers'),
    ]),
    // The newest of the table has index 62.
    later: Buffer.from([methodPost, schemeHttp, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62]),
  }
}
/** How large the server's table must be for that. */
export const headerTableBytes = 4096
