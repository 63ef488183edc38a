import { isMalformed, type NodeId } from '@quorate/core'
import { Client, credentials, status as statuses, type ChannelOptions, type ClientDuplexStream } from '@grpc/grpc-js'
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import { deferred } from '../deferred.js'
import type { Welcome } from '../gen/quorate/transport/v1/peer_pb.js'
import { hostPort, type PeerUrl } from '../peer-url.js'
import { connectPath } from '../peer-service.js'
import type { TlsMaterial } from '../tls.js'
import { decodeFrame, encodeHello, encodePong } from '../wire/frame.js'
import { SendQueue } from '../wire/send-queue.js'
import type { Context } from './context.js'
import type { Counters } from './counters.js'
import { Pings } from './pings.js'
import { spokenVersions, type Refusal } from './refusals.js'

/** How a stream that this node dialed came to its end. */
export type StreamEnd =
  | { readonly type: 'refused'; readonly refusal: Refusal }
  /** The port was asked, and nobody listens any more. */
  | { readonly type: 'gone' }
  | { readonly type: 'timed-out' }
  | { readonly type: 'broken'; readonly status: number; readonly details: string }
  /** This node ended it. */
  | { readonly type: 'closed' }

/** The longest frame that comes back on a stream that this node dialed. */
const maxAnswerBytes = 64 << 10
/** Frames that are handed to grpc-js and not yet written: one being written and one ready. */
const maxFramesInFlight = 2

/** One stream to a peer: the handshake, then messages, many to a frame. */
export class OutgoingStream {
  /** The answer to the handshake, or how the stream ended without one. */
  readonly welcome: Promise<Welcome | StreamEnd>
  readonly ended: Promise<StreamEnd>
  readonly #context: Context
  readonly #counters: Counters
  readonly #peer: NodeId
  readonly #client: Client
  readonly #call: ClientDuplexStream<Buffer, Buffer>
  readonly #queue: SendQueue
  readonly #pings: Pings
  readonly #welcome = deferred<Welcome | StreamEnd>()
  readonly #ended = deferred<StreamEnd>()
  readonly #handshakeTimer: NodeJS.Timeout
  #keepaliveTimer: NodeJS.Timeout | undefined
  #state: 'greeting' | 'open' | 'finishing' | 'over' = 'greeting'
  #flushing = false
  #framesInFlight = 0

  constructor(context: Context, peer: NodeId, url: PeerUrl, counters: Counters) {
    const { settings } = context
    this.#context = context
    this.#peer = peer
    this.#counters = counters
    this.welcome = this.#welcome.promise
    this.ended = this.#ended.promise
    this.#queue = new SendQueue(settings.bounds)
    this.#pings = new Pings((frame) => this.#write(frame))
    this.#client = dial(url, context.tls)
    this.#call = this.#client.makeBidiStreamRequest(connectPath, asIs, asIs)
    this.#call.on('data', (bytes: Buffer) => this.#receive(bytes))
    this.#call.on('status', ({ code, details }: { code: number; details: string }) => {
      this.end(
        code === statuses.OK && this.#state === 'finishing'
          ? { type: 'closed' }
          : { type: 'broken', status: code, details },
      )
    })
    // grpc-js tells of a failed call twice; the status, above, comes with every end.
    this.#call.on('error', () => {})
    const { handshakeTimeoutMs } = settings.timing
    this.#handshakeTimer = setTimeout(() => this.end({ type: 'timed-out' }), handshakeTimeoutMs)
    this.#write(
      encodeHello({
        clusterId: settings.clusterId,
        nodeId: settings.self.id,
        incarnation: BigInt(settings.self.incarnation),
        instance: context.instance,
        toNodeId: peer,
        oldestVersion: spokenVersions.oldest,
        newestVersion: spokenVersions.newest,
      }),
    )
  }

  get queuedMessages(): number {
    return this.#queue.length
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /** The address that was reached, as `host:port`. */
  get remote(): string {
    return this.#call.getPeer()
  }

  /** Queues a message; false when the queue is full. It leaves once the stream is open. */
  send(channel: string, payload: Uint8Array): boolean {
    if (this.#state === 'over' || this.#state === 'finishing') return false
    if (!this.#queue.push(channel, payload)) return false
    this.#schedule()
    return true
  }

  /** The peer was welcome too: from now on messages leave, and the peer is asked regularly whether it is there. */
  open(): void {
    if (this.#state !== 'greeting') return
    this.#state = 'open'
    clearTimeout(this.#handshakeTimer)
    this.#keepaliveTimer = setTimeout(() => void this.#keepAlive(), this.#context.settings.timing.keepaliveTimeMs)
    this.#schedule()
  }

  /** Whether the peer answers in time. */
  async answers(timeoutMs: number): Promise<boolean> {
    return (await this.#pings.ask(timeoutMs)) !== undefined
  }

  /** Sends what waits, then ends the stream in good order; whoever calls this bounds the time. */
  finish(): void {
    if (this.#state === 'greeting') this.end({ type: 'closed' })
    if (this.#state !== 'open') return
    this.#state = 'finishing'
    this.#finishWhenEmpty()
  }

  /** Ends the stream at once. What waits is dropped. */
  end(end: StreamEnd): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    clearTimeout(this.#handshakeTimer)
    clearTimeout(this.#keepaliveTimer)
    this.#counters.droppedMessages += this.#queue.clear()
    this.#pings.end()
    this.#call.cancel()
    this.#client.close()
    this.#welcome.resolve(end)
    this.#ended.resolve(end)
  }

  async #keepAlive(): Promise<void> {
    const { keepaliveTimeMs, keepaliveTimeoutMs } = this.#context.settings.timing
    const roundTripMs = await this.#pings.ask(keepaliveTimeoutMs)
    if (this.#state === 'over') return
    if (roundTripMs === undefined) return this.end({ type: 'timed-out' })
    this.#counters.roundTripMs = roundTripMs
    this.#keepaliveTimer = setTimeout(() => void this.#keepAlive(), keepaliveTimeMs)
  }

  #receive(bytes: Buffer): void {
    if (this.#state === 'over') return
    const frame = decodeFrame(bytes, maxAnswerBytes)
    if (isMalformed(frame)) return this.#malformed(frame.reason)
    if (frame.pong !== undefined) this.#pings.answered(frame.pong)
    if (frame.ping !== undefined && !this.#call.writableNeedDrain) this.#write(encodePong(frame.ping))
    if (frame.refusal !== undefined) this.end({ type: 'refused', refusal: codedRefusal(frame.refusal) })
    else if (frame.welcome !== undefined) this.#welcome.resolve(frame.welcome)
    else if (frame.hello !== undefined) this.#malformed('a hello from the side that was dialed')
    else if (frame.messages.length > 0) this.#malformed('messages from the side that was dialed')
  }

  #malformed(message: string): void {
    this.#counters.malformedFrames++
    this.#context.report({ type: 'malformed', peer: this.#peer, remote: this.remote, message })
  }

  /** What is queued within one turn of the event loop shares a frame. */
  #schedule(): void {
    if (this.#flushing || this.#state !== 'open' || this.#framesInFlight >= maxFramesInFlight) return
    this.#flushing = true
    process.nextTick(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    const { maxBatchBytes } = this.#context.settings.bounds
    while (this.#queue.length > 0 && this.#framesInFlight < maxFramesInFlight && this.#isWriting()) {
      const { frame, count } = this.#queue.take(maxBatchBytes)
      this.#framesInFlight++
      this.#counters.sentMessages += count
      this.#write(frame, () => {
        this.#framesInFlight--
        this.#flush()
        this.#finishWhenEmpty()
      })
    }
  }

  #isWriting(): boolean {
    return this.#state === 'open' || this.#state === 'finishing'
  }

  #finishWhenEmpty(): void {
    if (this.#state !== 'finishing') return
    if (this.#queue.length > 0) this.#flush()
    else if (this.#framesInFlight === 0) this.#call.end()
  }

  #write(frame: Buffer, written?: () => void): void {
    if (this.#state === 'over' || this.#call.writableEnded) return
    this.#counters.sentFrames++
    this.#counters.sentBytes += frame.length
    this.#call.write(frame, written)
  }
}

/** A channel of its own for each attempt: when to try again is decided here, not by grpc-js. */
function dial(url: PeerUrl, tls: TlsMaterial | undefined): Client {
  const options: ChannelOptions = {
    'grpc.enable_channelz': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
    'grpc.max_receive_message_length': maxAnswerBytes * 2,
    'grpc.max_send_message_length': -1,
    // Without it grpc-js calls up to 1 MiB written that still waits for the peer to read.
    'grpc.per_rpc_retry_buffer_size': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
  }
  const family = isIP(url.host)
  const target = `${family === 0 ? 'dns' : `ipv${family}`}:${hostPort(url)}`
  if (tls === undefined) return new Client(target, credentials.createInsecure(), options)
  if (family === 0) return new Client(target, credentials.createFromSecureContext(tls.context), options)
  // TLS knows no addresses as server names, and Node warns of them. The certificate is held against the address all the same.
  const verify = {
    checkServerIdentity: (_name: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(url.host, certificate),
  }
  return new Client(target, credentials.createFromSecureContext(tls.context, verify), {
    ...options,
    'grpc.ssl_target_name_override': 'peer.invalid',
  })
}

function asIs(bytes: Buffer): Buffer {
  return bytes
}

/** What a peer calls a code is shown and compared: it has to look like one. */
function codedRefusal({ code, message }: { readonly code: string; readonly message: string }): Refusal {
  const known = /^QUORATE_[A-Z_]{1,64}$/.test(code)
  return {
    code: known ? (code as Refusal['code']) : 'QUORATE_HANDSHAKE_FAILED',
    message: message.slice(0, 1024),
  }
}
