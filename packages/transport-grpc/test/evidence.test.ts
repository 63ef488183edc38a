import { fork, type ChildProcess } from 'node:child_process'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { connectPath } from '../src/peer-service.js'
import { encodeMessages, encodePong } from '../src/wire/frame.js'
import { connected, makeNode, sleep, startCluster, stopAll, until } from './helpers.js'
import { closeRaw, dialRaw, helloFrame, listenRaw, readFrame, welcomeFrame } from './raw.js'

const children = new Set<ChildProcess>()
const relays = new Set<Relay>()

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const relay of relays) relay.close()
  children.clear()
  relays.clear()
  closeRaw()
  await stopAll()
})

async function forkPeer(aUrl: string, incarnation: number, port = 0): Promise<{ child: ChildProcess; port: number }> {
  const life = { incarnation: BigInt(incarnation), instance: Buffer.alloc(16, incarnation) }
  const child = fork(new URL('child-peer.mjs', import.meta.url), [
    JSON.stringify({
      path: connectPath,
      welcome: welcomeFrame('b', life).toString('base64'),
      hello: helloFrame(life).toString('base64'),
      dial: aUrl.replace('http://', ''),
      port,
    }),
  ])
  children.add(child)
  return {
    child,
    port: await new Promise<number>((resolve) => child.once('message', (bound) => resolve(bound as number))),
  }
}

describe('a peer whose process is killed', () => {
  it('is told as refused, once, and comes back as a later life', async () => {
    const a = makeNode('a', { peers: new Map([['b', ['http://127.0.0.1:1']]]), timing: { keepaliveTimeMs: 60_000 } })
    await a.transport.start()
    const { child, port } = await forkPeer(a.url(), 1)
    a.transport.setPeer('b', [`http://127.0.0.1:${port}`])
    await until(() => a.stats('b').state === 'connected' && a.stats('b').incoming)
    child.kill('SIGKILL')
    await until(() => a.events.length > 1)
    await until(() => a.stats('b').failedAttempts > 2)
    expect(a.events).toEqual([
      { type: 'connected', peer: { id: 'b', incarnation: 1 } },
      { type: 'disconnected', peer: { id: 'b', incarnation: 1 }, cause: 'refused' },
    ])
    await forkPeer(a.url(), 2, port)
    await until(() => a.events.length > 2)
    expect(a.events.slice(2)).toEqual([{ type: 'connected', peer: { id: 'b', incarnation: 2 } }])
    expect(a.stats('b')).toMatchObject({ incarnation: 2, connects: 2 })
  }, 30_000)
})

describe('a peer that stops in good order', () => {
  it('is told as refused, once, by all its peers', async () => {
    const nodes = [makeNode('a'), makeNode('b'), makeNode('c')] as const
    await startCluster(...nodes)
    await connected(...nodes)
    await nodes[0].transport.stop()
    await until(() => nodes[1].stats('a').failedAttempts > 0 && nodes[2].stats('a').failedAttempts > 0)
    for (const node of nodes.slice(1)) {
      expect(node.events.filter(({ peer }) => peer.id === 'a')).toEqual([
        { type: 'connected', peer: { id: 'a', incarnation: 1 } },
        { type: 'disconnected', peer: { id: 'a', incarnation: 1 }, cause: 'refused' },
      ])
    }
  })

  it('comes back at its URL and is connected again', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    const url = b.url()
    await b.transport.stop()
    await until(() => a.events.length === 2)
    const again = makeNode('b', { incarnation: 2, listenUrls: [url], peers: new Map([['a', [a.url()]]]) })
    await again.transport.start()
    await connected(a, again)
    a.send('b', 'welcome back')
    await until(() => again.received.length === 1)
    expect(a.events.at(-1)).toEqual({ type: 'connected', peer: { id: 'b', incarnation: 2 } })
  })
})

describe('a connection that ends while the peer listens', () => {
  it('is told as ended, once, and made again', async () => {
    const b = makeNode('b')
    await b.transport.start()
    const relay = await openRelay(b.url())
    const a = makeNode('a', { peers: new Map([['b', [relay.url]]]) })
    await a.transport.start()
    b.transport.setPeer('a', [a.url()])
    await connected(a, b)
    relay.cut()
    await until(() => a.stats('b').connects === 2)
    expect(a.events.map((event) => ('cause' in event ? event.cause : event.type))).toEqual([
      'connected',
      'ended',
      'connected',
    ])
  })

  it('drops and counts what waited for it', async () => {
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.once('data', () => {
        call.write(welcomeFrame('b'))
        call.pause()
        setTimeout(() => call.end(), 100)
      })
    })
    const a = makeNode('a', { peers: new Map([['b', [url]]]), bounds: { maxBatchBytes: 1000 } })
    await a.transport.start()
    await until(() => a.stats('b').state === 'connected')
    for (let count = 0; count < 300; count++) a.send('b', 'x'.repeat(1000))
    await until(() => a.events.length > 1)
    const { sentMessages, droppedMessages } = a.stats('b')
    expect(droppedMessages).toBeGreaterThan(0)
    expect(sentMessages + droppedMessages).toBe(300)
  })
})

describe('a peer that is not heard of any more', () => {
  it('is told as timed out when it does not answer, and as refused once its port is', async () => {
    const b = makeNode('b')
    await b.transport.start()
    const relay = await openRelay(b.url())
    const a = makeNode('a', {
      peers: new Map([['b', [relay.url]]]),
      timing: { keepaliveTimeMs: 20, keepaliveTimeoutMs: 60, handshakeTimeoutMs: 200 },
    })
    await a.transport.start()
    b.transport.setPeer('a', [a.url()])
    await connected(a, b)
    relay.freeze()
    await until(() => a.events.length === 2)
    expect(a.events[1]).toEqual({ type: 'disconnected', peer: { id: 'b', incarnation: 1 }, cause: 'timed-out' })
    relay.close()
    await until(() => a.events.length === 3)
    expect(a.events[2]).toEqual({ type: 'disconnected', peer: { id: 'b', incarnation: 1 }, cause: 'refused' })
    await until(() => a.stats('b').failedAttempts > 4)
    expect(a.events).toHaveLength(3)
  })

  it('is not blamed for a standstill of this process', async () => {
    const [a, b] = [makeNode('a', { timing: { keepaliveTimeMs: 1, keepaliveTimeoutMs: 50 } }), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    for (let count = 0; count < 5; count++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      await sleep(20)
    }
    expect(a.events).toHaveLength(1)
  })
})

describe('the end of the stream that a peer dialed', () => {
  it('is no event while the stream to the peer goes on and its port takes connections', async () => {
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.on('data', (bytes: Buffer) => {
        const { hello, ping } = readFrame(bytes)
        if (hello !== undefined) call.write(welcomeFrame('b'))
        if (ping !== undefined) call.write(encodePong(ping))
      })
    })
    const a = makeNode('a', { peers: new Map([['b', [url]]]) })
    await a.transport.start()
    const dialer = dialRaw(a.url())
    dialer.write(helloFrame({ instance: Buffer.alloc(16, 'b') }))
    await until(() => a.stats('b').incoming && a.stats('b').state === 'connected')
    dialer.write(encodeMessages([{ channel: 'x', payload: Buffer.from('hi') }]))
    await until(() => a.received.length === 1)
    dialer.close()
    await until(() => !a.stats('b').incoming)
    await sleep(100)
    expect(a.events).toHaveLength(1)
    expect(a.stats('b').state).toBe('connected')
  })

  it('is told as refused when nobody listens any more, though the stream to the peer still hangs', async () => {
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.once('data', () => call.write(welcomeFrame('b')))
    })
    const relay = await openRelay(url)
    const a = makeNode('a', { peers: new Map([['b', [relay.url]]]), timing: { keepaliveTimeMs: 60_000 } })
    await a.transport.start()
    const dialer = dialRaw(a.url())
    dialer.write(helloFrame({ instance: Buffer.alloc(16, 'b') }))
    await until(() => a.stats('b').incoming && a.stats('b').state === 'connected')
    relay.deafen()
    dialer.close()
    await until(() => a.events.length > 1)
    expect(a.events[1]).toEqual({ type: 'disconnected', peer: { id: 'b', incarnation: 1 }, cause: 'refused' })
  })
})

describe('a peer that never was there', () => {
  it('is no event, but a report each time that tells more, and is tried forever with bounded pauses', async () => {
    const relay = await openRelay('http://127.0.0.1:1')
    const { url } = relay
    relay.close()
    const a = makeNode('a', {
      peers: new Map([['b', [url]]]),
      timing: { minReconnectDelayMs: 1, maxReconnectDelayMs: 5 },
    })
    await a.transport.start()
    await until(() => a.stats('b').failedAttempts >= 20)
    expect(a.events).toEqual([])
    expect(a.reports[0]).toMatchObject({
      type: 'unreachable',
      peer: 'b',
      url,
      cause: 'refused',
      message: expect.stringMatching(/not reached at .*ECONNREFUSED/),
    })
    const counts = a.reports.map(({ count }) => count)
    expect(counts.slice(0, 5)).toEqual([1, 2, 4, 8, 16])
    const b = makeNode('b', { listenUrls: [url], peers: new Map([['a', [a.url()]]]) })
    await b.transport.start()
    await connected(a, b)
  })

  it('is found at the second of its URLs', async () => {
    const b = makeNode('b', { peers: new Map([['a', ['http://127.0.0.1:1']]]) })
    await b.transport.start()
    const a = makeNode('a', { peers: new Map([['b', ['http://127.0.0.1:1', b.url()]]]) })
    await a.transport.start()
    await until(() => a.stats('b').state === 'connected')
  })

  it('is dialed at once when it is heard of', async () => {
    const a = makeNode('a', { timing: { minReconnectDelayMs: 600_000 } })
    await a.transport.start()
    const relay = await openRelay('http://127.0.0.1:1')
    relay.close()
    a.transport.setPeer('b', [relay.url])
    await until(() => a.stats('b').state === 'waiting')
    const b = makeNode('b', { listenUrls: [relay.url], peers: new Map([['a', [a.url()]]]) })
    await b.transport.start()
    await connected(a, b)
  })
})

/** A TCP relay, to do to connections what networks and dying hosts do. */
interface Relay {
  readonly url: string
  /** Ends the connections; new ones are taken. */
  cut(): void
  /** Passes nothing on any more, and takes connections. */
  freeze(): void
  /** Takes no connections any more; those that are open stay. */
  deafen(): void
  close(): void
}

async function openRelay(to: string): Promise<Relay> {
  const { hostname, port } = new URL(to)
  const sockets = new Set<Socket>()
  let frozen = false
  const server: Server = createServer((inner) => {
    sockets.add(inner)
    inner.on('error', () => {})
    if (frozen) return
    const outer = connect({ host: hostname, port: Number(port) })
    sockets.add(outer)
    outer.on('error', () => inner.destroy())
    inner.on('close', () => outer.destroy())
    outer.on('close', () => inner.destroy())
    inner.on('data', (data) => void (frozen || outer.write(data)))
    outer.on('data', (data) => void (frozen || inner.write(data)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  const relay: Relay = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    cut,
    freeze: () => {
      frozen = true
    },
    deafen: () => server.close(),
    close: () => {
      server.close()
      cut()
    },
  }
  relays.add(relay)
  return relay
}
