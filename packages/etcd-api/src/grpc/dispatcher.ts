import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { serverErrors } from '../services/server-errors.js'
import { notServed } from '../services/routes.js'
import { Call, okTrailers, type CallContext, type Method } from './call.js'
import { parseTimeoutMs } from './timeout.js'

export interface DispatcherOptions {
  readonly requestTimeoutMs: number
  readonly maxInFlightRequests: number
  readonly maxHeldBytes: number
  readonly maxMessageBytes: number
  readonly hasLeader: () => boolean
}

export interface DispatcherStats {
  /** Requests since the start, those that were refused included. */
  readonly requests: number
  readonly inFlightRequests: number
  /** Refused because too much was in flight. */
  readonly overloaded: number
  /** Ended by their deadline. */
  readonly timedOut: number
  /** Streams that were no gRPC request. */
  readonly malformed: number
  /** Answers that their client did not take in time, or whose connection was lost before they were made. */
  readonly abandoned: number
  readonly heldBytes: number
}

/** Makes calls of HTTP/2 streams, and ends each at its deadline. */
export class Dispatcher implements CallContext {
  readonly maxMessageBytes: number
  readonly maxHeldBytes: number
  readonly overloaded = serverErrors.tooManyRequests
  heldBytes = 0
  #routes: ReadonlyMap<string, Method> = new Map()
  readonly #options: DispatcherOptions
  readonly #calls = new Set<Call>()
  #sweep: NodeJS.Timeout | undefined
  #requests = 0
  #overloaded = 0
  #timedOut = 0
  #malformed = 0
  #abandoned = 0

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.maxMessageBytes = options.maxMessageBytes
    this.maxHeldBytes = options.maxHeldBytes
  }

  /** Before the first stream. */
  set routes(routes: ReadonlyMap<string, Method>) {
    this.#routes = routes
  }

  stats(): DispatcherStats {
    return {
      requests: this.#requests,
      inFlightRequests: this.#calls.size,
      overloaded: this.#overloaded,
      timedOut: this.#timedOut,
      malformed: this.#malformed,
      abandoned: this.#abandoned,
      heldBytes: this.heldBytes,
    }
  }

  accept(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number): void {
    stream.on('error', ignore)
    if (!isGrpc(headers)) return this.#refuse(stream, headers)
    this.#requests++
    const nowMs = performance.now()
    const timeoutMs = this.#options.requestTimeoutMs
    let givenMs: number | undefined
    const header = headers['grpc-timeout']
    if (header !== undefined) {
      givenMs = parseTimeoutMs(String(header))
      if (givenMs === undefined) {
        // As grpc-go has it: whoever sends such a header does not speak gRPC.
        this.#malformed++
        return stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
      }
    }
    const byClient = givenMs !== undefined && givenMs < timeoutMs
    const method = this.#routes.get(headers[':path'] as string)
    const call = new Call(
      this,
      stream,
      method ?? never,
      headers['grpc-encoding'] as string | undefined,
      nowMs + (byClient ? (givenMs as number) : timeoutMs),
      byClient,
    )
    if (this.#calls.size >= this.#options.maxInFlightRequests) {
      this.#overloaded++
      return call.fail(serverErrors.tooManyRequests)
    }
    this.#calls.add(call)
    this.#sweep ??= setInterval(this.#endOverdue, SWEEP_INTERVAL_MS)
    const callStream = stream as CallStream
    callStream[theCall] = call
    stream.on('close', onClose)
    if (method === undefined) return call.fail(notServed(headers[':path'] as string))
    if (headers['hasleader'] === 'true' && !this.#options.hasLeader()) return call.fail(serverErrors.noLeader)
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) return call.receivedAll()
    stream.on('wantTrailers', onWantTrailers)
    stream.on('data', onData)
    stream.on('end', onEnd)
  }

  ended(call: Call): void {
    this.#calls.delete(call)
    if (!call.over) this.#abandoned++
  }

  /** One timer for all: looking at some thousands of calls costs less than a timer for each. */
  readonly #endOverdue = (): void => {
    if (this.#calls.size === 0) {
      clearInterval(this.#sweep)
      this.#sweep = undefined
      return
    }
    const nowMs = performance.now()
    for (const call of this.#calls) {
      if (call.deadlineMs > nowMs) continue
      if (!call.over) {
        this.#timedOut++
        call.fail(call.clientDeadline && !call.proposed ? serverErrors.deadlineExceeded : serverErrors.timedOut)
      } else if (call.lingering) {
        this.#abandoned++
        call.abandon()
      }
      // Sending the answer takes some time, too, but not for ever.
      call.lingering = true
      call.deadlineMs = nowMs + ANSWER_TIMEOUT_MS
    }
  }

  /** Says in HTTP what is wrong: who asks so would not understand gRPC. */
  #refuse(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.#malformed++
    const status = headers[':method'] === 'POST' ? 415 : 405
    stream.respond({ ':status': status }, { endStream: true })
    stream.close(constants.NGHTTP2_NO_ERROR)
  }
}

/** A deadline is kept to within this. */
const SWEEP_INTERVAL_MS = 20
/** How long an answer may wait to be taken, beyond the request's own deadline. */
const ANSWER_TIMEOUT_MS = 60_000

const theCall = Symbol('call')
type CallStream = ServerHttp2Stream & { [theCall]: Call }

// One function each for all streams, not one for each stream.
function onData(this: ServerHttp2Stream, chunk: Buffer): void {
  ;(this as CallStream)[theCall].receive(chunk)
}

function onEnd(this: ServerHttp2Stream): void {
  ;(this as CallStream)[theCall].receivedAll()
}

function onClose(this: ServerHttp2Stream): void {
  ;(this as CallStream)[theCall].closed()
}

function onWantTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(okTrailers)
}

/** 'close' follows, and all that is held is given back there. */
function ignore(): void {}

function never(): void {
  throw new Error('a call without a method was carried out')
}

function isGrpc(headers: IncomingHttpHeaders): boolean {
  if (headers[':method'] !== 'POST') return false
  const type = headers['content-type']
  if (type === 'application/grpc') return true
  return type !== undefined && /^application\/grpc[+;]/i.test(type)
}
