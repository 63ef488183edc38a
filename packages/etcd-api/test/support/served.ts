import { createEtcdServer, type EtcdServer, type EtcdServerOptions } from '../../src/index.js'
import { GrpcClient } from './grpc-client.js'
import { LocalBackend } from './local-backend.js'

export interface Served {
  readonly backend: LocalBackend
  readonly server: EtcdServer
  readonly url: string
  readonly client: GrpcClient
}

const running: Served[] = []

/** A server on a free port, and a client of it. */
export async function serve(
  options: Partial<Omit<EtcdServerOptions, 'backend'>> = {},
  backend = new LocalBackend(),
): Promise<Served> {
  const server = createEtcdServer({ backend, listenUrls: ['http://127.0.0.1:0'], ...options })
  await server.start()
  const [url] = server.urls as [string]
  backend.advertise(url)
  const served = { backend, server, url, client: new GrpcClient(url) }
  running.push(served)
  return served
}

/** For `afterEach`. */
export async function stopAll(): Promise<void> {
  for (const { client, server } of running.splice(0)) {
    client.close()
    await server.stop(0)
  }
}
