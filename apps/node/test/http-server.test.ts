import { connect, createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpServer, parseMetricsUrl, type HealthChecks, type HttpServer } from '../src/http-server.js'

const open: (HttpServer | Server)[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

const metrics = { contentType: 'text/plain; version=0.0.4', text: () => Promise.resolve('quorate_figure 1\n') }

async function serve(checks: HealthChecks = {}, urls = ['http://127.0.0.1:0']): Promise<HttpServer> {
  const server = await createHttpServer({ urls, metrics, checks })
  open.push(server)
  return server
}

async function get(url: string, init?: RequestInit): Promise<{ status: number; body: string; headers: Headers }> {
  const response = await fetch(url, init)
  return { status: response.status, body: await response.text(), headers: response.headers }
}

const checks = { log: () => undefined, leader: () => 'no leader is known' }

describe('the HTTP server', () => {
  it('serves metrics in the format that they have', async () => {
    const { urls } = await serve()
    const { status, body, headers } = await get(`${urls[0]}/metrics`)
    expect({ status, body }).toEqual({ status: 200, body: 'quorate_figure 1\n' })
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4')
  })

  it('listens on every URL and says which port it got', async () => {
    const { urls } = await serve({}, ['http://127.0.0.1:0', 'http://[::1]:0'])
    expect(urls).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:[1-9]/),
      expect.stringMatching(/^http:\/\/\[::1\]:[1-9]/),
    ])
    for (const url of urls) expect((await get(`${url}/livez`)).status).toBe(200)
  })

  it('is ready when every check is well', async () => {
    const { urls } = await serve({ log: () => undefined, leader: () => undefined })
    expect(await get(`${urls[0]}/readyz`)).toMatchObject({ status: 200, body: 'ok\n' })
    expect((await get(`${urls[0]}/readyz?verbose`)).body).toBe('[+]log ok\n[+]leader ok\nok\n')
  })

  it('is not ready while a check fails, and says which and why', async () => {
    const { urls } = await serve(checks)
    expect(await get(`${urls[0]}/readyz`)).toMatchObject({
      status: 503,
      body: '[+]log ok\n[-]leader failed: no leader is known\nnot ok\n',
    })
  })

  it('leaves out checks that the question excludes', async () => {
    const { urls } = await serve(checks)
    expect(await get(`${urls[0]}/readyz?verbose&exclude=leader`)).toMatchObject({
      status: 200,
      body: '[+]log ok\n[+]leader excluded: ok\nok\n',
    })
  })

  it('answers for a single check', async () => {
    const { urls } = await serve(checks)
    expect((await get(`${urls[0]}/readyz/log`)).status).toBe(200)
    expect((await get(`${urls[0]}/readyz/leader`)).status).toBe(503)
    expect((await get(`${urls[0]}/readyz/toString`)).status).toBe(404)
  })

  it('is alive whatever the checks say', async () => {
    const { urls } = await serve(checks)
    expect(await get(`${urls[0]}/livez`)).toMatchObject({ status: 200, body: 'ok\n' })
  })

  it('knows no other paths and no other methods', async () => {
    const { urls } = await serve()
    expect((await get(`${urls[0]}/`)).status).toBe(404)
    const { status, headers } = await get(`${urls[0]}/metrics`, { method: 'POST' })
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe('GET, HEAD')
    expect(await get(`${urls[0]}/livez`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
  })

  it('answers 500, and reports, when a check throws', async () => {
    const reported: unknown[] = []
    const defect = new Error('a defect')
    const server = await createHttpServer({
      urls: ['http://127.0.0.1:0'],
      metrics,
      checks: {
        log: () => {
          throw defect
        },
      },
      onError: (error) => reported.push(error),
    })
    open.push(server)
    expect((await get(`${server.urls[0]}/readyz`)).status).toBe(500)
    expect(reported).toEqual([defect])
  })

  it('refuses a port that is taken, by its URL, and leaves nothing open', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    open.push(other)
    await once(other, 'listening')
    const taken = `http://127.0.0.1:${(other.address() as { port: number }).port}`
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as { port: number }
    await new Promise((resolve) => free.close(resolve))

    await expect(serve({}, [`http://127.0.0.1:${port}`, taken])).rejects.toMatchObject({
      code: 'QUORATE_PORT_TAKEN',
      message: expect.stringContaining(taken),
      data: { url: taken },
    })
    const again = await serve({}, [`http://127.0.0.1:${port}`])
    expect(again.urls).toEqual([`http://127.0.0.1:${port}`])
  })

  it('refuses an address that this machine does not have', async () => {
    await expect(serve({}, ['http://203.0.113.1:1'])).rejects.toMatchObject({ code: 'QUORATE_CANNOT_LISTEN' })
  })

  it('does not wait for ever, when it closes, for a request that never ends', async () => {
    const server = await createHttpServer({ urls: ['http://127.0.0.1:0'], metrics, checks })
    const { port } = new URL(server.urls[0] ?? '')
    const socket = connect(Number(port), '127.0.0.1')
    // A reset is as good an end as any; `once` would take it for a failure.
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.write('GET /metrics HTTP/1.1\r\nhost: here\r\n')
    await once(socket, 'connect')
    await server.close({ graceMs: 1 })
    await ended
  })
})

describe('a URL for metrics', () => {
  it.each([
    ['http://localhost:2381', { host: 'localhost', port: 2381 }],
    ['http://[::1]:0/', { host: '::1', port: 0 }],
  ])('%s names a place', (url, place) => {
    expect(parseMetricsUrl(url)).toEqual(place)
  })

  it.each([
    'localhost:2381',
    'https://localhost:2381',
    'http://localhost',
    'http://localhost:99999',
    'http://[1]:1',
    'http://a:1/b',
  ])('%s is refused', (url) => {
    expect(() => parseMetricsUrl(url)).toThrow(expect.objectContaining({ code: 'QUORATE_MALFORMED_URL' }))
  })
})
