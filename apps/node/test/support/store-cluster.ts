import { randomBytes } from 'node:crypto'
import { freeLoopbackPorts } from '../../src/processes/free-ports.js'
import { EtcdClient } from './etcd-client.js'
import { agreedLeader, clusterAt, type Ended, type LogLine, type Quorate, type Workbench } from './quorate.js'

export interface StoreClusterOptions {
  /** A command for each node that runs the node, as strace does. */
  readonly within?: (id: string) => readonly string[]
  readonly env?: Record<string, string>
  /** Further arguments for each node's `quorate start`. */
  readonly more?: readonly string[]
  /** Where the nodes keep their data, below the workbench's folder; a new place by default. */
  readonly folder?: string
}

/** Three nodes, n1, n2 and n3, that serve etcd's clients, each a process of its own that may end and be started again. */
export class StoreCluster {
  readonly ids = ['n1', 'n2', 'n3'] as const
  readonly folder: string
  readonly #bench: Workbench
  readonly #options: StoreClusterOptions
  readonly #peerPorts: readonly number[]
  readonly #clientPorts: readonly number[]
  readonly #clients = new Map<string, EtcdClient>()
  readonly #running = new Map<string, Quorate>()

  private constructor(bench: Workbench, options: StoreClusterOptions, ports: readonly number[]) {
    this.#bench = bench
    this.#options = options
    this.folder = bench.path(options.folder ?? `cluster-${randomBytes(4).toString('hex')}`)
    this.#peerPorts = ports.slice(0, this.ids.length)
    this.#clientPorts = ports.slice(this.ids.length)
  }

  static async create(bench: Workbench, options: StoreClusterOptions = {}): Promise<StoreCluster> {
    return new StoreCluster(bench, options, await freeLoopbackPorts(6))
  }

  /** Starts all nodes and waits until they follow a leader. */
  static async launch(bench: Workbench, options: StoreClusterOptions = {}): Promise<StoreCluster> {
    const cluster = await StoreCluster.create(bench, options)
    for (const id of cluster.ids) cluster.start(id)
    await cluster.leader()
    return cluster
  }

  /** The nodes that were started and were not ended since. */
  get running(): readonly string[] {
    return [...this.#running.keys()]
  }

  dataDir(id: string): string {
    return `${this.folder}-${id}`
  }

  clientUrl(id: string): string {
    return `http://127.0.0.1:${this.#clientPorts[this.#place(id)]}`
  }

  clientPort(id: string): number {
    return this.#clientPorts[this.#place(id)] as number
  }

  client(id: string): EtcdClient {
    let client = this.#clients.get(id)
    if (client === undefined) this.#clients.set(id, (client = new EtcdClient(this.clientUrl(id))))
    return client
  }

  node(id: string): Quorate {
    const node = this.#running.get(id)
    if (node === undefined) throw new Error(`${id} does not run`)
    return node
  }

  /** The arguments that start a node. */
  args(id: string): string[] {
    const peerUrl = `http://127.0.0.1:${this.#peerPorts[this.#place(id)]}`
    return [
      ...['start', '--name', id, '--data-dir', this.dataDir(id), '--initial-cluster', clusterAt(this.#peerPorts)],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--listen-client-urls', this.clientUrl(id), '--advertise-client-urls', this.clientUrl(id)],
      ...(this.#options.more ?? []),
    ]
  }

  start(id: string): Quorate {
    const { within, env } = this.#options
    const node = this.#bench.start(this.args(id), {
      ...(within !== undefined && { within: within(id) }),
      ...(env !== undefined && { env }),
    })
    this.#running.set(id, node)
    return node
  }

  /**
   * Whom these nodes follow, all those that run by default, once it is the same one of `candidates`. Rejects when one of them ends
   * meanwhile.
   */
  leader(ids: readonly string[] = this.running, candidates: readonly string[] = ids): Promise<string> {
    const nodes = ids.map((id) => this.node(id))
    const ends = nodes.map(async ({ ended }) => {
      const { code, stderr } = await ended
      throw new Error(`a node ended with ${code}:\n${stderr}`)
    })
    return Promise.race([agreedLeader(nodes, candidates), ...ends])
  }

  /** Sends a signal that ends a node, and waits until it has. */
  async end(id: string, signal: NodeJS.Signals): Promise<Ended> {
    const node = this.node(id)
    this.#running.delete(id)
    // Not the child itself, which may be what runs the node.
    process.kill(await pidOf(node), signal)
    return node.ended
  }

  /** Waits for the end of a node that ends by itself. */
  async ended(id: string): Promise<Ended> {
    const node = this.node(id)
    const ended = await node.ended
    this.#running.delete(id)
    return ended
  }

  /** Ends all that run at once. */
  async endAll(signal: NodeJS.Signals): Promise<void> {
    const nodes = this.running.map((id) => this.node(id))
    this.#running.clear()
    const pids = await Promise.all(nodes.map(pidOf))
    for (const pid of pids) process.kill(pid, signal)
    await Promise.all(nodes.map(({ ended }) => ended))
  }

  pid(id: string): Promise<number> {
    return pidOf(this.node(id))
  }

  async signal(id: string, signal: NodeJS.Signals): Promise<void> {
    process.kill(await pidOf(this.node(id)), signal)
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }

  #place(id: string): number {
    return this.ids.findIndex((each) => each === id)
  }
}

async function pidOf(node: Quorate): Promise<number> {
  const { pid } = await node.logged((line: LogLine) => line.msg === 'starts')
  return pid as number
}
