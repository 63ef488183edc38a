import { limits, seededRandom } from '@quorate/core'
import { connect } from 'node:net'
import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeMessages, encodePing } from '../src/wire/frame.js'
import { connected, makeNode, startCluster, stopAll, until, type Node } from './helpers.js'
import { closeRaw, dialRaw, helloFrame, listenRaw, readFrame, welcomeFrame, type Dialer } from './raw.js'

afterEach(async () => {
  closeRaw()
  await stopAll()
})

const valid = encodeMessages([{ channel: 'x', payload: Buffer.from('hi') }])

async function greeted(): Promise<readonly [Node, Dialer]> {
  const a = makeNode('a', { peers: new Map([['b', ['http://127.0.0.1:1']]]) })
  await a.transport.start()
  const dialer = dialRaw(a.url())
  dialer.write(helloFrame())
  await until(() => dialer.frames.length > 0)
  return [a, dialer]
}

describe('garbage on the stream of a peer', () => {
  it('of 3,000 frames is counted, each, and told ever more rarely; the stream goes on', async () => {
    const [a, dialer] = await greeted()
    const random = seededRandom(11)
    for (let count = 0; count < 3000; count++) {
      const kind = count % 3
      if (kind === 0) dialer.write(valid.subarray(0, valid.length - 1))
      else if (kind === 1)
        dialer.write(Uint8Array.from([0x07, ...Array.from({ length: 40 }, () => random.integer(0, 255))]))
      else dialer.write(Buffer.concat([valid, Buffer.from([0x00])]))
      if (count % 100 === 0) await new Promise(setImmediate)
    }
    dialer.write(valid)
    await until(() => a.received.length === 1)
    expect(a.stats('b')).toMatchObject({ malformedFrames: 3000, receivedMessages: 1, incoming: true })
    const told = a.reports.filter((report) => report.type === 'malformed')
    expect(told.length).toBeGreaterThan(0)
    expect(told.length).toBeLessThan(60)
  }, 60_000)

  it('of a frame that is too long is counted and dropped; the stream goes on', async () => {
    const [a, dialer] = await greeted()
    dialer.write(encodeMessages([{ channel: 'x', payload: Buffer.alloc(limits.maxMessageBytes + 2048) }]))
    dialer.write(valid)
    await until(() => a.received.length === 1)
    expect(a.stats('b').malformedFrames).toBe(1)
    expect(a.reports.find((report) => report.type === 'malformed')?.message).toMatch(
      /a frame of \d+ bytes; the limit is \d+/,
    )
  })

  it('of a frame that is much too long ends the stream before it is taken into memory', async () => {
    const [a, dialer] = await greeted()
    dialer.write(Buffer.alloc(limits.maxMessageBytes * 3))
    await until(() => dialer.status() !== undefined)
    expect(dialer.status()).toBe(status.RESOURCE_EXHAUSTED)
    await until(() => !a.stats('b').incoming)
    expect(a.received).toEqual([])
  })

  it('from the side that was dialed is counted', async () => {
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.on('data', (bytes: Buffer) => {
        if (readFrame(bytes).hello === undefined) return
        call.write(welcomeFrame('b'))
        for (const frame of [Buffer.from([0x07]), valid, helloFrame()]) call.write(frame)
      })
    })
    const a = makeNode('a', { peers: new Map([['b', [url]]]) })
    await a.transport.start()
    await until(() => a.stats('b').malformedFrames === 3)
    expect(a.stats('b').state).toBe('connected')
    expect(a.received).toEqual([])
  })
})

describe('questions whose answers nobody reads', () => {
  it('are not answered without bound', async () => {
    const [a, dialer] = await greeted()
    dialer.pause()
    const asked = 14_000
    const number = 4_000_000_000 // long, to fill what HTTP/2 lets wait
    for (let count = 0; count < asked; count++) {
      dialer.write(encodePing(number))
      if (count % 500 === 0) await new Promise(setImmediate)
    }
    dialer.write(valid)
    await until(() => a.received.length === 1)
    dialer.resume()
    await until(() => {
      dialer.write(encodePing(2))
      return dialer.frames.some(({ pong }) => pong === 2)
    })
    const answers = dialer.frames.filter(({ pong }) => pong === number)
    expect(answers.length).toBeGreaterThan(0)
    expect(answers.length).toBeLessThan(asked)
  }, 60_000)
})

describe('garbage at the port', () => {
  it.each([
    ['random bytes', () => Array.from({ length: 50 }, (_, index) => randomBytes(index * 40))],
    ['requests of HTTP/1.1', () => Array.from({ length: 20 }, () => Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))],
    ['a TLS hello where none is spoken', () => [Buffer.from('16030100a5010000a10303', 'hex')]],
    [
      'the preface of HTTP/2 and random bytes',
      () => Array.from({ length: 50 }, (_, index) => Buffer.concat([preface, randomBytes(index * 40)])),
    ],
    [
      'the preface of HTTP/2 and a frame of 16 MiB',
      () => [Buffer.concat([preface, Buffer.from('ffffff0000000000010000', 'hex'), Buffer.alloc(1 << 20)])],
    ],
    [
      'a stream of too many settings',
      () => [Buffer.concat([preface, ...Array.from({ length: 5000 }, () => Buffer.from('000000040000000000', 'hex'))])],
    ],
  ])('%s leave the node as it was', async (_what, make) => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    await Promise.all(make().map((bytes) => throwAt(a.url(), bytes)))
    b.send('a', 'still there')
    await until(() => a.received.length === 1)
    expect([a.events.length, b.events.length]).toEqual([1, 1])
  })

  it('nothing at all is disconnected after a while', async () => {
    const a = makeNode('a', { timing: { keepaliveTimeMs: 10, keepaliveTimeoutMs: 20 } })
    await a.transport.start()
    const socket = connect(Number(new URL(a.url()).port), '127.0.0.1')
    await new Promise<void>((resolve) =>
      socket
        .on('error', () => {})
        .on('close', () => resolve())
        .resume(),
    )
  })
})

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const random = seededRandom(5)

function randomBytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.integer(0, 255)))
}

/** Resolves when the other side has hung up, or this one has after a while. */
function throwAt(url: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes))
    const timer = setTimeout(() => socket.destroy(), 200)
    // A reset is as good an answer as any.
    socket.on('error', () => {})
    socket.resume().on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
