import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, describe, expect, it } from 'vitest'
import { createEtcdServer } from '../src/index.js'
import { PutRequestSchema } from '../src/gen/etcdserverpb/rpc_pb.js'
import { frame, GrpcClient } from './support/grpc-client.js'
import { LocalBackend } from './support/local-backend.js'
import { serve, stopAll } from './support/served.js'
import { until } from './support/sockets.js'

afterEach(stopAll)

const PUT = '/etcdserverpb.KV/Put'
const key = Uint8Array.of(107)
const put = frame(toBinary(PutRequestSchema, create(PutRequestSchema, { key })))

describe('a server that stops', () => {
  it('answers what is in flight, and takes no more', async () => {
    const { client, backend, server, url } = await serve()
    let apply: (() => void) | undefined
    const { propose } = backend
    backend.propose = (command, done) => {
      apply = () => propose.call(backend, command, done)
    }
    const reply = client.send(PUT, put)
    await until(() => apply !== undefined)
    const goneAway = once(client.session, 'goaway')
    const stopped = server.stop()
    await goneAway
    const late = new GrpcClient(url)
    expect(await late.send(PUT, put)).toMatchObject({ code: undefined })
    apply?.()
    expect(await reply).toMatchObject({ code: 0 })
    await stopped
    await until(() => server.stats().connections === 0)
    expect(server.stats()).toMatchObject({ inFlightRequests: 0 })
  })

  it('does not wait for ever for what is never answered', async () => {
    const { client, backend, server } = await serve()
    backend.proposals = 'never'
    const reply = client.send(PUT, put)
    await until(() => backend.proposed === 1)
    await server.stop(50)
    expect(await reply).toMatchObject({ code: undefined })
  })

  it('lets go of connections that said nothing', async () => {
    const { client, server, url } = await serve()
    await once(client.session, 'connect')
    const silent = new GrpcClient(url)
    await until(() => server.stats().connections === 2)
    await server.stop(10_000)
    silent.close()
  })

  it('frees its port', async () => {
    const { server, url } = await serve()
    await server.stop()
    const again = createEtcdServer({ backend: new LocalBackend(), listenUrls: [url] })
    await again.start()
    expect(again.urls).toEqual([url])
    await again.stop()
  })
})

describe('a server that starts', () => {
  it('where somebody listens says so, and listens nowhere else', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const [takenUrl, freeUrl] = [taken, free].map((each) => `http://127.0.0.1:${(each.address() as AddressInfo).port}`)
    free.close()
    await once(free, 'close')
    const listenUrls = [freeUrl as string, takenUrl as string]
    const server = createEtcdServer({ backend: new LocalBackend(), listenUrls })
    await expect(server.start()).rejects.toMatchObject({ code: 'QUORATE_PORT_TAKEN', data: { url: takenUrl } })
    const other = createEtcdServer({ backend: new LocalBackend(), listenUrls: [freeUrl as string] })
    await other.start()
    await other.stop()
    taken.close()
  })

  it('at several addresses is reached at each', async () => {
    const listenUrls = ['http://127.0.0.1:0', 'http://localhost:0', 'http://[::1]:0']
    const { server } = await serve({ listenUrls })
    expect(server.urls).toHaveLength(3)
    for (const url of server.urls) {
      const client = new GrpcClient(url)
      expect(await client.send(PUT, put), url).toMatchObject({ code: 0 })
      client.close()
    }
  })

  it.each([
    [{ listenUrls: [] }, 'QUORATE_INVALID_OPTION'],
    [{ listenUrls: ['http://127.0.0.1'] }, 'QUORATE_MALFORMED_URL'],
    [{ listenUrls: ['ftp://127.0.0.1:1'] }, 'QUORATE_MALFORMED_URL'],
    [{ listenUrls: ['http://127.0.0.1:99999'] }, 'QUORATE_MALFORMED_URL'],
    [{ listenUrls: ['https://127.0.0.1:0'] }, 'QUORATE_MALFORMED_URL'],
    [{ requestTimeoutMs: 0 }, 'QUORATE_INVALID_OPTION'],
    [{ bounds: { maxInFlightRequests: 0 } }, 'QUORATE_INVALID_OPTION'],
  ])('with %o is told what is wrong', (options, code) => {
    const whole = { backend: new LocalBackend(), listenUrls: ['http://127.0.0.1:0'], ...options }
    expect(() => createEtcdServer(whole)).toThrow(expect.objectContaining({ code }))
  })
})
