import { maxRequestBytes } from '@quorate/kv'
import { performServerHandshake, type ServerHttp2Session, type ServerOptions } from 'node:http2'
import type { Socket } from 'node:net'
import { Dispatcher, type DispatcherStats } from './grpc/dispatcher.js'
import { open } from './grpc/opening.js'
import { Listener } from './listener.js'
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
 * The etcd v3 gRPC services in front of a node. Throws `QUORATE_INVALID_OPTION` or `QUORATE_MALFORMED_URL` for options that cannot be, and
 * `QUORATE_BAD_CERTIFICATE` for certificates that cannot be used.
 */
export function createEtcdServer(options: EtcdServerOptions): EtcdServer {
  return new EtcdServer(options)
}

export class EtcdServer {
  readonly #settings: Settings
  readonly #http2: ServerOptions
  readonly #dispatcher: Dispatcher
  readonly #listeners: readonly Listener[]
  /** Connections of which nothing is known yet. */
  readonly #opening = new Set<Socket>()
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
    const { tls, maxConnections, maxInFlightRequests } = settings
    this.#http2 = {
      settings: { maxConcurrentStreams: maxInFlightRequests, initialWindowSize: STREAM_WINDOW_BYTES },
      // In MB, for one connection. It refuses new streams only; what they hold is bounded for all connections together.
      maxSessionMemory: 1024,
    }
    const onSocket = (socket: Socket): void => this.#accept(socket)
    const onFailed = (): void => void this.#failedConnections++
    this.#listeners = settings.urls.map((url) => new Listener({ url, tls, maxConnections, onSocket, onFailed }))
  }

  /** Where it listens, with the ports that were taken; empty before `start`. */
  get urls(): readonly string[] {
    return this.#urls
  }

  /** Rejects with `QUORATE_PORT_TAKEN` or `QUORATE_CANNOT_LISTEN`, and then listens nowhere. */
  async start(): Promise<void> {
    try {
      const urls: string[] = []
      for (const listener of this.#listeners) urls.push(await listener.listen())
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
    const closed = this.#listeners.map((listener) => listener.close())
    for (const socket of this.#opening) socket.destroy()
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
      connections: this.#opening.size + this.#sessions.size,
      failedConnections: this.#failedConnections,
    }
  }

  #accept(socket: Socket): void {
    if (this.#stopping) return void socket.destroy()
    this.#opening.add(socket)
    const forget = (): void => void this.#opening.delete(socket)
    socket.once('close', forget)
    open(socket, this.#settings.keepaliveIntervalMs, () => {
      socket.off('close', forget)
      forget()
      if (!socket.destroyed) this.#track(performServerHandshake(socket, this.#http2))
    })
  }

  #track(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.on('stream', (stream, headers, flags) => this.#dispatcher.accept(stream, headers, flags))
    session.on('error', () => this.#failedConnections++)
    session.once('close', () => this.#sessions.delete(session))
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    keepAlive(session, this.#settings.keepaliveIntervalMs)
  }
}

/** What etcd's gRPC server allows beyond its longest request. */
const GRPC_OVERHEAD_BYTES = 512 * 1024
const STREAM_WINDOW_BYTES = 1 << 20
const SESSION_WINDOW_BYTES = 16 << 20

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
