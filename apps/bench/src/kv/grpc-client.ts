import { QuorateError } from '@quorate/core'
import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'

/** Code 0 of gRPC: the call succeeded. */
const ok = '0'

/** One connection to one node, for calls with one request and one answer; made anew at the next call when it has ended. */
export class GrpcClient {
  readonly #url: string
  #session: ClientHttp2Session | undefined

  constructor(url: string) {
    this.#url = url
  }

  /**
   * The answer's message, without its frame. Fails with `QUORATE_BENCH_CALL`, naming gRPC's code and text, when the node refuses, cannot be
   * reached, or has not answered within `deadlineMs`; then the call is cancelled.
   */
  call(method: string, frame: Uint8Array, deadlineMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let status: string | undefined
      let text = 'the stream ended without a status'
      const note = (headers: IncomingHttpHeaders): void => {
        if (headers['grpc-status'] === undefined) return
        status = String(headers['grpc-status'])
        text = String(headers['grpc-message'] ?? '')
      }
      const stream = this.#connected().request({
        ':method': 'POST',
        ':path': method,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': `${deadlineMs}m`,
      })
      const deadline = setTimeout(() => {
        text = `no answer in ${deadlineMs} ms`
        stream.close(constants.NGHTTP2_CANCEL)
      }, deadlineMs)
      stream.on('response', note)
      stream.on('trailers', note)
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', (error) => (text = error.message))
      stream.on('close', () => {
        clearTimeout(deadline)
        if (status === ok) resolve(Buffer.concat(chunks).subarray(5))
        else reject(new QuorateError('QUORATE_BENCH_CALL', `${this.#url}${method}: ${text}`, { status, text }))
      })
      stream.end(frame)
    })
  }

  close(): void {
    this.#session?.destroy()
    this.#session = undefined
  }

  #connected(): ClientHttp2Session {
    if (this.#session !== undefined) return this.#session
    const session = connect(this.#url)
    this.#session = session
    const forget = (): void => {
      if (this.#session === session) this.#session = undefined
    }
    // What went wrong is told by the calls that were under way.
    session.on('error', forget)
    session.on('goaway', forget)
    session.on('close', forget)
    return session
  }
}
