import { QuorateError } from '@quorate/core'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { urlOf, type ListenUrl } from './listen-url.js'
import type { EtcdServerTls } from './options.js'

export interface ListenerOptions {
  readonly url: ListenUrl
  /** Given if the URL is secure. */
  readonly tls: EtcdServerTls | undefined
  readonly maxConnections: number
  /** A connection that is to speak HTTP/2. */
  readonly onSocket: (socket: Socket) => void
  /** One that came to nothing before. */
  readonly onFailed: () => void
}

/** A port for clients. Throws `QUORATE_BAD_CERTIFICATE` for certificates that cannot be used. */
export class Listener {
  readonly #url: ListenUrl
  readonly #server: Server

  constructor({ url, tls, maxConnections, onSocket, onFailed }: ListenerOptions) {
    this.#url = url
    const accept = (socket: Socket): void => {
      // 'close' follows; whoever uses the socket listens for it.
      socket.on('error', () => {})
      onSocket(socket)
    }
    if (url.secure && tls !== undefined) {
      this.#server = createSecureServer(tls, (socket) => {
        if (socket.alpnProtocol === 'h2') return accept(socket)
        onFailed()
        socket.destroy()
      })
      this.#server.on('tlsClientError', (_error: Error, socket: TLSSocket) => {
        onFailed()
        socket.destroy()
      })
    } else {
      this.#server = createServer({ noDelay: true }, accept)
    }
    this.#server.maxConnections = maxConnections
  }

  /** Returns the URL with the port that was taken. Rejects with `QUORATE_PORT_TAKEN` or `QUORATE_CANNOT_LISTEN`. */
  listen(): Promise<string> {
    const { host, port } = this.#url
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(cannotListen(this.#url, error))
      this.#server.once('error', failed)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', failed)
        // Such as too many open files: the connection that came is lost, the port is not.
        this.#server.on('error', () => {})
        resolve(urlOf(this.#url, (this.#server.address() as AddressInfo).port))
      })
    })
  }

  /** Frees the port at once, and resolves when the last connection has ended. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      // An error says that it never listened.
      this.#server.close(() => resolve())
    })
  }
}

function createSecureServer(tls: EtcdServerTls, secured: (socket: TLSSocket) => void): Server {
  const { cert, key, ca, clientCertAuth = false } = tls
  const requiresCertificate = clientCertAuth || ca !== undefined
  const options: TlsOptions = {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    ...(ca !== undefined && { ca: Buffer.from(ca) }),
    requestCert: requiresCertificate,
    rejectUnauthorized: requiresCertificate,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    noDelay: true,
  }
  try {
    return createTlsServer(options, secured)
  } catch (error) {
    const message = `tls: the certificate, its key or the authority cannot be used: ${(error as Error).message}`
    throw new QuorateError('QUORATE_BAD_CERTIFICATE', message, {}, { cause: error })
  }
}

const HANDSHAKE_TIMEOUT_MS = 10_000

function cannotListen({ url }: ListenUrl, error: NodeJS.ErrnoException): QuorateError {
  const data = { url, cause: error.code }
  if (error.code === 'EADDRINUSE') {
    const message = `cannot listen for clients at ${url}: its port is taken; stop the process that listens there, or listen elsewhere`
    return new QuorateError('QUORATE_PORT_TAKEN', message, data, { cause: error })
  }
  const message = `cannot listen for clients at ${url}: ${error.message}; listen at an address of this machine and a port that is allowed`
  return new QuorateError('QUORATE_CANNOT_LISTEN', message, data, { cause: error })
}
