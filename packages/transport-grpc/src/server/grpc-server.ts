import type { DescService } from '@bufbuild/protobuf'
import { QuorateError, invalidOption, requireInteger } from '@quorate/core'
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import { parsePeerUrl, type PeerUrl } from '../peer-url.js'
import { grpcServiceDefinition, type GrpcService, type ServiceImplementation } from '../service-definition.js'
import { loadTls, type TlsMaterial, type TlsOptions } from '../tls.js'
import { Listener, type OnRefuse } from './listener.js'
import { addReflection } from './reflection.js'

export interface GrpcServerOptions {
  /** Where to listen: `http://host:port`, or `https://host:port` with `tls`. Port 0 takes any. */
  readonly listenUrls: readonly string[]
  readonly tls?: TlsOptions
  readonly services?: readonly GrpcService[]
  /** The most connections that are accepted at a time, at each URL. Default 1,024. */
  readonly maxConnections?: number
  /** The most calls under way on one connection. Default 1,024. */
  readonly maxConcurrentStreams?: number
  /** The longest message that is taken, in bytes. Default 4 MiB. */
  readonly maxReceiveBytes?: number
  /** How long TLS may take, in milliseconds. Default 3,000. */
  readonly handshakeTimeoutMs?: number
  /** Time between two questions to a connected client whether it is still there, in milliseconds. Default 10,000. */
  readonly keepaliveTimeMs?: number
  /** A client that has not answered for so long is disconnected, in milliseconds. Default 5,000. */
  readonly keepaliveTimeoutMs?: number
  /** Hears of connections that are refused before they reach a service, such as one with a wrong certificate. */
  readonly onRefuse?: OnRefuse
}

/** The name under which the whole server reports its health. */
const wholeServer = ''

/**
 * A gRPC server with the health and reflection services, with errors that have codes, and that stops in bounded time.
 *
 * It starts out `SERVING`; see `setHealth`.
 */
export class GrpcServer {
  readonly #options: GrpcServerOptions
  readonly #listenUrls: readonly PeerUrl[]
  readonly #tls: TlsMaterial | undefined
  readonly #server: Server
  readonly #services = new Map<string, DescService>()
  readonly #health = new HealthImplementation({ [wholeServer]: 'SERVING' })
  #listeners: Listener[] = []
  #state: 'new' | 'started' | 'stopped' = 'new'

  /** Checks the options and reads the certificates. Throws `QUORATE_MALFORMED_URL`, `QUORATE_BAD_CERTIFICATE` or `QUORATE_INVALID_OPTION`. */
  constructor(options: GrpcServerOptions) {
    this.#options = options
    this.#listenUrls = options.listenUrls.map((url) => parsePeerUrl(url, options.tls !== undefined, true))
    if (this.#listenUrls.length === 0) throw invalidOption('listenUrls', options.listenUrls, 'at least one URL')
    const positive = (name: keyof GrpcServerOptions, fallback: number, max = 2_147_483_647): number =>
      requireInteger(name, options[name] ?? fallback, { min: 1, max })
    this.#tls = options.tls === undefined ? undefined : loadTls(options.tls)
    this.#server = new Server({
      'grpc.enable_channelz': 0,
      'grpc.keepalive_time_ms': positive('keepaliveTimeMs', 10_000),
      'grpc.keepalive_timeout_ms': positive('keepaliveTimeoutMs', 5000),
      'grpc.max_concurrent_streams': positive('maxConcurrentStreams', 1024),
      'grpc.max_receive_message_length': positive('maxReceiveBytes', 4 << 20),
      'grpc.max_send_message_length': -1,
    })
    positive('maxConnections', 1024)
    positive('handshakeTimeoutMs', 3000)
    for (const { service, implementation } of options.services ?? []) {
      this.addDefinition(service, grpcServiceDefinition(service), implementation)
    }
  }

  /** Where it listens, with the ports that were taken. */
  get urls(): readonly string[] {
    return this.#listeners.map((listener) => listener.url)
  }

  /** The certificates that it shows, also for those who dial from the same process. */
  get tls(): TlsMaterial | undefined {
    return this.#tls
  }

  /** Adds a service as protobuf-es describes it; before `start`. Throws `QUORATE_INVALID_OPTION` when it is there already. */
  addService<Service extends DescService>(service: Service, implementation: ServiceImplementation<Service>): void {
    this.addDefinition(service, grpcServiceDefinition(service), { ...implementation })
  }

  /** Adds a service whose messages are read and written in another way than protobuf-es does. */
  addDefinition(
    service: DescService,
    definition: ServiceDefinition,
    implementation: UntypedServiceImplementation,
  ): void {
    if (this.#state !== 'new') throw invalidOption('service', service.typeName, 'added before start')
    if (this.#services.has(service.typeName))
      throw invalidOption('service', service.typeName, 'one that was not added yet')
    this.#services.set(service.typeName, service)
    this.#server.addService(definition, implementation)
    this.#health.setStatus(service.typeName, 'SERVING')
  }

  /** What the health service tells of a service, or, without one, of the whole server. */
  setHealth(serving: boolean, service = wholeServer): void {
    this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING')
  }

  /** Listens. Throws `QUORATE_PORT_TAKEN`, `QUORATE_CANNOT_LISTEN`, or `QUORATE_STOPPED` when it was started or stopped before. */
  async start(): Promise<void> {
    if (this.#state !== 'new')
      throw new QuorateError('QUORATE_STOPPED', `the server was ${this.#state} before; make another one`)
    this.#state = 'started'
    this.#health.addToServer(this.#server)
    addReflection(this.#server, new Set([...this.#services.values()].map((service) => service.file)))
    const { maxConnections = 1024, handshakeTimeoutMs = 3000, onRefuse = () => {} } = this.#options
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure())
    this.#listeners = this.#listenUrls.map(
      (url) => new Listener({ url, tls: this.#tls, maxConnections, handshakeTimeoutMs, injector, onRefuse }),
    )
    const results = await Promise.allSettled(this.#listeners.map((listener) => listener.listen()))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) {
      this.stop()
      throw failed.reason as Error
    }
  }

  /** Frees the ports and reports `NOT_SERVING`; calls under way go on. */
  close(): void {
    this.setHealth(false)
    for (const service of this.#services.keys()) this.setHealth(false, service)
    for (const listener of this.#listeners) listener.close()
  }

  /** Frees the ports and ends every connection at once. */
  stop(): void {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    for (const listener of this.#listeners) listener.destroy()
    this.#server.forceShutdown()
  }
}
