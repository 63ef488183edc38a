import { limits } from '@quorate/core'
import { afterEach, describe, expect, it } from 'vitest'
import { encodePong } from '../src/wire/frame.js'
import { connected, makeNode, sleep, startCluster, stopAll, until } from './helpers.js'
import { closeRaw, listenRaw, readFrame, welcomeFrame } from './raw.js'

afterEach(async () => {
  closeRaw()
  await stopAll()
})

describe('connected transports', () => {
  it('carry messages each way, between every two, in order, with the sender and the channel', async () => {
    const nodes = [makeNode('a', { incarnation: 7 }), makeNode('b'), makeNode('c')] as const
    await startCluster(...nodes)
    await connected(...nodes)
    for (const from of nodes) {
      for (const to of nodes)
        if (from !== to) for (let count = 0; count < 500; count++) from.send(to.id, `${from.id}${count}`, 'x/y')
    }
    await until(() => nodes.every((node) => node.received.length === 1000))
    const fromA = nodes[1].received.filter(({ from }) => from.id === 'a')
    expect(fromA[0]).toEqual({ from: { id: 'a', incarnation: 7 }, channel: 'x/y', text: 'a0' })
    expect(fromA.map(({ text }) => text)).toEqual(Array.from({ length: 500 }, (_, count) => `a${count}`))
  })

  it('put what is sent in one turn of the event loop into one frame', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    const frames = b.stats('a').receivedFrames
    for (let count = 0; count < 100; count++) a.send('b', String(count))
    await until(() => b.received.length === 100)
    expect(b.stats('a').receivedFrames - frames).toBe(1)
  })

  it('carry a message of the greatest length, and refuse a longer one, naming both lengths', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    a.transport.send('b', 'test', Buffer.alloc(limits.maxMessageBytes, 'x'))
    a.transport.send('b', 'test', Buffer.alloc(limits.maxMessageBytes + 1, 'y'))
    a.send('b', 'after')
    await until(() => b.received.length === 2)
    expect(b.received[0]?.text).toHaveLength(limits.maxMessageBytes)
    expect(b.received[1]?.text).toBe('after')
    expect(a.stats('b')).toMatchObject({ sentMessages: 2, droppedMessages: 1 })
    expect(a.transport.notSent).toBe(1)
    expect(a.reports).toMatchObject([
      {
        type: 'not-sent',
        to: 'b',
        message: `a message of ${limits.maxMessageBytes + 1} bytes; the limit is ${limits.maxMessageBytes}`,
      },
    ])
  })

  it('carry a channel named by anything of up to 1,024 bytes, and refuse a longer name', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    for (const channel of ['', 'χ'.repeat(512), 'χ'.repeat(513)]) a.send('b', 'm', channel)
    await until(() => b.received.length === 2 && a.reports.length === 1)
    expect(b.received.map(({ channel }) => channel)).toEqual(['', 'χ'.repeat(512)])
    expect(a.reports[0]).toMatchObject({ type: 'not-sent', message: expect.stringContaining('longer than 1024 bytes') })
  })

  it('count what is sent to a node that is no peer, and say so', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    for (let count = 0; count < 5; count++) a.send('z', 'm')
    await until(() => a.reports.length === 3)
    expect(a.transport.notSent).toBe(5)
    expect(a.reports.map((report) => [report.type, report.count])).toEqual(
      [1, 2, 4].map((count) => ['not-sent', count]),
    )
  })

  it('tell each connection once', async () => {
    const [a, b] = [makeNode('a', { incarnation: 4 }), makeNode('b', { incarnation: 9 })]
    await startCluster(a, b)
    await connected(a, b)
    expect(a.events).toEqual([{ type: 'connected', peer: { id: 'b', incarnation: 9 } }])
    expect(b.events).toEqual([{ type: 'connected', peer: { id: 'a', incarnation: 4 } }])
    expect(a.stats('b')).toMatchObject({ state: 'connected', incarnation: 9, incoming: true, connects: 1 })
  })

  it('measure the round trip', async () => {
    const [a, b] = [makeNode('a', { timing: { keepaliveTimeMs: 5 } }), makeNode('b')]
    await startCluster(a, b)
    await until(() => a.stats('b').roundTripMs !== undefined)
    expect(a.stats('b').roundTripMs).toBeGreaterThan(0)
  })
})

describe('a peer that does not read', () => {
  it('makes its queue full, no more: the newest is dropped and counted, and the order of the rest stays', async () => {
    const texts: string[] = []
    let read = (): void => {}
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.once('data', () => {
        call.write(welcomeFrame('b'))
        call.pause()
        read = () => {
          call.on('data', (bytes: Buffer) =>
            texts.push(...readFrame(bytes).messages.map(({ payload }) => Buffer.from(payload).toString())),
          )
          call.resume()
        }
      })
    })
    const bounds = { maxQueuedMessages: 50, maxBatchBytes: 1000 }
    const a = makeNode('a', { bounds, peers: new Map([['b', [url]]]), timing: { keepaliveTimeMs: 60_000 } })
    await a.transport.start()
    await until(() => a.stats('b').state === 'connected')
    const filler = 'x'.repeat(1000)
    let sent = 0
    while (a.stats('b').droppedMessages < 20) {
      a.send('b', `${sent++} ${filler}`)
      if (sent % 10 === 0) await new Promise(setImmediate)
    }
    const { queuedMessages, droppedMessages, sentMessages } = a.stats('b')
    expect(queuedMessages).toBe(50)
    expect(sentMessages + queuedMessages + droppedMessages).toBe(sent)
    await until(() => a.reports.length > 0)
    expect(a.reports[0]).toMatchObject({ type: 'queue-full', peer: 'b' })
    read()
    await until(() => texts.length === sentMessages + queuedMessages)
    const numbers = texts.map((text) => Number(text.split(' ')[0]))
    expect(numbers.slice(0, sentMessages)).toEqual(Array.from({ length: sentMessages }, (_, number) => number))
    expect(numbers).toEqual(numbers.toSorted((x, y) => x - y))
    expect(a.stats('b')).toMatchObject({ queuedMessages: 0, queuedBytes: 0, droppedMessages })
  })
})

describe('a queue', () => {
  it('keeps what the peer does not take yet, rather than handing it all to grpc-js', async () => {
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.once('data', () => {
        call.write(welcomeFrame('b'))
        call.pause()
      })
    })
    const a = makeNode('a', { peers: new Map([['b', [url]]]), timing: { keepaliveTimeMs: 60_000, stopTimeoutMs: 1 } })
    await a.transport.start()
    await until(() => a.stats('b').state === 'connected')
    for (let count = 0; count < 100; count++) a.transport.send('b', 'test', Buffer.alloc(60_000))
    await until(() => a.stats('b').sentMessages > 0)
    await sleep(50)
    // The other side's grpc-js takes some, however little is read.
    expect(a.stats('b').sentMessages).toBeLessThan(40)
    expect(a.stats('b').queuedMessages).toBeGreaterThan(60)
  })
})

describe('without a connection', () => {
  it('drops and counts what is sent, since it would arrive late', async () => {
    const a = makeNode('a', { peers: new Map([['b', ['http://127.0.0.1:1']]]) })
    await a.transport.start()
    await until(() => a.stats('b').state === 'waiting')
    a.send('b', 'm')
    expect(a.stats('b')).toMatchObject({ droppedMessages: 1, queuedMessages: 0 })
  })

  it('keeps what is sent while a connection is being made', async () => {
    let welcome = (): void => {}
    const texts: string[] = []
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.on('data', (bytes: Buffer) => {
        const frame = readFrame(bytes)
        if (frame.hello !== undefined) welcome = () => void call.write(welcomeFrame('b'))
        if (frame.ping !== undefined) call.write(encodePong(frame.ping))
        texts.push(...frame.messages.map(({ payload }) => Buffer.from(payload).toString()))
      })
    })
    const a = makeNode('a', { peers: new Map([['b', [url]]]) })
    await a.transport.start()
    await until(() => a.stats('b').state === 'connecting' && a.stats('b').sentFrames === 1)
    a.send('b', 'early')
    expect(a.stats('b')).toMatchObject({ droppedMessages: 0, queuedMessages: 1 })
    await until(() => {
      welcome()
      return a.stats('b').state === 'connected'
    })
    await until(() => texts.length === 1)
    expect(texts).toEqual(['early'])
  })
})

describe('the listener', () => {
  it('that throws on a message makes the process fail, not the connection', async () => {
    const seen: string[] = []
    const b = makeNode('b', {
      onMessage: (_from, _channel, payload) => {
        const text = Buffer.from(payload).toString()
        seen.push(text)
        if (text === 'bad') throw new Error('a step that failed')
      },
    })
    const a = makeNode('a')
    await startCluster(a, b)
    await connected(a, b)
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const failed = new Promise<Error>((resolve) => process.once('uncaughtException', resolve))
    for (const text of ['good', 'bad', 'same frame']) a.send('b', text)
    expect((await failed).message).toBe('a step that failed')
    for (const other of others) process.on('uncaughtException', other)
    a.send('b', 'next frame')
    await until(() => seen.length === 3)
    expect(seen).toEqual(['good', 'bad', 'next frame'])
    expect(a.events).toHaveLength(1)
  })
})

describe('options', () => {
  const start = (options: Parameters<typeof makeNode>[1]) => () => makeNode('a', options)

  it.each([
    ['an empty cluster id', { clusterId: '' }, /clusterId is ""/],
    ['a negative incarnation', { incarnation: -1 }, /self.incarnation is -1/],
    ['no URL to listen at', { listenUrls: [] }, /listenUrls is a list/],
    ['a peer without URLs', { peers: new Map([['b', []]]) }, /peers, "b"/],
    ['a peer without a name', { peers: new Map([['', ['http://b:1']]]) }, /id of a peer is ""/],
    ['a wait of no time', { timing: { keepaliveTimeMs: 0 } }, /timing.keepaliveTimeMs is 0/],
    ['a queue of no length', { bounds: { maxQueuedMessages: 0 } }, /bounds.maxQueuedMessages is 0/],
  ])('refuse %s, naming the option', (_what, options, message) => {
    expect(start(options)).toThrow(
      expect.objectContaining({ code: 'QUORATE_INVALID_OPTION', message: expect.stringMatching(message) }),
    )
  })

  it('refuse the malformed URL of a peer', () => {
    expect(start({ peers: new Map([['b', ['b:2380']]]) })).toThrow(
      expect.objectContaining({ code: 'QUORATE_MALFORMED_URL' }),
    )
  })

  it('may name this node among its peers', () => {
    const a = makeNode('a', { peers: new Map([['a', ['http://127.0.0.1:1']]]) })
    expect(a.transport.stats()).toEqual([])
  })

  it('allow 63 other nodes and no more', () => {
    const peers = new Map(Array.from({ length: 64 }, (_, index) => [`n${index}`, ['http://127.0.0.1:1']]))
    expect(start({ peers })).toThrow(/at most 63 other nodes/)
  })
})
