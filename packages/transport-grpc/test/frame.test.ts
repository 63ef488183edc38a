import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { isMalformed, Malformed, seededRandom } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { FrameSchema } from '../src/gen/quorate/transport/v1/peer_pb.js'
import {
  decodeFrame,
  encodeHello,
  encodeMessages,
  encodePing,
  encodePong,
  encodeRefusal,
  encodeWelcome,
  maxChannelBytes,
  type ChannelMessage,
  type Frame,
} from '../src/wire/frame.js'

const limit = 1 << 20
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)
const messages: ChannelMessage[] = [
  { channel: 'election', payload: bytes(1, 2, 3) },
  { channel: 'election', payload: bytes() },
  { channel: '', payload: new Uint8Array(300).fill(9) },
  { channel: 'détecteur/χ', payload: bytes(255) },
  { channel: 'election', payload: new Uint8Array(20_000).fill(7) },
]
const hello = {
  clusterId: 'c',
  nodeId: 'n1',
  incarnation: 9_007_199_254_740_991n,
  instance: new Uint8Array(16).fill(4),
  toNodeId: 'n2',
  oldestVersion: 1,
  newestVersion: 3,
}
const welcome = { nodeId: 'n2', incarnation: 5n, instance: new Uint8Array(16).fill(8), version: 1 }

function read(frame: Uint8Array): Frame {
  const decoded = decodeFrame(frame, limit)
  if (isMalformed(decoded)) throw new Error(decoded.reason)
  return decoded
}

function reasonOf(frame: Uint8Array, maxBytes = limit): string {
  const decoded = decodeFrame(frame, maxBytes)
  return decoded instanceof Malformed ? decoded.reason : 'none'
}

describe('a frame', () => {
  it('comes back as it was written, messages in order', () => {
    expect(read(encodeMessages(messages)).messages).toEqual(messages)
    expect(read(encodeMessages(messages, 1, 3)).messages).toEqual(messages.slice(1, 3))
    expect(read(encodePing(0)).ping).toBe(0)
    expect(read(encodePong(4_294_967_295)).pong).toBe(4_294_967_295)
    expect(read(encodeHello(hello)).hello).toMatchObject(hello)
    expect(read(encodeWelcome(welcome)).welcome).toMatchObject(welcome)
    expect(read(encodeRefusal({ code: 'QUORATE_X', message: 'm' })).refusal).toMatchObject({
      code: 'QUORATE_X',
      message: 'm',
    })
    expect(read(bytes())).toMatchObject({ messages: [], hello: undefined, ping: undefined })
  })

  it('names a channel once while it stays the same', () => {
    const same = { channel: 'a-channel', payload: bytes(1) }
    const one = encodeMessages([same]).length
    const two = encodeMessages([same, same]).length
    expect(two - one).toBe(one - 'a-channel'.length - 2)
  })

  it('is the protobuf that peer.proto defines, both ways', () => {
    const theirs = fromBinary(FrameSchema, new Uint8Array(encodeMessages(messages)))
    expect(theirs.messages.map(({ channel, payload }) => ({ channel, payload }))).toEqual([
      messages[0],
      { channel: undefined, payload: bytes() },
      ...messages.slice(2),
    ])
    expect(fromBinary(FrameSchema, new Uint8Array(encodeHello(hello))).hello).toMatchObject(hello)
    expect(fromBinary(FrameSchema, encodePing(300)).ping).toBe(300)
    expect(fromBinary(FrameSchema, encodePong(0)).pong).toBe(0)
    const all = create(FrameSchema, { hello, welcome, ping: 70_000, pong: 1, messages })
    expect(read(toBinary(FrameSchema, all))).toMatchObject({ hello, welcome, ping: 70_000, pong: 1, messages })
  })

  it('may hold fields that this version does not know', () => {
    const unknown = [
      [0x78, 0x96, 0x01],
      [0x7a, 2, 1, 2],
      [0x7d, 1, 2, 3, 4],
      [0x79, 1, 2, 3, 4, 5, 6, 7, 8],
      [0xfa, 0xff, 0xff, 0xff, 0x0f, 1, 5],
    ]
    for (const field of unknown) {
      expect(read(bytes(...field, ...encodeMessages(messages), ...field)).messages).toEqual(messages)
    }
    const inside = bytes(0x32, 8, 0x0a, 1, 97, 0x78, 5, 0x12, 1, 42)
    expect(read(inside).messages).toEqual([{ channel: 'a', payload: bytes(42) }])
  })

  it('does not hand out its buffer as a Buffer, whose slices are no copies', () => {
    const payload = read(encodeMessages(messages)).messages[0]?.payload
    expect(Buffer.isBuffer(payload)).toBe(false)
  })

  it.each([
    ['a payload that is cut off', bytes(0x32, 5, 0x0a, 1, 97, 0x12, 9), /9 bytes with 0 left/],
    ['a message that is cut off', bytes(0x32, 9, 0x0a, 1, 97), /a part of 9 bytes with 3 left/],
    ['a message without a channel', bytes(0x32, 3, 0x12, 1, 1), /without a channel/],
    ['a length without end', bytes(0x32, 0xff, 0xff, 0xff, 0xff, 0xff), /no 32-bit number/],
    ['a length of more than 32 bits', bytes(0x32, 0xff, 0xff, 0xff, 0xff, 0x1f), /no 32-bit number/],
    ['a number without end', bytes(0x78, 0x80, 0x80), /without end/],
    ['field number 0', bytes(0x02, 0), /number 0/],
    ['a group', bytes(0x7b), /wire type 3/],
    ['a hello that is none', bytes(0x0a, 2, 0x0a, 9), /no Hello/],
    ['a ping that is cut off', bytes(0x20), /no 32-bit number/],
  ])('is not %s', (_what, frame, reason) => {
    expect(reasonOf(frame)).toMatch(reason)
  })

  it('is not longer than the limit, nor is the name of a channel', () => {
    const frame = encodeMessages(messages)
    expect(reasonOf(frame, frame.length)).toBe('none')
    expect(reasonOf(frame, frame.length - 1)).toMatch(
      `a frame of ${frame.length} bytes; the limit is ${frame.length - 1}`,
    )
    const long = { channel: 'x'.repeat(maxChannelBytes + 1), payload: bytes() }
    expect(reasonOf(encodeMessages([long]))).toMatch(/a name of 1025 bytes/)
    expect(read(encodeMessages([{ ...long, channel: 'x'.repeat(maxChannelBytes) }])).messages).toHaveLength(1)
  })

  it('is read or refused, and never throws, whatever 100,000 mutations make of it', () => {
    const random = seededRandom(7)
    const short = messages.slice(0, 4)
    const originals = [
      encodeMessages(short),
      encodeHello(hello),
      encodeWelcome(welcome),
      encodePing(77),
      encodeMessages(messages.slice(0, 2)),
    ]
    const counts = { read: 0, malformed: 0, oversized: 0 }
    for (let count = 0; count < 100_000; count++) {
      const original = originals[random.integer(0, originals.length - 1)] as Buffer
      const frame = mutate(original, random)
      const decoded = decodeFrame(frame, 600)
      if (!isMalformed(decoded)) {
        counts.read++
        const size = decoded.messages.reduce((sum, message) => sum + message.payload.length, 0)
        if (size > frame.length) throw new Error(`${size} bytes of payload in ${frame.length}`)
      } else if (decoded.reason.includes('the limit is 600')) counts.oversized++
      else counts.malformed++
    }
    expect(counts.read + counts.malformed + counts.oversized).toBe(100_000)
    expect(Math.min(counts.read, counts.malformed, counts.oversized)).toBeGreaterThan(5_000)
  }, 60_000)

  it('is refused wherever it is cut, or read as what was complete by then', () => {
    const frame = encodeMessages(messages.slice(0, 4))
    for (let length = 0; length < frame.length; length++) {
      const decoded = decodeFrame(frame.subarray(0, length), limit)
      if (!isMalformed(decoded)) expect(messages.slice(0, decoded.messages.length)).toEqual(decoded.messages)
    }
  })
})

function mutate(original: Buffer, random: ReturnType<typeof seededRandom>): Uint8Array {
  const kind = random.integer(0, 4)
  if (kind === 0) return Uint8Array.from({ length: random.integer(0, 64) }, () => random.integer(0, 255))
  if (kind === 1) return original.subarray(0, random.integer(0, original.length - 1))
  if (kind === 2) return Buffer.concat([original, Buffer.alloc(random.integer(0, 900), random.integer(0, 255))])
  const copy = Buffer.from(original)
  const changes = random.integer(1, 4)
  for (let count = 0; count < changes; count++) {
    // The structure is at the front.
    const end = kind === 3 ? Math.min(copy.length, 32) : copy.length
    copy[random.integer(0, end - 1)] = random.integer(0, 255)
  }
  return copy
}
