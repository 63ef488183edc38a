import { status as statuses } from '@grpc/grpc-js'
import type { DisconnectCause, Incarnation } from '@quorate/core'
import { askAfterEnd, askPort, type PortAnswer } from '../ask-port.js'
import { askTls } from '../ask-tls.js'
import type { Welcome } from '../gen/quorate/transport/v1/peer_pb.js'
import type { PeerUrl } from '../peer-url.js'
import { Repetition } from '../repetition.js'
import type { Context, Life } from './context.js'
import type { Counters } from './counters.js'
import { lifeOfWelcome } from './hello.js'
import { OutgoingStream, type StreamEnd } from './outgoing-stream.js'
import { reconnectDelayMs } from './reconnect-delay.js'
import type { Refusal } from './refusals.js'

/** A connection that lasted so long counts as proof that the next one may be tried at once. */
const soundAfterMs = 1000

/** The connection that ended last, until there is another, and what was told of it. */
interface Loss {
  readonly peer: Incarnation
  cause: DisconnectCause | undefined
}

type Outcome = 'sound' | 'failed' | 'refused'

export interface LinkOwner {
  readonly id: string
  /** Weighs a life that answered; returns why it is refused, if it is. */
  admit(life: Life): Promise<Refusal | undefined>
}

/**
 * The stream that this node dials to a peer: kept up for as long as the transport runs, and what is told of its ends.
 *
 * When a connection ends, its port is asked at once by a plain connection, and the answer is what is told of it: refused, nobody
 * listens any more; accepted, the connection ended alone; silence, the host may be gone. The port is also asked before each
 * attempt to connect, which may make what was told worse: a host that was silent may answer later that the process is gone.
 */
export class Link {
  readonly #context: Context
  readonly #owner: LinkOwner
  readonly #counters: Counters
  readonly #told = new Repetition()
  #urls: readonly PeerUrl[]
  #turn = 0
  #state: 'waiting' | 'connecting' | 'connected' | 'stopped' = 'waiting'
  #stream: OutgoingStream | undefined
  #life: Life | undefined
  #loss: Loss | undefined
  #failures = 0
  #wake: (() => void) | undefined
  #asking = false

  constructor(context: Context, owner: LinkOwner, urls: readonly PeerUrl[], counters: Counters) {
    this.#context = context
    this.#owner = owner
    this.#urls = urls
    this.#counters = counters
  }

  get state(): 'waiting' | 'connecting' | 'connected' {
    return this.#state === 'stopped' ? 'waiting' : this.#state
  }

  /** The life at the other end, while connected. */
  get life(): Life | undefined {
    return this.#life
  }

  get queuedMessages(): number {
    return this.#stream?.queuedMessages ?? 0
  }

  get queuedBytes(): number {
    return this.#stream?.queuedBytes ?? 0
  }

  /** Keeps the link up until `stop`. */
  async run(): Promise<void> {
    while (!this.#isStopped()) {
      this.#state = 'connecting'
      const url = this.#urls[this.#turn++ % this.#urls.length] as PeerUrl
      const answer = await askPort(url, this.#context.settings.timing.connectTimeoutMs)
      if (this.#isStopped()) return
      this.#unreachable(url, answer)
      const outcome = answer.type === 'accepted' ? await this.#converse(url) : 'failed'
      if (this.#isStopped()) return
      await this.#pause(outcome)
    }
  }

  /**
   * Takes a message for the stream; false when it is dropped. Without a connection, or one being made, nothing is kept: it
   * would arrive late, and late is worse than lost.
   */
  send(channel: string, payload: Uint8Array): boolean | 'full' {
    if (this.#stream === undefined) return false
    return this.#stream.send(channel, payload) ? true : 'full'
  }

  /** Tries now instead of after the pause: the peer was just heard of. */
  hurry(): void {
    this.#failures = 0
    this.#wake?.()
  }

  /** The peer's own stream to this node has ended. If nobody listens at its port any more, this one is over too. */
  async suspect(): Promise<void> {
    const stream = this.#stream
    if (this.#state !== 'connected' || stream === undefined || this.#asking) return
    this.#asking = true
    const answer = await askAfterEnd(addressOf(stream.remote), this.#context.settings.timing.connectTimeoutMs)
    this.#asking = false
    if (answer.type === 'refused') stream.end({ type: 'gone' })
  }

  /** Whether the life that is connected answers in time; one that is only about to be is not asked. */
  async answers(timeoutMs: number): Promise<boolean> {
    return this.#life !== undefined && this.#stream !== undefined && (await this.#stream.answers(timeoutMs))
  }

  /** A later life of the peer was seen: what leads to an earlier one ends. */
  supersede(incarnation: number): void {
    if (this.#life !== undefined && this.#life.incarnation < incarnation) this.#stream?.end({ type: 'closed' })
  }

  /** The peer has moved, if these are other URLs. */
  redirect(urls: readonly PeerUrl[]): void {
    const same = urls.length === this.#urls.length && urls.every(({ url }, index) => url === this.#urls[index]?.url)
    if (same) return
    this.#urls = urls
    this.#turn = 0
    this.#stream?.end({ type: 'closed' })
    this.hurry()
  }

  /** Sends what waits, then stops; whoever calls this bounds the time. */
  async finish(): Promise<void> {
    const wasConnected = this.#state === 'connected'
    this.#state = 'stopped'
    this.#wake?.()
    if (!wasConnected) return
    this.#stream?.finish()
    await this.#stream?.ended
  }

  stop(): void {
    this.#state = 'stopped'
    this.#stream?.end({ type: 'closed' })
    this.#wake?.()
  }

  #isStopped(): boolean {
    return this.#state === 'stopped'
  }

  async #converse(url: PeerUrl): Promise<Outcome> {
    const stream = new OutgoingStream(this.#context, this.#owner.id, url, this.#counters)
    this.#stream = stream
    const life = await this.#greet(stream, url)
    if (typeof life === 'string') {
      this.#stream = undefined
      return life
    }
    const sinceMs = performance.now()
    const address = addressOf(stream.remote)
    this.#connected(stream, life)
    const end = await stream.ended
    this.#stream = undefined
    this.#life = undefined
    if (this.#isStopped()) return 'failed'
    this.#state = 'connecting'
    this.#loss = { peer: { id: life.id, incarnation: life.incarnation }, cause: undefined }
    await this.#explainLoss(end, address)
    if (end.type === 'refused') this.#fail(url, end.refusal)
    if (end.type === 'refused') return 'refused'
    return performance.now() - sinceMs >= soundAfterMs || end.type === 'closed' ? 'sound' : 'failed'
  }

  /** Returns the life that answered and is welcome, or what came instead. */
  async #greet(stream: OutgoingStream, url: PeerUrl): Promise<Life | 'failed' | 'refused'> {
    const welcome = await stream.welcome
    if (this.#isStopped()) return 'failed'
    if (isEnd(welcome)) {
      if (welcome.type === 'closed') return 'failed'
      const refusal = await this.#explain(url, welcome)
      if (!this.#isStopped()) this.#fail(url, refusal)
      return refusal.code === 'QUORATE_HANDSHAKE_FAILED' ? 'failed' : 'refused'
    }
    const life = lifeOfWelcome(this.#context, this.#owner.id, welcome)
    const refusal = 'code' in life ? life : await this.#owner.admit(life)
    if (this.#isStopped()) return 'failed'
    if (refusal === undefined) return life as Life
    stream.end({ type: 'closed' })
    this.#fail(url, refusal)
    return 'refused'
  }

  async #explainLoss(end: StreamEnd, address: { readonly host: string; readonly port: number }): Promise<void> {
    if (end.type === 'gone') return this.#disconnected('refused')
    if (end.type === 'timed-out') return this.#disconnected('timed-out')
    if (end.type === 'closed') return this.#disconnected('ended')
    const { type } = await askAfterEnd(address, this.#context.settings.timing.connectTimeoutMs)
    if (!this.#isStopped()) this.#disconnected(type === 'refused' || type === 'timed-out' ? type : 'ended')
  }

  /** grpc-js says in prose why there was no handshake. Where TLS may be to blame, TLS is asked. */
  async #explain(url: PeerUrl, end: Exclude<StreamEnd, { type: 'closed' }>): Promise<Refusal> {
    const { tls, settings } = this.#context
    const { handshakeTimeoutMs } = settings.timing
    if (end.type === 'refused') return end.refusal
    if (tls !== undefined) {
      const why = await askTls(url, tls, handshakeTimeoutMs)
      if (why !== undefined) return { code: 'QUORATE_BAD_CERTIFICATE', message: `no TLS with ${url.url}: ${why}` }
    }
    if (end.type === 'broken' && end.status === statuses.UNIMPLEMENTED) {
      return {
        code: 'QUORATE_HANDSHAKE_FAILED',
        message: `${url.url} is a gRPC server but no peer: correct the URL of node "${this.#owner.id}"`,
      }
    }
    const why =
      end.type === 'broken' ? `${end.details} (gRPC status ${end.status})` : `no answer within ${handshakeTimeoutMs} ms`
    return {
      code: 'QUORATE_HANDSHAKE_FAILED',
      message: `somebody listens at ${url.url}, but there is no talking to it as to node "${this.#owner.id}": ${why}; check its URL, and that both use TLS or neither`,
    }
  }

  #connected(stream: OutgoingStream, life: Life): void {
    this.#state = 'connected'
    this.#life = life
    this.#loss = undefined
    this.#told.reset()
    this.#counters.connects++
    this.#counters.lastError = undefined
    this.#context.peer({ type: 'connected', peer: { id: life.id, incarnation: life.incarnation } })
    stream.open()
  }

  /** Tells of the loss. What is learned later may make it worse: `refused` after something weaker. */
  #disconnected(cause: DisconnectCause): void {
    if (this.#loss === undefined || this.#loss.cause === 'refused') return
    if (this.#loss.cause !== undefined && cause !== 'refused') return
    this.#loss.cause = cause
    this.#context.peer({ type: 'disconnected', peer: this.#loss.peer, cause })
  }

  #unreachable(url: PeerUrl, { type, reason }: PortAnswer): void {
    if (type === 'accepted') return
    if (type === 'refused') this.#disconnected('refused')
    this.#counters.failedAttempts++
    this.#counters.lastError = reason
    const message = `node "${this.#owner.id}" is not reached at ${url.url}: ${reason}; it is tried again`
    this.#context.report({ type: 'unreachable', peer: this.#owner.id, url: url.url, cause: type, message }, this.#told)
  }

  #fail(url: PeerUrl, { code, message }: Refusal): void {
    this.#counters.failedAttempts++
    this.#counters.lastError = message
    this.#context.report({ type: 'handshake-failed', peer: this.#owner.id, url: url.url, code, message }, this.#told)
  }

  /** A connection that was sound is tried again at once; what failed after a growing while; what was refused after the longest. */
  async #pause(outcome: Outcome): Promise<void> {
    if (outcome === 'sound') {
      this.#failures = 0
      return
    }
    this.#failures++
    this.#state = 'waiting'
    const delayMs = reconnectDelayMs(
      this.#failures,
      outcome === 'refused',
      this.#context.settings.timing,
      Math.random(),
    )
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }
}

function isEnd(value: Welcome | StreamEnd): value is StreamEnd {
  return 'type' in value
}

/** grpc-js names addresses as `host:port`, IPv6 in brackets. */
function addressOf(remote: string): { readonly host: string; readonly port: number } {
  const colon = remote.lastIndexOf(':')
  return { host: remote.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(remote.slice(colon + 1)) }
}
