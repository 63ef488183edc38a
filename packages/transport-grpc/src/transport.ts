import type { DescService } from '@bufbuild/protobuf'
import { QuorateError, invalidOption, limits, type NodeId } from '@quorate/core'
import { randomBytes } from 'node:crypto'
import { PeerService } from './gen/quorate/transport/v1/peer_pb.js'
import { Acceptor } from './peer/acceptor.js'
import type { Context } from './peer/context.js'
import type { PeerStats } from './peer/counters.js'
import { instanceBytes } from './peer/hello.js'
import { Peer } from './peer/peer.js'
import { peerServiceDefinition } from './peer-service.js'
import { Repetition } from './repetition.js'
import { deliver, type TransportListener, type TransportReport } from './report.js'
import { GrpcServer } from './server/grpc-server.js'
import type { ServiceImplementation } from './service-definition.js'
import { peerUrlsOf, settingsOf, type GrpcTransportOptions } from './settings.js'
import { maxChannelBytes } from './wire/frame.js'

/**
 * A node's connections to its peers, over gRPC.
 *
 * The listener is called from events of sockets, never from within a method of the transport, and not before `start`.
 */
export class GrpcTransport {
  readonly #context: Context
  readonly #server: GrpcServer
  readonly #acceptor: Acceptor
  readonly #listener: TransportListener
  readonly #told = new Repetition()
  readonly #peers = new Map<NodeId, Peer>()
  #notSent = 0
  #state: 'new' | 'running' | 'stopped' = 'new'
  #stopping: Promise<void> | undefined

  /** See `createGrpcTransport`. */
  constructor(options: GrpcTransportOptions) {
    const settings = settingsOf(options)
    this.#listener = options
    this.#server = new GrpcServer({
      listenUrls: options.listenUrls,
      ...(options.tls !== undefined && { tls: options.tls }),
      ...(options.services !== undefined && { services: options.services }),
      maxConnections: settings.bounds.maxConnections,
      // A frame that is too long by little is counted and dropped; grpc-js would end the stream.
      maxReceiveBytes: settings.maxFrameBytes * 2,
      handshakeTimeoutMs: settings.timing.handshakeTimeoutMs,
      keepaliveTimeMs: settings.timing.keepaliveTimeMs,
      keepaliveTimeoutMs: settings.timing.keepaliveTimeoutMs,
      onRefuse: (remote, code, message) => this.#context.report({ type: 'refused-connection', remote, code, message }),
    })
    this.#context = {
      settings,
      instance: randomBytes(instanceBytes),
      tls: this.#server.tls,
      message: (from, channel, payload) => deliver(() => this.#listener.onMessage(from, channel, payload)),
      peer: (event) => void deliver(() => this.#listener.onPeer(event)),
      report: (report, among = this.#told) => {
        const count = among.count(likeness(report))
        if (count !== undefined) deliver(() => this.#listener.onReport?.({ ...report, count } as TransportReport))
      },
    }
    this.#acceptor = new Acceptor(this.#context, this.#peers)
    for (const [id, urls] of options.peers) this.setPeer(id, urls)
    this.#server.addDefinition(PeerService, peerServiceDefinition, {
      connect: (call: Parameters<Acceptor['connect']>[0]) => this.#acceptor.connect(call),
    })
  }

  /** Where it listens, with the ports that were taken. */
  get urls(): readonly string[] {
    return this.#server.urls
  }

  /** Adds a service of the application to the same ports; before `start`. */
  addService<Service extends DescService>(service: Service, implementation: ServiceImplementation<Service>): void {
    this.#server.addService(service, implementation)
  }

  /** What the health service tells of a service, or, without one, of the whole node. */
  setHealth(serving: boolean, service?: string): void {
    this.#server.setHealth(serving, service)
  }

  /**
   * Listens and begins to connect to the peers. It resolves once it listens, whether or not a peer is there. Throws
   * `QUORATE_PORT_TAKEN`, `QUORATE_CANNOT_LISTEN`, or `QUORATE_STOPPED` when it was started or stopped before.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new')
      throw new QuorateError('QUORATE_STOPPED', `the transport is ${this.#state}; make another one`)
    this.#state = 'running'
    try {
      await this.#server.start()
    } catch (error) {
      this.#state = 'stopped'
      throw error
    }
    for (const peer of this.#peers.values()) void peer.link.run()
  }

  /**
   * Sends a message if it can. It never throws and never waits: without a connection to the peer, or with too much waiting for
   * it, the message is dropped and counted. `payload` must not be changed afterwards.
   */
  send(to: NodeId, channel: string, payload: Uint8Array): void {
    if (this.#state !== 'running') return
    const peer = this.#peers.get(to)
    if (peer === undefined) return this.#refuseToSend(to, channel, `"${to}" is no peer of this node`)
    const outcome = this.#fits(to, channel, payload) ? peer.link.send(channel, payload) : false
    if (outcome === true) return
    peer.counters.droppedMessages++
    if (outcome !== 'full') return
    const message = `the queue to node "${to}" is full: it reads more slowly than this node sends`
    setImmediate(() => this.#context.report({ type: 'queue-full', peer: to, message }))
  }

  /** Adds a peer, or tells its new URLs. This node itself is left out. */
  setPeer(id: NodeId, urls: readonly string[]): void {
    const { self } = this.#context.settings
    const parsed = peerUrlsOf(id, urls, this.#context.tls !== undefined)
    if (id === self.id) return
    const present = this.#peers.get(id)
    if (present !== undefined) return present.link.redirect(parsed)
    if (this.#peers.size + 1 >= limits.maxMembers)
      throw invalidOption('peers', id, `at most ${limits.maxMembers - 1} other nodes`)
    const peer = new Peer(this.#context, id, parsed)
    this.#peers.set(id, peer)
    if (this.#state === 'running') void peer.link.run()
  }

  /** Forgets a peer: its connections end without an event, and it is refused when it comes back. */
  removePeer(id: NodeId): void {
    this.#peers.get(id)?.stop()
    this.#peers.delete(id)
  }

  /** Figures of each peer. */
  stats(): readonly PeerStats[] {
    return [...this.#peers.values()].map((peer) => peer.stats())
  }

  /** Messages that were not sent because they were too long or to nobody. */
  get notSent(): number {
    return this.#notSent
  }

  /**
   * Frees the ports, sends what waits for at most `timeoutMs`, by default `stopTimeoutMs`, then ends every connection. Once it
   * resolves the listener hears nothing more.
   */
  stop({
    timeoutMs = this.#context.settings.timing.stopTimeoutMs,
  }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#stop(timeoutMs)
    return this.#stopping
  }

  async #stop(timeoutMs: number): Promise<void> {
    const wasRunning = this.#state === 'running'
    this.#state = 'stopped'
    // First the ports, so that peers that ask them learn at once that this process is going.
    this.#server.close()
    if (wasRunning) await within(Promise.all([...this.#peers.values()].map((peer) => peer.link.finish())), timeoutMs)
    for (const peer of this.#peers.values()) peer.stop()
    this.#acceptor.stop()
    this.#server.stop()
  }

  #fits(to: NodeId, channel: string, payload: Uint8Array): boolean {
    if (payload.length > limits.maxMessageBytes) {
      this.#refuseToSend(to, channel, `a message of ${payload.length} bytes; the limit is ${limits.maxMessageBytes}`)
      return false
    }
    if (channel.length * 3 <= maxChannelBytes || Buffer.byteLength(channel) <= maxChannelBytes) return true
    this.#refuseToSend(
      to,
      channel.slice(0, limits.maxNameLength),
      `a channel's name is longer than ${maxChannelBytes} bytes`,
    )
    return false
  }

  #refuseToSend(to: NodeId, channel: string, message: string): void {
    this.#notSent++
    setImmediate(() => this.#context.report({ type: 'not-sent', to, channel, message }))
  }
}

/**
 * Makes a transport; nothing happens before its `start`. Throws `QUORATE_INVALID_OPTION`, `QUORATE_MALFORMED_URL` or
 * `QUORATE_BAD_CERTIFICATE`.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  return new GrpcTransport(options)
}

/** Makes a transport and starts it; it rejects with what either throws. */
export async function startGrpcTransport(options: GrpcTransportOptions): Promise<GrpcTransport> {
  const transport = createGrpcTransport(options)
  await transport.start()
  return transport
}

/** What makes two reports the same. What strangers can say differently each time is left out. */
function likeness(report: Parameters<Context['report']>[0]): string {
  if (report.type === 'malformed') return `${report.type} ${hostOf(report.remote)}`
  if (report.type === 'refused-connection') return `${report.type} ${report.code} ${hostOf(report.remote)}`
  return `${report.type} ${report.message}`
}

function hostOf(remote: string): string {
  return remote.slice(0, remote.lastIndexOf(':'))
}

async function within(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
