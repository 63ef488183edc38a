import { createEtcdServer, type EtcdServer } from '@quorate/etcd-api'
import { loadTls } from '@quorate/transport-grpc'
import { etcdBackend, type ServedNode } from './etcd-backend.js'
import type { ClientTlsOptions } from './node-handle.js'

export interface ClientServerOptions {
  readonly node: ServedNode
  readonly urls: readonly string[]
  readonly tls: ClientTlsOptions | undefined
  readonly requestTimeoutMs: number
}

/**
 * Serves a node's clients. Rejects with `QUORATE_MALFORMED_URL`, `QUORATE_PORT_TAKEN` or `QUORATE_CANNOT_LISTEN`, naming the URL, or
 * `QUORATE_BAD_CERTIFICATE`; nothing is left open then.
 */
export async function serveClients({ node, urls, tls, requestTimeoutMs }: ClientServerOptions): Promise<EtcdServer> {
  const server = createEtcdServer({
    backend: etcdBackend(node),
    listenUrls: urls,
    tls: tls === undefined ? undefined : loadTls(tls),
    requestTimeoutMs,
  })
  await server.start()
  return server
}
