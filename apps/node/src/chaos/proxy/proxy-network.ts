import { abort } from './abort.js'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Link } from './link.js'
import { RelayedConnection } from './relayed-connection.js'
import { ownerOf } from './socket-owner.js'

/** As what the clients stand in links. */
export const clients = 'clients'

/** Ports of a node. `listen`: where it does; `proxy`: where others are told that it does. */
export interface NodePorts {
  readonly id: string
  readonly peer: { readonly listen: number; readonly proxy: number }
  readonly client: { readonly listen: number; readonly proxy: number }
}

/** The network between nodes, and between clients and nodes: whatever they send goes through here, each direction of each pair apart. */
export class ProxyNetwork {
  readonly #links = new Map<string, Link>()
  readonly #connections = new Map<RelayedConnection, readonly [from: string, to: string]>()
  readonly #servers: Server[] = []
  readonly #pids: () => ReadonlyMap<string, number>
  /** Connections whose dialer was gone before it was known. */
  unidentified = 0

  private constructor(nodes: readonly NodePorts[], pids: () => ReadonlyMap<string, number>) {
    this.#pids = pids
    const ends = [clients, ...nodes.map(({ id }) => id)]
    for (const from of ends)
      for (const to of ends) if (from !== to) this.#links.set(`${from} ${to}`, new Link(from, to))
  }

  /** `pids` tells, at any time, the processes of the nodes. */
  static async open(nodes: readonly NodePorts[], pids: () => ReadonlyMap<string, number>): Promise<ProxyNetwork> {
    const network = new ProxyNetwork(nodes, pids)
    try {
      for (const { id, peer, client } of nodes) {
        await network.#listen(peer.proxy, (socket) => network.#peerConnected(socket, id, peer.listen))
        await network.#listen(client.proxy, (socket) => network.#relay(socket, clients, id, client.listen))
      }
    } catch (error) {
      await network.close()
      throw error
    }
    return network
  }

  /** What leads from one end to the other. Throws a `RangeError` when there is no such end. */
  link(from: string, to: string): Link {
    const link = this.#links.get(`${from} ${to}`)
    if (link === undefined) throw new RangeError(`there is no link from ${from} to ${to}`)
    return link
  }

  get links(): readonly Link[] {
    return [...this.#links.values()]
  }

  /** Loses all connections between two ends, whoever dialed. Returns how many. */
  reset(one: string, other: string): number {
    const lost = [...this.#connections].filter(([, ends]) => ends.includes(one) && ends.includes(other))
    for (const [connection] of lost) connection.reset()
    return lost.length
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)))
    for (const connection of this.#connections.keys()) connection.reset()
    await Promise.all(closed)
  }

  #listen(port: number, onConnection: (socket: Socket) => void): Promise<void> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, onConnection)
    this.#servers.push(server)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve)
    })
  }

  #peerConnected(socket: Socket, to: string, port: number): void {
    const from = ownerOf(socket.remotePort ?? 0, (socket.address() as AddressInfo).port, this.#pids())
    if (from !== undefined && from !== to) return this.#relay(socket, from, to, port)
    this.unidentified++
    socket.on('error', () => {})
    abort(socket)
  }

  #relay(socket: Socket, from: string, to: string, port: number): void {
    const connection = new RelayedConnection(socket, port, this.link(from, to), this.link(to, from), () =>
      this.#connections.delete(connection),
    )
    this.#connections.set(connection, [from, to])
  }
}
