/**
 * Frames by hand, in the bytes of `Frame` in peer.proto.
 *
 * Messages are the hot path: protobuf-es takes some 5 µs to write and read one of 100 bytes, this some 0.4 µs. The handshake,
 * which happens once, is left to protobuf-es. A test holds the two against each other.
 */
import { create, fromBinary, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import { Malformed } from '@quorate/core'
import {
  HelloSchema,
  RefusalSchema,
  WelcomeSchema,
  type Hello,
  type Refusal,
  type Welcome,
} from '../gen/quorate/transport/v1/peer_pb.js'
import { asBuffer } from '../service-definition.js'
import { FrameReader } from './frame-reader.js'

/** An encoded message and the channel that it is for. */
export interface ChannelMessage {
  readonly channel: string
  readonly payload: Uint8Array
}

export interface Frame {
  hello: Hello | undefined
  welcome: Welcome | undefined
  refusal: Refusal | undefined
  ping: number | undefined
  pong: number | undefined
  readonly messages: ChannelMessage[]
}

/** What a message can add to its payload: the name of its channel, tags and lengths. */
export const maxChannelBytes = 1024
export const maxMessageOverheadBytes = maxChannelBytes + 32

const field = { hello: 1, welcome: 2, refusal: 3, ping: 4, pong: 5, messages: 6 } as const
const part = { channel: 1, payload: 2 } as const
const varintType = 0
const bytesType = 2
const messageTag = (field.messages << 3) | bytesType
const channelTag = (part.channel << 3) | bytesType
const payloadTag = (part.payload << 3) | bytesType

/** Writes the messages from `start` to `end`, in order. */
export function encodeMessages(messages: readonly ChannelMessage[], start = 0, end = messages.length): Buffer {
  let total = 0
  let previous: string | undefined
  for (let index = start; index < end; index++) {
    const { channel, payload } = messages[index] as ChannelMessage
    const size = messageSize(channel === previous ? undefined : channel, payload)
    total += 1 + varintSize(size) + size
    previous = channel
  }
  const bytes = Buffer.allocUnsafe(total)
  let position = 0
  previous = undefined
  for (let index = start; index < end; index++) {
    const { channel, payload } = messages[index] as ChannelMessage
    const named = channel === previous ? undefined : channel
    bytes[position++] = messageTag
    position = writeVarint(bytes, position, messageSize(named, payload))
    if (named !== undefined) {
      bytes[position++] = channelTag
      position = writeVarint(bytes, position, Buffer.byteLength(named))
      position += bytes.write(named, position)
    }
    bytes[position++] = payloadTag
    position = writeVarint(bytes, position, payload.length)
    bytes.set(payload, position)
    position += payload.length
    previous = channel
  }
  return bytes
}

export function encodeHello(hello: Omit<Hello, '$typeName' | '$unknown'>): Buffer {
  return encodePart(field.hello, HelloSchema, create(HelloSchema, hello))
}

export function encodeWelcome(welcome: Omit<Welcome, '$typeName' | '$unknown'>): Buffer {
  return encodePart(field.welcome, WelcomeSchema, create(WelcomeSchema, welcome))
}

export function encodeRefusal(refusal: Omit<Refusal, '$typeName' | '$unknown'>): Buffer {
  return encodePart(field.refusal, RefusalSchema, create(RefusalSchema, refusal))
}

export function encodePing(number: number): Buffer {
  return encodeNumber(field.ping, number)
}

export function encodePong(number: number): Buffer {
  return encodeNumber(field.pong, number)
}

/**
 * Reads a frame of at most `maxBytes`. Payloads are views of `bytes`, not copies. Never throws: what is no frame is returned
 * as `Malformed`, and nothing of it is used.
 */
export function decodeFrame(bytes: Uint8Array, maxBytes: number): Frame | Malformed {
  if (bytes.length > maxBytes) return new Malformed(`a frame of ${bytes.length} bytes; the limit is ${maxBytes}`)
  const frame: Frame = {
    hello: undefined,
    welcome: undefined,
    refusal: undefined,
    ping: undefined,
    pong: undefined,
    messages: [],
  }
  const reader = new FrameReader(bytes)
  let channel: string | undefined
  while (reader.more) {
    const tag = reader.varint()
    if (tag === messageTag) {
      channel = readMessage(reader, frame.messages, channel)
    } else if (tag === ((field.ping << 3) | varintType)) {
      frame.ping = reader.varint()
    } else if (tag === ((field.pong << 3) | varintType)) {
      frame.pong = reader.varint()
    } else if (tag === ((field.hello << 3) | bytesType)) {
      frame.hello = readPart(reader, HelloSchema)
    } else if (tag === ((field.welcome << 3) | bytesType)) {
      frame.welcome = readPart(reader, WelcomeSchema)
    } else if (tag === ((field.refusal << 3) | bytesType)) {
      frame.refusal = readPart(reader, RefusalSchema)
    } else {
      reader.skip(tag)
    }
  }
  return reader.broken === undefined ? frame : new Malformed(reader.broken)
}

/** Returns the channel of the message, which is that of the next one too when that one names none. */
function readMessage(
  reader: FrameReader,
  messages: ChannelMessage[],
  previous: string | undefined,
): string | undefined {
  const outer = reader.enter()
  let channel = previous
  let payload: Uint8Array | undefined
  while (reader.more) {
    const tag = reader.varint()
    if (tag === payloadTag) payload = reader.bytes()
    else if (tag === channelTag) channel = reader.text(maxChannelBytes)
    else reader.skip(tag)
  }
  reader.leave(outer)
  if (channel === undefined) reader.fail('a message without a channel')
  else messages.push({ channel, payload: payload ?? new Uint8Array(0) })
  return channel
}

function readPart<Desc extends DescMessage>(reader: FrameReader, schema: Desc): MessageShape<Desc> | undefined {
  const bytes = reader.bytes()
  if (reader.broken !== undefined) return undefined
  try {
    return fromBinary(schema, bytes)
  } catch (error) {
    reader.fail(`no ${schema.name}: ${(error as Error).message}`)
    return undefined
  }
}

function encodePart<Desc extends DescMessage>(number: number, schema: Desc, message: MessageShape<Desc>): Buffer {
  const body = asBuffer(toBinary(schema, message))
  const bytes = Buffer.allocUnsafe(1 + varintSize(body.length) + body.length)
  bytes[0] = (number << 3) | bytesType
  bytes.set(body, writeVarint(bytes, 1, body.length))
  return bytes
}

function encodeNumber(number: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(1 + varintSize(value))
  bytes[0] = (number << 3) | varintType
  writeVarint(bytes, 1, value)
  return bytes
}

function messageSize(channel: string | undefined, payload: Uint8Array): number {
  const size = 1 + varintSize(payload.length) + payload.length
  if (channel === undefined) return size
  const length = Buffer.byteLength(channel)
  return size + 1 + varintSize(length) + length
}

/** Lengths and numbers are below 2³². */
function varintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

function writeVarint(bytes: Buffer, start: number, value: number): number {
  let position = start
  let rest = value
  while (rest >= 0x80) {
    bytes[position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[position++] = rest
  return position
}
