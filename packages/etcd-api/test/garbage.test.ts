import { once } from 'node:events'
import { constants } from 'node:http2'
import { create, toBinary } from '@bufbuild/protobuf'
import { seededRandom } from '@quorate/core'
import { afterEach, describe, expect, it } from 'vitest'
import { PutRequestSchema, RangeRequestSchema, RangeResponseSchema } from '../src/gen/etcdserverpb/rpc_pb.js'
import { frame, GrpcClient, replyOf } from './support/grpc-client.js'
import { serve, stopAll, type Served } from './support/served.js'
import { closed, dial, until } from './support/sockets.js'

afterEach(stopAll)

const PUT = '/etcdserverpb.KV/Put'
const RANGE = '/etcdserverpb.KV/Range'
const key = Uint8Array.of(107)
const put = frame(toBinary(PutRequestSchema, create(PutRequestSchema, { key, value: key })))
const range = frame(toBinary(RangeRequestSchema, create(RangeRequestSchema, { key })))

/** What was sent before did no harm: the next client is served. */
async function expectServes({ url }: Served): Promise<void> {
  const client = new GrpcClient(url)
  expect(await client.send(PUT, put)).toMatchObject({ code: 0 })
  client.close()
}

describe('a frame', () => {
  it.each([
    ['that is compressed', 12, 'grpc: Decompressor is not installed for grpc-encoding "gzip"', 1, 'gzip'],
    ['that claims to be compressed by nothing', 13, 'grpc: compressed flag set with identity or empty encoding', 1, ''],
    ['of another kind', 13, 'grpc: received unexpected payload format 7', 7, ''],
  ])('%s is refused', async (_title, code, message, flag, encoding) => {
    const served = await serve()
    const body = Buffer.from(put)
    body[0] = flag
    const headers: Record<string, string> = encoding === '' ? {} : { 'grpc-encoding': encoding }
    expect(await served.client.send(PUT, body, headers)).toMatchObject({ code, message })
    await expectServes(served)
  })

  it.each([
    ['nothing', 0, 'EOF'],
    ['a part of its header', 3, 'unexpected EOF'],
    ['its header', 5, 'unexpected EOF'],
    ['all but its last byte', put.length - 1, 'unexpected EOF'],
  ])('of which only %s comes is refused', async (_title, length, message) => {
    const served = await serve()
    expect(await served.client.send(PUT, put.subarray(0, length))).toMatchObject({ code: 2, message })
    expect(served.server.stats()).toMatchObject({ heldBytes: 0, inFlightRequests: 0 })
  })

  it('is put together from whatever pieces it comes in', async () => {
    const { client, backend } = await serve()
    const value = new Uint8Array(100_000).fill(7)
    const message = frame(toBinary(PutRequestSchema, create(PutRequestSchema, { key, value })))
    for (const sizes of [[1, 1, 1, 1, 1, 1, 1], [4, 2], [6, 70_000], [message.length - 1]]) {
      const stream = client.open(PUT)
      const reply = replyOf(stream)
      let from = 0
      for (const size of sizes) {
        await new Promise((resolve) => stream.write(message.subarray(from, from + size), resolve))
        await new Promise((resolve) => setImmediate(resolve))
        from += size
      }
      stream.end(message.subarray(from))
      expect(await reply).toMatchObject({ code: 0 })
      expect(backend.machine.range({ key })).toMatchObject({ kvs: [{ value: { length: value.length } }] })
    }
  })

  it('that is no message is refused', async () => {
    const served = await serve()
    const draw = seededRandom(7)
    for (const path of [
      PUT,
      RANGE,
      '/etcdserverpb.KV/Txn',
      '/etcdserverpb.Maintenance/Alarm',
      '/grpc.health.v1.Health/Check',
    ]) {
      for (let count = 0; count < 50; count++) {
        const bytes = Uint8Array.from({ length: draw.integer(0, 40) }, () => draw.integer(0, 255))
        const { code } = await served.client.send(path, frame(bytes))
        expect(code).toBeTypeOf('number')
      }
      expect(await served.client.send(path, frame(Uint8Array.of(0xff, 0xff, 0xff)))).toMatchObject({
        code: 13,
        message: expect.stringMatching(/^grpc: error unmarshalling request: /),
      })
    }
    await expectServes(served)
  })

  it('with another behind it is answered once', async () => {
    const { client, backend } = await serve()
    expect(await client.send(PUT, Buffer.concat([put, put]))).toMatchObject({ code: 0 })
    expect(backend.proposed).toBe(1)
  })
})

describe('a request that is no gRPC', () => {
  it.each([
    [{ 'content-type': 'text/plain' }, 415],
    [{ 'content-type': 'application/grpc-web' }, 415],
    [{ ':method': 'PUT' }, 405],
  ])('(%o) is refused in HTTP', async (headers, http) => {
    const served = await serve()
    expect(await served.client.send(PUT, put, headers)).toMatchObject({ http, code: undefined })
    expect(served.server.stats()).toMatchObject({ malformed: 1 })
    await expectServes(served)
  })

  it('is taken whatever is said of the coding of its messages', async () => {
    const { client } = await serve()
    expect(await client.send(PUT, put, { 'content-type': 'application/grpc+proto' })).toMatchObject({ code: 0 })
  })

  it('for a timeout that is none ends at once', async () => {
    const served = await serve()
    for (const timeout of ['soon', '1', '123456789m', '-1S', '']) {
      const reply = await served.client.send(PUT, put, { 'grpc-timeout': timeout })
      expect(reply, timeout).toMatchObject({ code: undefined, rst: constants.NGHTTP2_PROTOCOL_ERROR })
    }
    await expectServes(served)
  })
})

describe('a connection', () => {
  it.each([
    ['HTTP/1.1', 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
    ['a preface and then nonsense', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense, and enough of it to be a frame'],
  ])('that speaks %s is closed and counted', async (_title, words) => {
    const served = await serve()
    const socket = dial(served.url)
    socket.write(words)
    socket.resume()
    await closed(socket)
    await until(() => served.server.stats().failedConnections === 1)
    await expectServes(served)
  })

  it('of random bytes is closed, whatever they are', async () => {
    const served = await serve()
    const draw = seededRandom(1)
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    for (let count = 0; count < 60; count++) {
      const noise = Buffer.from(Uint8Array.from({ length: draw.integer(1, 400) }, () => draw.integer(0, 255)))
      const socket = dial(served.url)
      socket.resume()
      socket.end(count % 2 === 0 ? noise : Buffer.concat([preface, noise]))
      await closed(socket)
    }
    await expectServes(served)
    await until(() => served.server.stats().connections === 1)
  })

  it('that is lost gives back what its requests held', async () => {
    const served = await serve()
    const { server, backend, client } = served
    backend.proposals = 'never'
    const half = client.open(PUT)
    half.write(Buffer.concat([Buffer.from([0, 0, 16, 0, 0]), Buffer.alloc(300_000)]))
    const whole = client.open(PUT)
    whole.end(put)
    await until(() => server.stats().inFlightRequests === 2 && server.stats().heldBytes >= 300_000)
    client.close()
    await until(() => server.stats().inFlightRequests === 0)
    expect(server.stats()).toMatchObject({ heldBytes: 0, abandoned: 2, connections: 0 })
    backend.proposals = undefined
    await expectServes(served)
  })

  it('beyond the most that are allowed is closed', async () => {
    const served = await serve({ bounds: { maxConnections: 1 } })
    expect(await served.client.send(PUT, put)).toMatchObject({ code: 0 })
    const second = dial(served.url)
    second.resume()
    await closed(second)
    expect(await served.client.send(PUT, put)).toMatchObject({ code: 0 })
  })

  it('whose requests are reset as fast as they come harms nobody else, and does not last', async () => {
    const served = await serve({ keepaliveIntervalMs: 200 })
    const attacker = new GrpcClient(served.url)
    for (let count = 0; count < 3000; count++) {
      if (attacker.session.destroyed) break
      const stream = attacker.open(PUT)
      stream.write(put.subarray(0, 7))
      stream.close(constants.NGHTTP2_CANCEL)
      if (count % 200 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await expectServes(served)
    attacker.close()
    served.client.close()
    await until(() => served.server.stats().connections === 0)
    expect(served.server.stats()).toMatchObject({ inFlightRequests: 0, heldBytes: 0 })
  })

  it('is kept while its client lives, silent as it may be, and not for longer', async () => {
    const { client, server, url } = await serve({ keepaliveIntervalMs: 50 })
    await once(client.session, 'connect')
    const dead = dial(url)
    dead.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    dead.resume()
    await closed(dead)
    expect(await client.send(PUT, put)).toMatchObject({ code: 0 })
    expect(server.stats().connections).toBe(1)
  })

  it('is kept however often it is asked whether it lives', async () => {
    const { client } = await serve()
    await once(client.session, 'connect')
    for (let count = 0; count < 100; count++) {
      await new Promise<void>((resolve, reject) =>
        client.session.ping((error) => (error === null ? resolve() : reject(error))),
      )
    }
    expect(await client.send(PUT, put)).toMatchObject({ code: 0 })
  })
})

describe('too much', () => {
  it('in flight is refused, and what is in flight is answered', async () => {
    const { client, backend, server } = await serve({ bounds: { maxInFlightRequests: 3 } })
    const other = new GrpcClient(server.urls[0] as string)
    backend.barriers = 'never'
    const waiting: (() => void)[] = []
    backend.readBarrier = (done) => void waiting.push(() => done('ready'))
    const replies = [1, 2, 3].map(() => client.send(RANGE, range))
    await until(() => waiting.length === 3)
    expect(await other.send(RANGE, range)).toMatchObject({ code: 8, message: 'etcdserver: too many requests' })
    for (const answer of waiting) answer()
    expect(await Promise.all(replies)).toMatchObject([{ code: 0 }, { code: 0 }, { code: 0 }])
    expect(server.stats()).toMatchObject({ overloaded: 1 })
    other.close()
  })

  it('of requests still coming is refused', async () => {
    const { client, server } = await serve({ bounds: { maxHeldBytes: 400_000 } })
    const begun = Buffer.concat([Buffer.from([0, 0, 16, 0, 0]), Buffer.alloc(150_000)])
    const first = client.open(PUT)
    first.write(begun)
    await until(() => server.stats().heldBytes >= 150_000)
    const second = client.open(PUT)
    const refused = replyOf(second)
    second.write(Buffer.concat([begun, begun]))
    expect(await refused).toMatchObject({ code: 8, message: 'etcdserver: too many requests' })
    expect(server.stats().heldBytes).toBeLessThanOrEqual(400_000)
    expect(await client.send(PUT, put)).toMatchObject({ code: 0 })
  })

  it('of answers that nobody takes is refused, and served again once they are taken', async () => {
    const { client, server, backend } = await serve({ bounds: { maxHeldBytes: 3_000_000 } })
    const value = new Uint8Array(1_000_000)
    backend.execute({ type: 'put', key, value })
    const streams = Array.from({ length: 3 }, () => {
      const stream = client.open(RANGE)
      stream.pause()
      stream.end(range)
      return stream
    })
    await until(() => server.stats().heldBytes > 3_000_000)
    const other = new GrpcClient(server.urls[0] as string)
    expect(await other.send(RANGE, range)).toMatchObject({ code: 8, message: 'etcdserver: too many requests' })
    const replies = streams.map((stream) => replyOf(stream))
    for (const stream of streams) stream.resume()
    const taken = await Promise.all(replies)
    expect(taken.map(({ code }) => code)).toEqual([0, 0, 0])
    const reply = await other.call(RANGE, [RangeRequestSchema, { key }], RangeResponseSchema)
    expect(reply.kvs[0]?.value.length).toBe(value.length)
    other.close()
  })
})
