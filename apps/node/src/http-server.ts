/** What operators' tools ask over HTTP: `/metrics` for Prometheus, `/livez` and `/readyz` as etcd and Kubernetes have them. */
import { QuorateError } from '@quorate/core'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIPv6, type AddressInfo } from 'node:net'
import type { Metrics } from './metrics.js'

/** Checks by name. Each returns what is wrong, or `undefined` when all is well. */
export type HealthChecks = Readonly<Record<string, () => string | undefined>>

export interface HttpServerOptions {
  /** Where to listen, as `http://host:port`. Port 0 takes a free one. */
  readonly urls: readonly string[]
  readonly metrics: Metrics
  /** What must be well for `/readyz`. `/livez` says that the process answers; a node whose log fails ends by itself. */
  readonly checks: HealthChecks
  /** Gets what went wrong with a request or a listening port. Default: a process warning. */
  readonly onError?: (error: unknown) => void
}

export interface HttpServer {
  /** Where it listens, with the ports that it got. */
  readonly urls: readonly string[]
  /** Stops listening. Requests under way have `graceMs`, 500 by default, to end. */
  close(options?: { readonly graceMs?: number }): Promise<void>
}

/** Requests have no body and answers are short: whoever holds a connection longer is stuck or hostile. */
const requestTimeoutMs = 5_000
const maxConnections = 256
const defaultGraceMs = 500

/**
 * Serves metrics and health on all of `urls`. Rejects with `QUORATE_MALFORMED_URL`, `QUORATE_PORT_TAKEN` or `QUORATE_CANNOT_LISTEN`,
 * naming the URL; nothing is left open then.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const places = options.urls.map((url) => ({ url, ...parseMetricsUrl(url) }))
  const servers: Server[] = []
  const close = async ({ graceMs = defaultGraceMs } = {}): Promise<void> => {
    await Promise.all(servers.map((server) => closed(server, graceMs)))
  }
  try {
    for (const { url, host, port } of places) servers.push(await listening(url, host, port, options))
  } catch (error) {
    await close({ graceMs: 0 })
    throw error
  }
  const urls = servers.map((server, index) => {
    const { host } = places[index] as { host: string }
    return `http://${isIPv6(host) ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`
  })
  return { urls, close }
}

/**
 * Reads a URL of the form `http://host:port`. Otherwise throws `QUORATE_MALFORMED_URL`.
 */
export function parseMetricsUrl(url: string): { readonly host: string; readonly port: number } {
  const fail = (why: string): never => {
    throw new QuorateError('QUORATE_MALFORMED_URL', `"${url}" is no URL for metrics: ${why}`, { url })
  }
  const { port, v6, name } =
    /^http:\/\/(?:\[(?<v6>[^\]]+)\]|(?<name>[^:/?#@[\]]+)):(?<port>\d{1,5})\/?$/i.exec(url)?.groups ?? {}
  if (port === undefined) return fail('write http://host:port; metrics are served in plain HTTP only')
  if (Number(port) > 65_535) return fail('its port is not from 0 to 65535')
  if (v6 !== undefined && !isIPv6(v6)) return fail(`"${v6}" is no IPv6 address`)
  return { host: v6 ?? name ?? '', port: Number(port) }
}

function listening(url: string, host: string, port: number, options: HttpServerOptions): Promise<Server> {
  const report =
    options.onError ?? ((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)))
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    (request, response) => {
      answer(request, response, options).catch((error: unknown) => {
        report(error)
        send(response, 500, 'internal error\n')
      })
    },
  )
  server.maxConnections = maxConnections
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(url, error)))
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error').on('error', report)
      resolve(server)
    })
  })
}

function cannotListen(url: string, error: NodeJS.ErrnoException): QuorateError {
  const taken = error.code === 'EADDRINUSE'
  const what = taken ? 'another process listens there; stop it, or choose another port' : error.message
  return new QuorateError(
    taken ? 'QUORATE_PORT_TAKEN' : 'QUORATE_CANNOT_LISTEN',
    `cannot serve metrics at ${url}: ${what}`,
    { url, reason: error.code },
    { cause: error },
  )
}

async function closed(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HttpServerOptions): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  const health = /^\/(?<probe>livez|readyz)(?:\/(?<check>[^/]+))?$/.exec(path)?.groups
  const checks = health?.['probe'] === 'readyz' ? options.checks : {}
  const known =
    path === '/metrics' ||
    (health !== undefined && (health['check'] === undefined || Object.hasOwn(checks, health['check'])))
  if (!known) return send(response, 404, 'not found; there are /metrics, /livez and /readyz\n')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return send(response, 405, 'method not allowed\n')
  }
  if (health === undefined) return send(response, 200, await options.metrics.text(), options.metrics.contentType)
  const only = health['check']
  const chosen = only === undefined ? Object.entries(checks) : Object.entries(checks).filter(([name]) => name === only)
  sendHealth(response, chosen, new URLSearchParams(query))
}

/** One line for each check, as Kubernetes writes them, if asked for or if one failed. */
function sendHealth(
  response: ServerResponse,
  checks: readonly (readonly [string, () => string | undefined])[],
  query: URLSearchParams,
): void {
  const excluded = query.getAll('exclude')
  const lines = checks.map(([name, check]) => {
    if (excluded.includes(name)) return `[+]${name} excluded: ok\n`
    const wrong = check()
    return wrong === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${wrong}\n`
  })
  if (lines.some((line) => line.startsWith('[-]'))) return send(response, 503, `${lines.join('')}not ok\n`)
  send(response, 200, query.has('verbose') ? `${lines.join('')}ok\n` : 'ok\n')
}

function send(response: ServerResponse, status: number, body: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}
