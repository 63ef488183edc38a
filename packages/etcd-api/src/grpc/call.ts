import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { FRAME_HEADER_BYTES } from '../wire/encoder.js'
import { codes, percentEncoded, type Status } from './status.js'

/** Carries out a request, given its message, and ends the call now or later. */
export type Method = (call: Call, message: Uint8Array) => void

/** What a call has in common with all others of its server. */
export interface CallContext {
  readonly maxMessageBytes: number
  /** Bytes that calls hold: those of requests that are still coming, and of answers that are not yet sent. */
  heldBytes: number
  /** What `heldBytes` may come to before requests are refused. */
  readonly maxHeldBytes: number
  readonly overloaded: Status
  ended(call: Call): void
}

/** One unary request: its message is put together, given to its method, and answered once, if the client still waits then. */
export class Call {
  readonly stream: ServerHttp2Stream
  /** When, by `performance.now()`, its time is over. */
  deadlineMs: number
  /** Its deadline is the client's, not the server's. */
  readonly clientDeadline: boolean
  /** It was proposed: when its time is over nobody knows whether it was or will be applied. */
  proposed = false
  /** Its time was over once, and it was given some more to be sent. */
  lingering = false
  readonly #context: CallContext
  readonly #method: Method
  readonly #encoding: string | undefined
  #state: 'receiving' | 'running' | 'answered' | 'closed' = 'receiving'
  #body: Buffer = NOTHING
  #received = 0
  #held = 0

  constructor(
    context: CallContext,
    stream: ServerHttp2Stream,
    method: Method,
    encoding: string | undefined,
    deadlineMs: number,
    clientDeadline: boolean,
  ) {
    this.#context = context
    this.stream = stream
    this.#method = method
    this.#encoding = encoding
    this.deadlineMs = deadlineMs
    this.clientDeadline = clientDeadline
  }

  /** Nobody waits for an answer any more, or there was one. */
  get over(): boolean {
    return this.#state === 'answered' || this.#state === 'closed'
  }

  /** Takes what the client sent. A small request comes in one chunk, and is read where it lies. */
  receive(chunk: Buffer): void {
    if (this.#state !== 'receiving') return
    if (this.#received === 0 && chunk.length >= FRAME_HEADER_BYTES) {
      if (!this.#accepts(chunk)) return
      const end = FRAME_HEADER_BYTES + chunk.readUInt32BE(1)
      if (chunk.length >= end) return this.#run(chunk.subarray(FRAME_HEADER_BYTES, end))
    }
    this.#collect(chunk)
  }

  /** The client has sent all that it wanted to. A stream that is cut off ends, too. */
  receivedAll(): void {
    if (this.#state === 'receiving' && !this.stream.aborted) this.fail(this.#received === 0 ? NO_MESSAGE : CUT_MESSAGE)
  }

  reply(frame: Buffer | undefined): void {
    if (this.over) return
    if (frame === undefined) return this.fail(REPLY_TOO_LARGE)
    this.#state = 'answered'
    if (this.stream.destroyed || this.stream.closed) return
    this.#hold(frame.length)
    this.stream.respond(OK, WITH_TRAILERS)
    this.stream.end(frame)
  }

  fail(status: Status): void {
    if (this.over) return
    this.#state = 'answered'
    const { stream } = this
    if (stream.destroyed || stream.closed) return
    this.#hold(0)
    stream.respond(trailersOnly(status), WITHOUT_BODY)
    // What the client would still send, nobody wants.
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
  }

  /** Ends a call whose answer is not taken, or whose request never ends. */
  abandon(): void {
    this.stream.destroy()
  }

  /** The stream is no more, whether or not there was an answer. */
  closed(): void {
    this.#context.ended(this)
    this.#state = 'closed'
    this.#hold(0)
  }

  #run(message: Uint8Array): void {
    this.#state = 'running'
    this.#method(this, message)
  }

  /** Whether the message that begins with these bytes is wanted. */
  #accepts(header: Buffer): boolean {
    const { maxMessageBytes } = this.#context
    const flag = header[0] as number
    const length = header.readUInt32BE(1)
    if (flag === 0 && length <= maxMessageBytes) return true
    if (flag === 0) {
      const message = `grpc: received message larger than max (${length} vs. ${maxMessageBytes})`
      this.fail({ code: codes.resourceExhausted, message })
    } else if (flag > 1) {
      this.fail({ code: codes.internal, message: `grpc: received unexpected payload format ${flag}` })
    } else if (this.#encoding === undefined || this.#encoding === 'identity') {
      this.fail({ code: codes.internal, message: 'grpc: compressed flag set with identity or empty encoding' })
    } else {
      const message = `grpc: Decompressor is not installed for grpc-encoding "${this.#encoding}"`
      this.fail({ code: codes.unimplemented, message })
    }
    return false
  }

  /** Puts together what comes in pieces, in room that grows with what has come: a length that is only claimed costs nothing. */
  #collect(chunk: Buffer): void {
    const hadHeader = this.#received >= FRAME_HEADER_BYTES
    const needed = this.#received + chunk.length
    if (needed > this.#body.length) {
      const room = Math.min(Math.max(needed, 2 * this.#body.length), this.#context.maxMessageBytes + needed)
      if (this.#context.heldBytes + room > this.#context.maxHeldBytes) return this.fail(this.#context.overloaded)
      const body = Buffer.allocUnsafeSlow(room)
      body.set(this.#body.subarray(0, this.#received))
      this.#body = body
      this.#hold(room)
    }
    this.#body.set(chunk, this.#received)
    this.#received = needed
    if (needed < FRAME_HEADER_BYTES) return
    if (!hadHeader && !this.#accepts(this.#body)) return
    const end = FRAME_HEADER_BYTES + this.#body.readUInt32BE(1)
    if (needed >= end) this.#run(this.#body.subarray(FRAME_HEADER_BYTES, end))
  }

  /** Replaces what this call is counted to hold. */
  #hold(bytes: number): void {
    this.#context.heldBytes += bytes - this.#held
    this.#held = bytes
    if (this.over) this.#body = NOTHING
  }
}

const NOTHING = Buffer.alloc(0)

const NO_MESSAGE: Status = { code: codes.unknown, message: 'EOF' }
const CUT_MESSAGE: Status = { code: codes.unknown, message: 'unexpected EOF' }
const REPLY_TOO_LARGE: Status = {
  code: codes.resourceExhausted,
  message: 'grpc: trying to send message larger than max',
}

const CONTENT_TYPE = 'application/grpc'
const OK: OutgoingHttpHeaders = { ':status': 200, 'content-type': CONTENT_TYPE }
const WITH_TRAILERS = { waitForTrailers: true }
const WITHOUT_BODY = { endStream: true }

/** The headers that are a whole answer. */
function trailersOnly({ code, message }: Status): OutgoingHttpHeaders {
  return {
    ':status': 200,
    'content-type': CONTENT_TYPE,
    'grpc-status': String(code),
    'grpc-message': percentEncoded(message),
  }
}

/** What follows an answer that was sent whole. */
export const okTrailers: OutgoingHttpHeaders = { 'grpc-status': '0' }
