import type { Incarnation, NodeId, PeerEvent } from '@quorate/core'
import {
  createGrpcTransport,
  type GrpcTransport,
  type GrpcTransportOptions,
  type TransportReport,
} from '../src/index.js'

export interface Received {
  readonly from: Incarnation
  readonly channel: string
  readonly text: string
}

/** A transport and all that it told. */
export interface Node {
  readonly id: NodeId
  readonly transport: GrpcTransport
  readonly received: Received[]
  readonly events: PeerEvent[]
  readonly reports: TransportReport[]
  url(): string
  send(to: NodeId, text: string, channel?: string): void
  stats(peer: NodeId): ReturnType<GrpcTransport['stats']>[number]
}

const running = new Set<GrpcTransport>()

export function makeNode(
  id: NodeId,
  options: Partial<GrpcTransportOptions> & { readonly incarnation?: number } = {},
): Node {
  const received: Received[] = []
  const events: PeerEvent[] = []
  const reports: TransportReport[] = []
  const { incarnation = 1, ...rest } = options
  const transport = createGrpcTransport({
    clusterId: 'test',
    self: { id, incarnation },
    listenUrls: [options.tls === undefined ? 'http://127.0.0.1:0' : 'https://127.0.0.1:0'],
    peers: new Map(),
    onMessage: (from, channel, payload) => received.push({ from, channel, text: Buffer.from(payload).toString() }),
    onPeer: (event) => events.push(event),
    onReport: (report) => reports.push(report),
    ...rest,
  })
  running.add(transport)
  return {
    id,
    transport,
    received,
    events,
    reports,
    url: () => transport.urls[0] as string,
    send: (to, text, channel = 'test') => transport.send(to, channel, Buffer.from(text)),
    stats: (peer) => {
      const found = transport.stats().find((stats) => stats.peer === peer)
      if (found === undefined) throw new Error(`${id} has no peer ${peer}`)
      return found
    },
  }
}

/** Starts the nodes and tells each the URLs of the others. */
export async function startCluster(...nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.transport.start()))
  for (const node of nodes) for (const other of nodes) node.transport.setPeer(other.id, [other.url()])
}

/** Waits until each node is connected to each other. */
export async function connected(...nodes: readonly Node[]): Promise<void> {
  await until(() =>
    nodes.every((node) => node.transport.stats().every((peer) => peer.state === 'connected' && peer.incoming)),
  )
}

/** For `afterEach`. */
export async function stopAll(): Promise<void> {
  const transports = [...running]
  running.clear()
  await Promise.all(transports.map((transport) => transport.stop()))
}

/** Waits until `condition` holds; the test's own timeout ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
