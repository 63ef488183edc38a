import { connect, type Socket } from 'node:net'
import {
  acknowledgement,
  dataFrames,
  endHeaders,
  endStream,
  frame,
  frameTypes,
  grpcHeaders,
  headerTableBytes,
  initialWindow,
  largestWindow,
  padded,
  preface,
  readSettings,
  settings,
  settingsIds,
  windowUpdate,
} from './http2-frames.js'

/** How a request ended. An answer by gRPC has a message, a refusal has none: that tells them apart without reading headers. */
export interface Answer {
  readonly latencyMs: number
  /** Bytes of the message with its gRPC frame. */
  readonly dataBytes: number
}

interface UnderWay {
  readonly sentMs: number
  dataBytes: number
}

/**
 * A connection that does nothing but send gRPC requests to one method and count what comes back: with Node's own client the driver would
 * need as much of the processors as the nodes that it measures.
 */
export class LoadConnection {
  readonly #socket: Socket
  readonly #headers: { readonly first: Buffer; readonly later: Buffer }
  readonly #inFlight: number
  readonly #nextBody: () => Buffer | undefined
  readonly #answered: (answer: Answer) => void
  readonly #underWay = new Map<number, UnderWay>()
  #input: Buffer = Buffer.alloc(0)
  #output: Buffer[] = []
  #stream = 1
  #sendWindow = initialWindow
  #received = 0
  #waiting: Buffer | undefined
  #ready = false
  #finish: () => void = () => {}
  #fail: (error: Error) => void = () => {}

  /** `nextBody` gives the framed message of the next request, or `undefined` when there is none left. */
  constructor(
    port: number,
    path: string,
    inFlight: number,
    nextBody: () => Buffer | undefined,
    answered: (answer: Answer) => void,
  ) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#headers = grpcHeaders(`127.0.0.1:${port}`, path)
    this.#inFlight = inFlight
    this.#nextBody = nextBody
    this.#answered = answered
  }

  /** Resolves when there is no request left and all are answered. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finish = resolve
      this.#fail = reject
      this.#socket.on('error', reject)
      this.#socket.on('close', () => reject(new Error('the node closed the connection')))
      this.#socket.on('data', (bytes) => {
        try {
          this.#receive(bytes)
        } catch (error) {
          this.#fail(error as Error)
        }
      })
      this.#output.push(preface, settings({ [settingsIds.initialWindowSize]: largestWindow }))
      this.#output.push(windowUpdate(0, largestWindow - initialWindow))
      this.#flush()
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    this.#input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes])
    let at = 0
    while (this.#input.length - at >= 9) {
      const length = this.#input.readUIntBE(at, 3)
      if (this.#input.length - at < 9 + length) break
      const stream = this.#input.readUInt32BE(at + 5) & largestWindow
      const payload = this.#input.subarray(at + 9, at + 9 + length)
      this.#frame(this.#input[at + 3] as number, this.#input[at + 4] as number, stream, payload)
      at += 9 + length
    }
    this.#input = this.#input.subarray(at)
    this.#send()
    this.#flush()
    if (this.#ready && this.#underWay.size === 0 && this.#waiting === undefined) this.#finish()
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === frameTypes.data) this.#data(flags, stream, payload)
    else if (type === frameTypes.headers && (flags & endStream) !== 0) this.#ended(stream)
    else if (type === frameTypes.resetStream) this.#ended(stream)
    else if (type === frameTypes.windowUpdate && stream === 0) this.#sendWindow += payload.readUInt32BE(0)
    else if (type === frameTypes.settings && (flags & acknowledgement) === 0) this.#settings(payload)
    else if (type === frameTypes.ping && (flags & acknowledgement) === 0)
      this.#output.push(frame(frameTypes.ping, acknowledgement, 0, payload))
    else if (type === frameTypes.goAway) throw new Error(`the node says GOAWAY, error ${payload.readUInt32BE(4)}`)
  }

  #data(flags: number, stream: number, payload: Buffer): void {
    const request = this.#underWay.get(stream)
    if (request !== undefined) {
      request.dataBytes += (flags & padded) === 0 ? payload.length : payload.length - 1 - (payload[0] as number)
    }
    this.#received += payload.length
    if (this.#received > largestWindow / 2) {
      this.#output.push(windowUpdate(0, this.#received))
      this.#received = 0
    }
    if ((flags & endStream) !== 0) this.#ended(stream)
  }

  #ended(stream: number): void {
    const request = this.#underWay.get(stream)
    if (request === undefined) return
    this.#underWay.delete(stream)
    this.#answered({ latencyMs: performance.now() - request.sentMs, dataBytes: request.dataBytes })
  }

  #settings(payload: Buffer): void {
    const given = readSettings(payload)
    const atLeast = (id: number, least: number, what: string): void => {
      const value = given.get(id)
      if (value !== undefined && value < least) throw new Error(`the node allows ${what} of ${value}, not of ${least}`)
    }
    atLeast(settingsIds.headerTableSize, headerTableBytes, 'a header table')
    atLeast(settingsIds.maxConcurrentStreams, this.#inFlight, 'concurrent streams')
    atLeast(settingsIds.initialWindowSize, initialWindow, 'an initial window')
    this.#output.push(frame(frameTypes.settings, acknowledgement, 0, new Uint8Array()))
    this.#ready = true
  }

  #send(): void {
    while (this.#ready && this.#underWay.size < this.#inFlight) {
      const body = this.#waiting ?? this.#nextBody()
      if (body !== undefined && body.length > initialWindow) throw new Error(`a request has ${body.length} bytes`)
      this.#waiting = body !== undefined && body.length > this.#sendWindow ? body : undefined
      if (body === undefined || this.#waiting !== undefined) return
      const stream = this.#stream
      this.#stream += 2
      this.#sendWindow -= body.length
      const headers = stream === 1 ? this.#headers.first : this.#headers.later
      this.#output.push(frame(frameTypes.headers, endHeaders, stream, headers), ...dataFrames(stream, body))
      this.#underWay.set(stream, { sentMs: performance.now(), dataBytes: 0 })
    }
  }

  #flush(): void {
    if (this.#output.length === 0) return
    this.#socket.write(Buffer.concat(this.#output))
    this.#output = []
  }
}
