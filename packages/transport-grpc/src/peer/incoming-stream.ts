import { isMalformed, type Incarnation } from '@quorate/core'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { Hello } from '../gen/quorate/transport/v1/peer_pb.js'
import { decodeFrame, encodePong, encodeRefusal, encodeWelcome, type Frame } from '../wire/frame.js'
import type { Context, Life } from './context.js'
import type { Counters } from './counters.js'
import { Pings } from './pings.js'
import { malformedHello, type Refusal } from './refusals.js'

/** A stream that another process dialed. It says nothing but hello until it is admitted. */
export class IncomingStream {
  readonly remote: string
  readonly #context: Context
  readonly #call: ServerDuplexStream<Buffer, Buffer>
  readonly #pings: Pings
  readonly #onHello: (hello: Hello) => void
  readonly #onRefuse: (refusal: Refusal) => void
  readonly #onOver: () => void
  readonly #helloTimer: NodeJS.Timeout
  #state: 'silent' | 'greeting' | 'admitted' | 'over' = 'silent'
  #life: Life | undefined
  /** What of it is told with each message. */
  #from: Incarnation | undefined
  #counters: Counters | undefined
  #onEnd: (() => void) | undefined

  constructor(
    context: Context,
    call: ServerDuplexStream<Buffer, Buffer>,
    onHello: (hello: Hello) => void,
    onRefuse: (refusal: Refusal) => void,
    onOver: () => void,
  ) {
    this.#context = context
    this.#call = call
    this.#onHello = onHello
    this.#onRefuse = onRefuse
    this.#onOver = onOver
    this.remote = call.getPeer()
    this.#pings = new Pings((frame) => this.#write(frame))
    const { handshakeTimeoutMs } = context.settings.timing
    this.#helloTimer = setTimeout(
      () => this.refuse(malformedHello(`none within ${handshakeTimeoutMs} ms`)),
      handshakeTimeoutMs,
    )
    call.on('data', (bytes: Buffer) => this.#receive(bytes))
    call.on('end', () => this.end())
    call.on('cancelled', () => this.#over())
    call.on('close', () => this.#over())
    // A broken stream is cancelled, too, or closed.
    call.on('error', () => this.#over())
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Whose stream it is, once it is admitted. */
  get life(): Life | undefined {
    return this.#life
  }

  /** From now on messages of `life` are taken. `onEnd` is called once the stream is over. */
  admit(life: Life, version: number, counters: Counters, onEnd: () => void): void {
    if (this.#state !== 'greeting') return
    this.#state = 'admitted'
    this.#life = life
    this.#from = { id: life.id, incarnation: life.incarnation }
    this.#counters = counters
    this.#onEnd = onEnd
    const { id, incarnation } = this.#context.settings.self
    this.#write(
      encodeWelcome({ nodeId: id, incarnation: BigInt(incarnation), instance: this.#context.instance, version }),
    )
  }

  refuse(refusal: Refusal): void {
    if (this.#state === 'over') return
    this.#write(encodeRefusal(refusal))
    this.#onRefuse(refusal)
    this.end()
  }

  /** Whether the other side answers in time. */
  async answers(timeoutMs: number): Promise<boolean> {
    return (await this.#pings.ask(timeoutMs)) !== undefined
  }

  /** Ends the stream in good order. */
  end(): void {
    if (this.#state === 'over') return
    this.#call.end()
    this.#over()
  }

  #over(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    clearTimeout(this.#helloTimer)
    this.#pings.end()
    this.#onOver()
    this.#onEnd?.()
  }

  #receive(bytes: Buffer): void {
    if (this.#state === 'over') return
    const frame = decodeFrame(bytes, this.#context.settings.maxFrameBytes)
    if (isMalformed(frame)) this.#malformed(frame.reason)
    else if (this.#state === 'admitted') this.#take(frame, bytes.length)
    else this.#greet(frame)
  }

  #greet(frame: Frame): void {
    if (this.#state !== 'silent' || frame.hello === undefined || frame.messages.length > 0) {
      return this.#malformed(this.#state === 'silent' ? 'a first frame that is no hello' : 'a frame before the welcome')
    }
    this.#state = 'greeting'
    clearTimeout(this.#helloTimer)
    this.#onHello(frame.hello)
  }

  #take(frame: Frame, bytes: number): void {
    const from = this.#from as Incarnation
    const counters = this.#counters as Counters
    if (frame.hello !== undefined || frame.welcome !== undefined || frame.refusal !== undefined) {
      return this.#malformed('a handshake after the handshake')
    }
    counters.receivedFrames++
    counters.receivedBytes += bytes
    counters.receivedMessages += frame.messages.length
    if (frame.pong !== undefined) this.#pings.answered(frame.pong)
    // Who asks without reading the answers gets none: they would pile up here.
    if (frame.ping !== undefined && !this.#call.writableNeedDrain) this.#write(encodePong(frame.ping))
    for (const { channel, payload } of frame.messages) {
      if (this.isOver || !this.#context.message(from, channel, payload)) return
    }
  }

  #malformed(reason: string): void {
    if (this.#counters !== undefined) this.#counters.malformedFrames++
    const peer = this.#life?.id
    this.#context.report({
      type: 'malformed',
      remote: this.remote,
      message: reason,
      ...(peer !== undefined && { peer }),
    })
    if (this.#state !== 'admitted') this.refuse(malformedHello(reason))
  }

  #write(frame: Buffer): void {
    if (this.#state !== 'over') this.#call.write(frame)
  }
}
