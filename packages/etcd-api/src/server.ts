import { QuorateError } from '@quorate/core'
import { maxRequestBytes } from '@quorate/kv'
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerOptions,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Dispatcher, type DispatcherStats } from './grpc/dispatcher.js'
import { urlOf, type ListenUrl } from './listen-url.js'
import { settingsOf, type EtcdServerOptions, type Settings } from './options.js'
import { clusterService } from './services/cluster.js'
import { healthService } from './services/health.js'
import { kvService } from './services/kv.js'
import { maintenanceService } from './services/maintenance.js'
import { routesOf } from './services/routes.js'
import { ReplyEncoder } from './wire/reply-encoder.js'

export interface EtcdServerStats extends DispatcherStats {
  readonly connections: number
  /** Connections that ended in an error: they spoke no HTTP/2, no TLS, or broke off. */
  readonly failedConnections: number
}

/**
 * The etcd v3 gRPC services in front of a node. Throws `QUORATE_INVALID_OPTION` or `QUORATE_MALFORMED_URL` for options that cannot be;
 * certificates that cannot be used are `QUORATE_BAD_CERTIFICATE`.
 */
export function createEtcdServer(options: EtcdServerOptions): EtcdServer {
  return new EtcdServer(options)
}

export class EtcdServer {
  readonly #settings: Settings
  readonly #dispatcher: Dispatcher
  readonly #listeners: readonly Listener[]
  readonly #sessions = new Set<ServerHttp2Session>()
  #failedConnections = 0
  #stopping = false
  #urls: readonly string[] = []

  constructor(options: EtcdServerOptions) {
    const { backend } = options
    const settings = (this.#settings = settingsOf(options))
    const dispatcher = (this.#dispatcher = new Dispatcher({
      ...settings,
      maxMessageBytes: maxRequestBytes + GRPC_OVERHEAD_BYTES,
      hasLeader: () => backend.leaderId() !== 0n,
    }))
    dispatcher.routes = routesOf({
      'etcdserverpb.KV': kvService(backend, new ReplyEncoder(backend), dispatcher),
      'etcdserverpb.Cluster': clusterService(backend),
      'etcdserverpb.Maintenance': maintenanceService(backend),
      'grpc.health.v1.Health': healthService(() => this.#stopping),
    })
    this.#listeners = settings.urls.map((url) => ({ url, server: this.#createServer(url) }))
  }

  /** Where it listens, with the ports that were taken; empty before `start`. */
  get urls(): readonly string[] {
    return this.#urls
  }

  /** Rejects with `QUORATE_PORT_TAKEN` or `QUORATE_CANNOT_LISTEN`, and then listens nowhere. */
  async start(): Promise<void> {
    try {
      const urls: string[] = []
      for (const listener of this.#listeners) urls.push(await listen(listener))
      this.#urls = urls
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  /**
   * Takes no more requests, lets those in flight end, and then closes all connections: after `timeoutMs`, 2 s unless told otherwise, in
   * any case.
   */
  async stop(timeoutMs = 2000): Promise<void> {
    this.#stopping = true
    const closed = this.#listeners.map(({ server }) => close(server))
    // Tells clients to go elsewhere, and closes once nothing is in flight.
    for (const session of this.#sessions) session.close()
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy()
    }, timeoutMs)
    await Promise.all(closed)
    clearTimeout(timer)
  }

  stats(): EtcdServerStats {
    return {
      ...this.#dispatcher.stats(),
      connections: this.#sessions.size,
      failedConnections: this.#failedConnections,
    }
  }

  #createServer(url: ListenUrl): AnyServer {
    const { maxConnections, maxInFlightRequests } = this.#settings
    const options: ServerOptions = {
      settings: {
        maxConcurrentStreams: maxInFlightRequests,
        initialWindowSize: STREAM_WINDOW_BYTES,
        enablePush: false,
      },
      // In MB, for one connection. It refuses new streams only; what they hold is bounded for all connections together.
      maxSessionMemory: 1024,
    }
    const server = url.secure ? this.#createSecureServer(options) : createServer(options)
    server.maxConnections = maxConnections
    server.on('session', (session: ServerHttp2Session) => this.#track(session))
    server.on('stream', (stream, headers, flags) => this.#dispatcher.accept(stream, headers, flags))
    server.on('sessionError', () => this.#failedConnections++)
    server.on('tlsClientError', () => this.#failedConnections++)
    return server
  }

  #createSecureServer(options: ServerOptions): Http2SecureServer {
    const { cert, key, ca, clientCertAuth = false } = this.#settings.tls as NonNullable<Settings['tls']>
    const requiresCertificate = clientCertAuth || ca !== undefined
    const secure: SecureServerOptions = {
      ...options,
      cert: Buffer.from(cert),
      key: Buffer.from(key),
      ...(ca !== undefined && { ca: Buffer.from(ca) }),
      requestCert: requiresCertificate,
      rejectUnauthorized: requiresCertificate,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    }
    try {
      return createSecureServer(secure)
    } catch (error) {
      const message = `tls: the certificate, its key or the authority cannot be used: ${(error as Error).message}`
      throw new QuorateError('QUORATE_BAD_CERTIFICATE', message, {}, { cause: error })
    }
  }

  #track(session: ServerHttp2Session): void {
    if (this.#stopping) return session.destroy()
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    keepAlive(session, this.#settings.keepaliveIntervalMs)
  }
}

type AnyServer = Http2Server | Http2SecureServer

interface Listener {
  readonly url: ListenUrl
  readonly server: AnyServer
}

/** What etcd's gRPC server allows beyond its longest request. */
const GRPC_OVERHEAD_BYTES = 512 * 1024
/** A request of the largest size comes without waiting for the window to open. */
const STREAM_WINDOW_BYTES = 1 << 20
const SESSION_WINDOW_BYTES = 16 << 20
const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * Asks a silent client whether it is there, and closes its connection when it says nothing for as long again. Node, too, forgets
 * connections: one that nghttp2 ends on its own, for a flood of resets, stays half open otherwise.
 */
function keepAlive(session: ServerHttp2Session, intervalMs: number): void {
  let asked = false
  session.setTimeout(intervalMs)
  session.on('timeout', () => {
    if (asked) return session.destroy()
    asked = true
    session.ping(() => (asked = false))
    // It runs out once, and then not again until something happens.
    session.setTimeout(intervalMs)
  })
}

function listen({ url, server }: Listener): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(cannotListen(url, error))
    server.once('error', failed)
    server.listen({ host: url.host, port: url.port }, () => {
      server.off('error', failed)
      // Such as too many open files: the connection that came is lost, the port is not.
      server.on('error', () => {})
      resolve(urlOf(url, (server.address() as AddressInfo).port))
    })
  })
}

function close(server: AnyServer): Promise<void> {
  return new Promise((resolve) => {
    // An error says that it never listened.
    server.close(() => resolve())
  })
}

function cannotListen({ url }: ListenUrl, error: NodeJS.ErrnoException): QuorateError {
  const data = { url, cause: error.code }
  if (error.code === 'EADDRINUSE') {
    const message = `cannot listen for clients at ${url}: its port is taken; stop the process that listens there, or listen elsewhere`
    return new QuorateError('QUORATE_PORT_TAKEN', message, data, { cause: error })
  }
  const message = `cannot listen for clients at ${url}: ${error.message}; listen at an address of this machine and a port that is allowed`
  return new QuorateError('QUORATE_CANNOT_LISTEN', message, data, { cause: error })
}
