import { QuorateError, type ErrorCode } from '@quorate/core'
import type { ConnectionInjector } from '@grpc/grpc-js'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { hostPort, type PeerUrl } from '../peer-url.js'
import type { TlsMaterial } from '../tls.js'

/**
 * A connection that is refused before it reaches a service: `QUORATE_BAD_CERTIFICATE`, `QUORATE_TOO_MANY_CONNECTIONS`, or
 * `QUORATE_HANDSHAKE_FAILED` for what is neither.
 */
export type OnRefuse = (remote: string, code: ErrorCode, why: string) => void

export interface ListenerOptions {
  readonly url: PeerUrl
  readonly tls: TlsMaterial | undefined
  readonly maxConnections: number
  readonly handshakeTimeoutMs: number
  readonly injector: ConnectionInjector
  readonly onRefuse: OnRefuse
}

/**
 * A port. grpc-js speaks on connections that are accepted here, because of its own it tells neither why it could not listen nor
 * why a certificate was refused, and closes none in time.
 */
export class Listener {
  readonly #options: ListenerOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(options: ListenerOptions) {
    this.#options = options
    const { tls, injector, handshakeTimeoutMs } = options
    if (tls === undefined) {
      this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => injector.injectConnection(socket))
    } else {
      const { cert, key, ca, clientCertAuth } = tls
      const server = createTlsServer(
        {
          cert,
          key,
          ...(ca !== undefined && { ca }),
          requestCert: clientCertAuth,
          rejectUnauthorized: clientCertAuth,
          ALPNProtocols: ['h2'],
          handshakeTimeout: handshakeTimeoutMs,
          noDelay: true,
          keepAlive: true,
        },
        (socket) => this.#secured(socket),
      )
      server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => this.#insecure(error, socket))
      this.#server = server
    }
    this.#server.maxConnections = options.maxConnections
    this.#server.on('connection', (socket: Socket) => this.#track(socket))
    this.#server.on('drop', (data) => {
      const remote = hostPort({ host: data?.remoteAddress ?? '?', port: data?.remotePort ?? 0 })
      const why = `${options.maxConnections} connections are open; allow more, or find out who opens so many`
      options.onRefuse(remote, 'QUORATE_TOO_MANY_CONNECTIONS', why)
    })
  }

  /** The URL with the port that was taken. */
  get url(): string {
    const { url } = this.#options
    const { port } = this.#server.address() as AddressInfo
    return `${url.secure ? 'https' : 'http'}://${hostPort({ host: url.host, port })}`
  }

  /** Throws `QUORATE_PORT_TAKEN` or `QUORATE_CANNOT_LISTEN`. */
  listen(): Promise<void> {
    const { host, port } = this.#options.url
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(cannotListen(this.#options.url, error))
      this.#server.once('error', failed)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', failed)
        // Such as too many open files while accepting: the connection is lost, the port is not.
        this.#server.on('error', (error) => this.#options.onRefuse('?', 'QUORATE_HANDSHAKE_FAILED', error.message))
        resolve()
      })
    })
  }

  /** Frees the port at once; connections stay. */
  close(): void {
    this.#server.close()
  }

  /** Ends every connection at once. */
  destroy(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #secured(socket: TLSSocket): void {
    this.#track(socket)
    if (socket.alpnProtocol === 'h2') return this.#options.injector.injectConnection(socket)
    this.#options.onRefuse(remoteOf(socket), 'QUORATE_HANDSHAKE_FAILED', 'it speaks TLS but not HTTP/2')
    socket.destroy()
  }

  #insecure(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const unauthorized = socket.authorizationError
    // Who only asks whether the port is open leaves without a word.
    if (error.code === 'ECONNRESET' && !unauthorized) return
    if (unauthorized) {
      const why = `its certificate is refused (${String(unauthorized)}): give it one of an authority that is trusted here`
      this.#options.onRefuse(remoteOf(socket), 'QUORATE_BAD_CERTIFICATE', why)
    } else {
      const code = certificateErrors.test(error.code ?? '') ? 'QUORATE_BAD_CERTIFICATE' : 'QUORATE_HANDSHAKE_FAILED'
      this.#options.onRefuse(remoteOf(socket), code, `no TLS with it: ${error.message}`)
    }
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // 'close' follows, and HTTP/2 has its own listener: what is left are errors before it takes over.
    socket.on('error', () => {})
  }
}

/** How OpenSSL says that a certificate is missing or bad, on either side. */
const certificateErrors = /CERT|UNKNOWN_CA/

function remoteOf(socket: Socket): string {
  return hostPort({ host: socket.remoteAddress ?? '?', port: socket.remotePort ?? 0 })
}

function cannotListen(url: PeerUrl, error: NodeJS.ErrnoException): QuorateError {
  const data = { url: url.url, cause: error.code }
  if (error.code === 'EADDRINUSE') {
    const message = `cannot listen at ${url.url}: its port is taken; stop the process that listens there, or listen elsewhere`
    return new QuorateError('QUORATE_PORT_TAKEN', message, data, { cause: error })
  }
  const message = `cannot listen at ${url.url}: ${error.message}; listen at an address of this machine and a port that is allowed`
  return new QuorateError('QUORATE_CANNOT_LISTEN', message, data, { cause: error })
}
