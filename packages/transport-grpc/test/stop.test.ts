import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { askPort } from '../src/ask-port.js'
import { connected, makeNode, sleep, startCluster, stopAll, until } from './helpers.js'
import { closeRaw, listenRaw, welcomeFrame } from './raw.js'

afterEach(async () => {
  closeRaw()
  await stopAll()
})

describe('a transport that is stopped', () => {
  it('has sent what waited before', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    for (let count = 0; count < 2000; count++) a.send('b', `${count} ${'x'.repeat(500)}`)
    await a.transport.stop()
    await until(() => b.received.length === 2000)
    expect(a.stats('b')).toMatchObject({ droppedMessages: 0, sentMessages: 2000 })
  })

  it('waits for a peer that hangs no longer than it may', async () => {
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.once('data', () => {
        call.write(welcomeFrame('b'))
        call.pause()
      })
    })
    const a = makeNode('a', { peers: new Map([['b', [url]]]), timing: { stopTimeoutMs: 50, keepaliveTimeMs: 60_000 } })
    await a.transport.start()
    await until(() => a.stats('b').state === 'connected')
    for (let count = 0; count < 200; count++) a.send('b', 'x'.repeat(10_000))
    await a.transport.stop()
    const { sentMessages, droppedMessages, queuedMessages } = a.stats('b')
    expect([sentMessages + droppedMessages, queuedMessages]).toEqual([200, 0])
    expect(droppedMessages).toBeGreaterThan(0)
  })

  it('ends connections that say nothing', async () => {
    const a = makeNode('a', { timing: { keepaliveTimeMs: 600_000 } })
    await a.transport.start()
    const socket = connect(Number(new URL(a.url()).port), '127.0.0.1')
    const closed = new Promise<void>((resolve) =>
      socket
        .on('error', () => {})
        .on('close', () => resolve())
        .resume(),
    )
    await new Promise((resolve) => socket.once('connect', resolve))
    await sleep(10)
    await a.transport.stop()
    await closed
  })

  it('is told as refused by a peer before it has done with another one that hangs', async () => {
    const url = await listenRaw((call) => {
      call.on('error', () => {})
      call.once('data', () => {
        call.write(welcomeFrame('b'))
        call.pause()
      })
    })
    const [a, c] = [makeNode('a', { timing: { stopTimeoutMs: 600_000, keepaliveTimeMs: 600_000 } }), makeNode('c')]
    await startCluster(a, c)
    await connected(a, c)
    a.transport.setPeer('b', [url])
    await until(() => a.stats('b').state === 'connected')
    for (let count = 0; count < 200; count++) a.send('b', 'x'.repeat(10_000))
    const stopped = a.transport.stop()
    await until(() => c.events.length === 2)
    expect(c.events[1]).toMatchObject({ type: 'disconnected', cause: 'refused' })
    closeRaw()
    await stopped
  })

  it('frees its port at once', async () => {
    const a = makeNode('a')
    await a.transport.start()
    const { hostname, port } = new URL(a.url())
    await a.transport.stop()
    expect((await askPort({ host: hostname, port: Number(port) }, 500)).type).toBe('refused')
  })

  it('tells nothing any more and sends nothing', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    await a.transport.stop()
    const [events, sent] = [a.events.length, a.stats('b').sentMessages]
    a.send('b', 'late')
    await b.transport.stop()
    await sleep(50)
    expect([a.events.length, a.stats('b').sentMessages]).toEqual([events, sent])
  })

  it('does not start again, and stops as often as it is asked to', async () => {
    const a = makeNode('a')
    await a.transport.start()
    await Promise.all([a.transport.stop(), a.transport.stop()])
    await a.transport.stop()
    await expect(a.transport.start()).rejects.toMatchObject({ code: 'QUORATE_STOPPED' })
    const unstarted = makeNode('b')
    await unstarted.transport.stop()
    await expect(unstarted.transport.start()).rejects.toMatchObject({ code: 'QUORATE_STOPPED' })
  })
})

describe('a peer that is told again', () => {
  it('stays connected while its URLs are the same', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    a.transport.setPeer('b', [b.url()])
    await sleep(50)
    expect(a.events).toHaveLength(1)
  })

  it('is dialed at its new URLs', async () => {
    const [a, b] = [makeNode('a'), makeNode('b', { listenUrls: ['http://127.0.0.1:0', 'http://127.0.0.1:0'] })]
    await startCluster(a, b)
    await connected(a, b)
    a.transport.setPeer('b', [b.transport.urls[1] as string])
    await until(() => a.stats('b').connects === 2)
    expect(a.events.map(({ type }) => type)).toEqual(['connected', 'disconnected', 'connected'])
  })
})

describe('a peer that is removed', () => {
  it('is refused from then on, and added again welcome', async () => {
    const [a, b] = [makeNode('a'), makeNode('b')]
    await startCluster(a, b)
    await connected(a, b)
    a.transport.removePeer('b')
    await until(() =>
      b.reports.some((report) => report.type === 'handshake-failed' && report.code === 'QUORATE_UNKNOWN_PEER'),
    )
    a.transport.setPeer('b', [b.url()])
    await connected(a, b)
  })

  it('is forgotten, whether it was there or not', async () => {
    const a = makeNode('a', { peers: new Map([['b', ['http://127.0.0.1:1']]]) })
    await a.transport.start()
    a.transport.removePeer('b')
    a.transport.removePeer('z')
    expect(a.transport.stats()).toEqual([])
  })
})
