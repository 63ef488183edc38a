import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type SecureClientSessionOptions,
} from 'node:http2'

export interface Reply {
  /** The status code of gRPC; undefined when there was none. */
  readonly code: number | undefined
  readonly message: string
  /** The message of the answer, without its frame. */
  readonly body: Uint8Array | undefined
  /** The status of HTTP. */
  readonly http: number | undefined
  /** How the stream was closed, as HTTP/2 counts its errors. */
  readonly rst: number
}

type Headers = Readonly<Record<string, string>>

/** Speaks gRPC to a server with as little between as possible, so that a test can also say what no client would. */
export class GrpcClient {
  readonly session: ClientHttp2Session

  constructor(url: string, options: SecureClientSessionOptions = {}) {
    this.session = connect(url, options)
    // What fails is told by the requests.
    this.session.on('error', () => {})
  }

  /** A request whose body is left to the caller. */
  open(path: string, headers: Headers = {}): ClientHttp2Stream {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    stream.on('error', () => {})
    return stream
  }

  send(path: string, body: Uint8Array, headers: Headers = {}): Promise<Reply> {
    const stream = this.open(path, headers)
    stream.end(body)
    return replyOf(stream)
  }

  async call<In extends DescMessage, Out extends DescMessage>(
    path: string,
    [input, request]: readonly [In, MessageInitShape<In>],
    output: Out,
    headers: Headers = {},
  ): Promise<MessageShape<Out>> {
    const reply = await this.send(path, frame(toBinary(input, create(input, request))), headers)
    if (reply.code !== 0 || reply.body === undefined) throw new Error(`${reply.code}: ${reply.message}`)
    return fromBinary(output, reply.body)
  }

  close(): void {
    this.session.destroy()
  }
}

export function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}

export function replyOf(stream: ClientHttp2Stream): Promise<Reply> {
  const chunks: Buffer[] = []
  let headers: Record<string, unknown> = {}
  stream.on('response', (response) => (headers = { ...headers, ...response }))
  stream.on('trailers', (trailers) => (headers = { ...headers, ...trailers }))
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve) => {
    stream.on('close', () => {
      const body = Buffer.concat(chunks)
      const status = headers['grpc-status']
      resolve({
        code: status === undefined ? undefined : Number(status),
        message: decodeURIComponent((headers['grpc-message'] as string | undefined) ?? ''),
        body: body.length >= 5 ? body.subarray(5) : undefined,
        http: headers[constants.HTTP2_HEADER_STATUS] as number | undefined,
        rst: stream.rstCode ?? 0,
      })
    })
  })
}
