import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { PeerUrl } from './peer-url.js'
import type { TlsMaterial } from './tls.js'

/**
 * Asks a port by a TLS handshake of its own why there is no TLS with it, which grpc-js does not tell. Returns the reason, or
 * `undefined` when TLS is not to blame.
 */
export function askTls(url: PeerUrl, tls: TlsMaterial, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let secured = false
    const socket = connect({
      host: url.host,
      port: url.port,
      secureContext: tls.context,
      ALPNProtocols: ['h2'],
      ...(isIP(url.host) === 0 && { servername: url.host }),
    })
    const answer = (reason: string | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(reason)
    }
    const timer = setTimeout(() => answer(undefined), timeoutMs)
    socket.once('secureConnect', () => {
      secured = true
    })
    // An HTTP/2 server speaks first.
    socket.once('data', () => answer(undefined))
    socket.on('error', (error: NodeJS.ErrnoException) => answer(explain(error, secured)))
    socket.on('close', () => answer(secured ? closedBy : undefined))
  })
}

/** TLS 1.3 tells the client that all is well before the server has looked at its certificate. */
const closedBy =
  "it closed the connection once it had seen this node's certificate; it may not trust the authority of that certificate (its own log says why)"

function explain(error: NodeJS.ErrnoException, secured: boolean): string | undefined {
  const { code = '', message } = error
  if (secured && (code === 'ECONNRESET' || code === 'EPIPE')) return closedBy
  if (/^(ECONN|EHOST|ENET|ETIMEDOUT|ENOTFOUND|EAI_)/.test(code)) return undefined
  return code === '' || message.includes(code) ? message : `${message} (${code})`
}
