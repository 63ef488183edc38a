import type { Socket } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { PutRequestSchema } from '../src/gen/etcdserverpb/rpc_pb.js'
import { mendAuthority } from '../src/grpc/authority.js'
import { frame, GrpcClient } from './support/grpc-client.js'
import { serve, stopAll } from './support/served.js'
import { closed, dial, until } from './support/sockets.js'

afterEach(stopAll)

const PUT = '/etcdserverpb.KV/Put'
const put = frame(toBinary(PutRequestSchema, create(PutRequestSchema, { key: Uint8Array.of(107) })))

/** A field of HPACK with a name of the static table, its value in plain text. */
function field(index: number, value: string, kind = 0x40): Buffer {
  return Buffer.concat([Buffer.from([kind | index, value.length]), Buffer.from(value)])
}

const request = (authority: Buffer): Buffer => Buffer.concat([Buffer.from([0x83, 0x86]), field(4, PUT), authority])

describe('the authority of a request', () => {
  it.each([
    ['http://127.0.0.1:2379', 'http:--127.0.0.1:2379'],
    ['https://example:2379', 'https:--example:2379'],
    ['127.0.0.1:2379', '127.0.0.1:2379'],
    ['ftp://x', 'ftp://x'],
    ['http:/', 'http:/'],
  ])('"%s" becomes "%s", and nothing else changes', (from, to) => {
    for (const kind of [0x40, 0x00, 0x10]) {
      const block = request(field(1, from, kind))
      mendAuthority(block, 0)
      expect(block.toString('latin1')).toBe(request(field(1, to, kind)).toString('latin1'))
    }
  })

  it('is found behind padding and a priority', () => {
    const block = request(field(1, 'http://x'))
    const padded = Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 16]), block, Buffer.alloc(3)])
    mendAuthority(padded, 0x08 | 0x20)
    expect(padded.toString('latin1')).toContain('http:--x')
  })

  it('in Huffman code keeps its length: HPACK’s own example, and one that is mended', () => {
    // RFC 7541, C.4.1: www.example.com
    const example = Buffer.from('828684418cf1e3c2e5f23a6ba0ab90f4ff', 'hex')
    const before = Buffer.from(example)
    mendAuthority(example, 0)
    expect(example).toEqual(before)
    // h 100111, t 01001, t 01001, p 101011, : 1011100, / 011000 twice, a 00011, and ones to the end of the byte.
    const bits = ['100111', '01001', '01001', '101011', '1011100', '011000', '011000', '00011']
    const coded = (text: string): Buffer => {
      const bytes = (text.padEnd(Math.ceil(text.length / 8) * 8, '1').match(/.{8}/g) ?? []).map((byte) =>
        parseInt(byte, 2),
      )
      return Buffer.from([0x83, 0x41, 0x80 | bytes.length, ...bytes])
    }
    const block = coded(bits.join(''))
    mendAuthority(block, 0)
    const hyphen = '010110'
    expect(block).toEqual(coded([...bits.slice(0, 5), hyphen, hyphen, '00011'].join('')))
  })

  it('is looked for in any bytes without harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(255), (bytes, flags) => {
        const block = Buffer.from(bytes)
        mendAuthority(block, flags)
        expect(block.length).toBe(bytes.length)
      }),
    )
  })

  it('may be a URL, in the first request of a connection and in later ones', async () => {
    for (const authority of ['http://127.0.0.1:2379', 'https://localhost:2379']) {
      const { client } = await serve()
      for (let count = 0; count < 3; count++) {
        expect(await client.send(PUT, put, { ':authority': authority })).toMatchObject({ code: 0 })
      }
    }
  })
})

describe('the opening of a connection', () => {
  const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  const frameOf = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
    const header = Buffer.alloc(9)
    header.writeUIntBE(payload.length, 0, 3)
    header[3] = type
    header[4] = flags
    header.writeUInt32BE(stream, 5)
    return Buffer.concat([header, payload])
  }
  const SETTINGS = frameOf(4, 0, 0, Buffer.alloc(0))
  const ACK = frameOf(4, 1, 0, Buffer.alloc(0))
  const PING = frameOf(6, 0, 0, Buffer.from('12345678'))
  const contentType = Buffer.concat([field(31, 'application/grpc')])
  const HEADERS = frameOf(1, 4, 1, Buffer.concat([request(field(1, 'http://x:1')), contentType]))
  const DATA = frameOf(0, 1, 1, put)

  function watch(url: string): { readonly socket: Socket; readonly types: () => string[] } {
    const socket = dial(url)
    let read = Buffer.alloc(0)
    socket.on('data', (chunk) => (read = Buffer.concat([read, chunk])))
    const types = (): string[] => {
      const names: string[] = []
      for (let at = 0; at + 9 <= read.length; at += 9 + read.readUIntBE(at, 3)) {
        const [type, flags] = [read[at + 3] as number, read[at + 4] as number]
        const name = { 1: 'headers', 4: 'settings', 6: 'ping', 7: 'goaway' }[type] ?? 'other'
        names.push((type === 4 || type === 6) && (flags & 1) === 1 ? `${name} ack` : name)
      }
      return names
    }
    return { socket, types }
  }

  it('waits neither for a client that waits for the server, nor for one that does not', async () => {
    const { url, server } = await serve()
    const eager = watch(url)
    eager.socket.write(Buffer.concat([Buffer.from(PREFACE), SETTINGS, HEADERS, DATA]))
    await until(() => eager.types().filter((type) => type === 'headers').length === 2)
    const waiting = watch(url)
    waiting.socket.write(Buffer.concat([Buffer.from(PREFACE), SETTINGS, PING]))
    await until(() => waiting.types().join() === 'settings,ping ack')
    // Its answer to the settings may come before or behind its request.
    waiting.socket.write(Buffer.concat([HEADERS, DATA]))
    waiting.socket.write(ACK)
    await until(() => waiting.types().filter((type) => type === 'headers').length === 2)
    waiting.socket.write(Buffer.concat([ACK, PING]))
    await until(() => waiting.types().filter((type) => type === 'ping ack').length === 2)
    expect([...eager.types(), ...waiting.types()]).not.toContain('goaway')
    expect(server.stats()).toMatchObject({ requests: 2, connections: 3 })
    eager.socket.destroy()
    waiting.socket.destroy()
  })

  it('is read in whatever pieces it comes', async () => {
    const { url } = await serve()
    const slow = watch(url)
    slow.socket.setNoDelay(true)
    for (const byte of Buffer.concat([Buffer.from(PREFACE), SETTINGS, ACK, HEADERS, DATA])) {
      slow.socket.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => slow.types().filter((type) => type === 'headers').length === 2)
    slow.socket.destroy()
  })

  it('that comes to nothing ends the connection', async () => {
    const { url, server } = await serve({ keepaliveIntervalMs: 50 })
    const unanswered = watch(url)
    unanswered.socket.write(Buffer.concat([Buffer.from(PREFACE), SETTINGS]))
    await closed(unanswered.socket)
    const cut = watch(url)
    cut.socket.end(PREFACE.slice(0, 10))
    await closed(cut.socket)
    await until(() => server.stats().connections <= 1)
  })

  it('of a flood of settings and pings has an end', async () => {
    const { url, server } = await serve()
    const flood = watch(url)
    flood.socket.write(PREFACE)
    await until(() => server.stats().connections === 2)
    // Nothing of what is answered to it is read.
    flood.socket.pause()
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => PING))
    flood.socket.write(SETTINGS)
    for (let count = 0; count < 100; count++) flood.socket.write(pings)
    await until(() => server.stats().connections === 1)
    flood.socket.destroy()
    const client = new GrpcClient(url)
    expect(await client.send(PUT, put)).toMatchObject({ code: 0 })
    client.close()
  })
})
