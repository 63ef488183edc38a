import { afterEach, describe, expect, it } from 'vitest'
import { encodeMessages, encodePing, encodePong, encodeRefusal } from '../src/wire/frame.js'
import { connected, makeNode, sleep, startCluster, stopAll, until, type Node } from './helpers.js'
import { closeRaw, dialRaw, helloFrame, listenRaw, readFrame, welcomeFrame, type Dialer } from './raw.js'

afterEach(async () => {
  closeRaw()
  await stopAll()
})

const nowhere = new Map([['b', ['http://127.0.0.1:1']]])
const other = Buffer.alloc(16, 'other')

async function startA(options: Parameters<typeof makeNode>[1] = {}): Promise<Node> {
  const a = makeNode('a', { peers: nowhere, ...options })
  await a.transport.start()
  return a
}

async function greet(a: Node, fields?: Parameters<typeof helloFrame>[0]): Promise<Dialer> {
  const dialer = dialRaw(a.url())
  dialer.write(helloFrame(fields))
  await until(() => dialer.frames.length > 0)
  return dialer
}

describe('a process that connects', () => {
  it.each([
    [
      'of another cluster',
      { clusterId: 'prod' },
      'QUORATE_WRONG_CLUSTER',
      /node "b" is of cluster "prod", node "a" of cluster "test": give both/,
    ],
    [
      'with a later protocol',
      { oldestVersion: 2, newestVersion: 4 },
      'QUORATE_UNKNOWN_VERSION',
      /"b" speaks versions 2 to 4 .*, node "a" version 1: run/,
    ],
    [
      'with an earlier protocol',
      { oldestVersion: 0, newestVersion: 0 },
      'QUORATE_UNKNOWN_VERSION',
      /"b" speaks version 0 .*, node "a" version 1/,
    ],
    [
      'that means another node',
      { toNodeId: 'c' },
      'QUORATE_WRONG_NODE',
      /the URL of node "c" leads to node "a": correct/,
    ],
    ['that is no peer', { nodeId: 'x' }, 'QUORATE_UNKNOWN_PEER', /"x" is not among the peers of node "a": add/],
    [
      "under this node's id",
      { nodeId: 'a' },
      'QUORATE_DUPLICATE_NODE',
      /node "a" came with incarnation 1 while .* two processes run as one node/,
    ],
    ['without an id', { nodeId: '' }, 'QUORATE_MALFORMED_HELLO', /a node id of 0 characters/],
    ['with an endless id', { nodeId: 'x'.repeat(129) }, 'QUORATE_MALFORMED_HELLO', /a node id of 129 characters/],
    ['with an unsafe incarnation', { incarnation: 1n << 60n }, 'QUORATE_MALFORMED_HELLO', /no safe integer/],
    ['without an instance', { instance: Buffer.alloc(0) }, 'QUORATE_MALFORMED_HELLO', /an instance of 0 bytes/],
  ])('%s is refused with a code, and both sides are told why', async (_what, fields, code, message) => {
    const a = await startA()
    const dialer = await greet(a, fields)
    expect(dialer.frames[0]?.refusal).toMatchObject({ code, message: expect.stringMatching(message) })
    const told = a.reports.filter((report) => report.type === 'refused-connection')
    expect(told).toMatchObject([
      { code, message: expect.stringMatching(message), remote: expect.stringMatching(/^127.0.0.1:\d+$/) },
    ])
    await until(() => dialer.status() === 0)
    expect(a.received).toEqual([])
  })

  it('is welcome otherwise, speaks the version that both know, and is heard', async () => {
    const a = await startA()
    const dialer = await greet(a, { oldestVersion: 1, newestVersion: 9 })
    expect(dialer.frames[0]?.welcome).toMatchObject({ nodeId: 'a', incarnation: 1n, version: 1 })
    dialer.write(encodeMessages([{ channel: 'x', payload: Buffer.from('hi') }]))
    await until(() => a.received.length === 1)
    expect(a.received).toEqual([{ from: { id: 'b', incarnation: 1 }, channel: 'x', text: 'hi' }])
  })

  it('is refused when it begins with anything but hello', async () => {
    const a = await startA()
    const dialer = dialRaw(a.url())
    dialer.write(encodeMessages([{ channel: 'x', payload: Buffer.from('hi') }]))
    await until(() => dialer.frames.length > 0)
    expect(dialer.frames[0]?.refusal).toMatchObject({ code: 'QUORATE_MALFORMED_HELLO' })
    expect(a.received).toEqual([])
  })

  it('is refused when it says nothing', async () => {
    const a = await startA({ timing: { handshakeTimeoutMs: 20 } })
    const dialer = dialRaw(a.url())
    await until(() => dialer.frames.length > 0)
    expect(dialer.frames[0]?.refusal?.message).toMatch(/none within 20 ms/)
  })

  it('is not heard once it greets again, and that is counted', async () => {
    const a = await startA()
    const dialer = await greet(a)
    dialer.write(helloFrame({ incarnation: 2n }))
    await until(() => a.stats('b').malformedFrames === 1)
    expect(a.reports.filter((report) => report.type === 'malformed')).toMatchObject([{ peer: 'b' }])
    expect(a.stats('b').incarnation).toBe(1)
  })
})

describe('a later life of a peer', () => {
  it('takes the place of the earlier one, whose stream ends and whose messages are refused', async () => {
    const a = await startA()
    const earlier = await greet(a)
    earlier.close()
    const later = await greet(a, { incarnation: 2n, instance: other })
    expect(later.frames[0]?.welcome).toBeDefined()
    const again = await greet(a)
    expect(again.frames[0]?.refusal).toMatchObject({
      code: 'QUORATE_OLD_INCARNATION',
      message: expect.stringMatching(/"b" came with incarnation 1, but its incarnation 2 was seen already: stop/),
    })
  })

  it('takes its place also when the earlier one only hangs', async () => {
    const a = await startA({ timing: { livenessTimeoutMs: 20 } })
    const hanging = await greet(a)
    const later = await greet(a, { incarnation: 2n, instance: other })
    expect(later.frames[0]?.welcome).toBeDefined()
    await until(() => hanging.status() === 0)
    hanging.write(encodeMessages([{ channel: 'x', payload: Buffer.from('late') }]))
    later.write(encodeMessages([{ channel: 'x', payload: Buffer.from('new') }]))
    await until(() => a.received.length > 0)
    await sleep(20)
    expect(a.received).toEqual([{ from: { id: 'b', incarnation: 2 }, channel: 'x', text: 'new' }])
  })

  it('takes its place also when it is dialed before it dials', async () => {
    const url = await listenRaw(answerWith(welcomeFrame('b', { incarnation: 2n })))
    const a = await startA({ timing: { livenessTimeoutMs: 20 } })
    const hanging = await greet(a)
    a.transport.setPeer('b', [url])
    await until(() => a.stats('b').state === 'connected')
    await until(() => hanging.status() === 0)
    expect(a.stats('b')).toMatchObject({ incarnation: 2, incoming: false })
  })

  it('is refused while the earlier one answers: two processes run as one node', async () => {
    const a = await startA()
    const alive = await greet(a)
    const answering = answerPings(alive)
    const second = await greet(a, { incarnation: 2n, instance: other })
    answering.stop()
    expect(second.frames[0]?.refusal).toMatchObject({
      code: 'QUORATE_DUPLICATE_NODE',
      message: expect.stringMatching(/"b" came with incarnation 2 while its incarnation 1 is alive/),
    })
    alive.write(encodeMessages([{ channel: 'x', payload: Buffer.from('still') }]))
    await until(() => a.received.length === 1)
  })

  it('is refused when it has the incarnation of another process', async () => {
    const a = await startA()
    const first = await greet(a)
    first.close()
    const second = await greet(a, { instance: other })
    expect(second.frames[0]?.refusal).toMatchObject({ code: 'QUORATE_DUPLICATE_NODE' })
  })

  it('is refused when its node was removed while the earlier one was asked', async () => {
    const a = await startA({ timing: { livenessTimeoutMs: 100 } })
    await greet(a)
    const later = dialRaw(a.url())
    later.write(helloFrame({ incarnation: 2n, instance: other }))
    await sleep(30)
    a.transport.removePeer('b')
    await until(() => later.frames.length > 0)
    expect(later.frames[0]?.refusal).toMatchObject({ code: 'QUORATE_UNKNOWN_PEER' })
  })

  it('is the same life when only the connection is new', async () => {
    const a = await startA()
    const first = await greet(a)
    const second = await greet(a)
    expect(second.frames[0]?.welcome).toBeDefined()
    await until(() => first.status() === 0)
    second.write(encodeMessages([{ channel: 'x', payload: Buffer.from('hi') }]))
    await until(() => a.received.length === 1)
  })
})

describe('a node that dials', () => {
  it.each([
    [
      'another cluster',
      { clusterId: 'prod' },
      {},
      'QUORATE_WRONG_CLUSTER',
      /"a" is of cluster "test", node "b" of cluster "prod"/,
    ],
    ['a node that does not know it', {}, {}, 'QUORATE_UNKNOWN_PEER', /"a" is not among the peers of node "b"/],
  ])('hears why %s refuses it, says so, and does not ask again and again', async (_what, ofB, ofA, code, message) => {
    const b = makeNode('b', ofB)
    await b.transport.start()
    const a = makeNode('a', { ...ofA, peers: new Map([['b', [b.url()]]]), timing: { minReconnectDelayMs: 1 } })
    await a.transport.start()
    await until(() => a.reports.length > 0)
    expect(a.reports[0]).toMatchObject({
      type: 'handshake-failed',
      peer: 'b',
      url: b.url(),
      code,
      message: expect.stringMatching(message),
    })
    expect(b.reports[0]).toMatchObject({ type: 'refused-connection', code })
    await sleep(200)
    expect(a.stats('b').failedAttempts).toBe(1)
    expect(a.stats('b').lastError).toMatch(message)
    expect(a.events).toEqual([])
  })

  it('refuses a node that it did not mean', async () => {
    const url = await listenRaw(answerWith(welcomeFrame('z')))
    const a = await startA({ peers: new Map([['b', [url]]]) })
    await until(() => a.reports.length > 0)
    expect(a.reports[0]).toMatchObject({
      code: 'QUORATE_WRONG_NODE',
      message: expect.stringMatching(/URL of node "b" leads to node "z"/),
    })
  })

  it('refuses a version that it does not speak', async () => {
    const url = await listenRaw(answerWith(welcomeFrame('b', { version: 3 })))
    const a = await startA({ peers: new Map([['b', [url]]]) })
    await until(() => a.reports.length > 0)
    expect(a.reports[0]).toMatchObject({
      code: 'QUORATE_UNKNOWN_VERSION',
      message: expect.stringMatching(/"b" speaks version 3.*"a" version 1/),
    })
  })

  it('refuses a life older than one that it has seen', async () => {
    const url = await listenRaw(answerWith(welcomeFrame('b', { incarnation: 3n })))
    const a = await startA()
    await greet(a, { incarnation: 4n })
    a.transport.setPeer('b', [url])
    await until(() => a.reports.some((report) => report.type === 'handshake-failed'))
    expect(a.reports.find((report) => report.type === 'handshake-failed')).toMatchObject({
      code: 'QUORATE_OLD_INCARNATION',
    })
    expect(a.events).toEqual([])
  })

  it('finds that a URL leads back to itself', async () => {
    const a = makeNode('a')
    await a.transport.start()
    a.transport.setPeer('b', [a.url()])
    await until(() => a.reports.length > 1)
    expect(a.reports).toContainEqual(
      expect.objectContaining({
        type: 'handshake-failed',
        code: 'QUORATE_WRONG_NODE',
        message: expect.stringMatching(/node "b" leads back to node "a" itself/),
      }),
    )
  })

  it('says so when a gRPC server is no peer, and when there is no gRPC server', async () => {
    const { Server, ServerCredentials } = await import('@grpc/grpc-js')
    const { createServer } = await import('node:http')
    const server = new Server()
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      )
    })
    const web = createServer()
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    const webPort = (web.address() as { port: number }).port
    const a = await startA({
      peers: new Map([
        ['b', [`http://127.0.0.1:${port}`]],
        ['c', [`http://127.0.0.1:${webPort}`]],
      ]),
    })
    await until(() => a.stats('b').lastError !== undefined && a.stats('c').lastError !== undefined)
    server.forceShutdown()
    web.close()
    web.closeAllConnections()
    expect(a.stats('b').lastError).toMatch(/is a gRPC server but no peer: correct the URL of node "b"/)
    expect(a.stats('c').lastError).toMatch(/somebody listens at .*, but there is no talking to it as to node "c"/)
  })

  it('gives up on a peer that does not answer, in time', async () => {
    const url = await listenRaw((call) => void call.on('error', () => {}))
    const a = await startA({ peers: new Map([['b', [url]]]), timing: { handshakeTimeoutMs: 30 } })
    await until(() => a.reports.length > 0)
    expect(a.reports[0]).toMatchObject({
      code: 'QUORATE_HANDSHAKE_FAILED',
      message: expect.stringMatching(/no answer within 30 ms/),
    })
  })

  it('does not take just anything for a code', async () => {
    const url = await listenRaw(answerWith(encodeRefusal({ code: 'rm -rf', message: 'x'.repeat(5000) })))
    const a = await startA({ peers: new Map([['b', [url]]]) })
    await until(() => a.reports.length > 0)
    expect(a.reports[0]).toMatchObject({ code: 'QUORATE_HANDSHAKE_FAILED', message: 'x'.repeat(1024) })
  })

  it('is refused by those that know a later life of it, and says so', async () => {
    const b = makeNode('b')
    const first = makeNode('a', { incarnation: 5 })
    await startCluster(first, b)
    await connected(first, b)
    await first.transport.stop()
    await until(() => b.events.some(({ type }) => type === 'disconnected'))
    const old = makeNode('a', { incarnation: 4, peers: new Map([['b', [b.url()]]]) })
    await old.transport.start()
    await until(() => old.reports.length > 0)
    expect(old.reports[0]).toMatchObject({ type: 'handshake-failed', code: 'QUORATE_OLD_INCARNATION' })
    expect(b.events.at(-1)).toMatchObject({ type: 'disconnected' })
  })
})

function answerPings(dialer: Dialer): { stop(): void } {
  let answered = 0
  const timer = setInterval(() => {
    for (const frame of dialer.frames.slice(answered))
      if (frame.ping !== undefined) dialer.write(encodePong(frame.ping))
    answered = dialer.frames.length
  }, 2)
  return { stop: () => clearInterval(timer) }
}

function answerWith(frame: Buffer): Parameters<typeof listenRaw>[0] {
  return (call) => {
    call.on('error', () => {})
    call.on('data', (bytes: Buffer) => {
      const { hello, ping } = readFrame(bytes)
      if (hello !== undefined) call.write(frame)
      if (ping !== undefined) call.write(encodePing(ping))
    })
  }
}
