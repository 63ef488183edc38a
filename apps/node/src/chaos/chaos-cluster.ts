import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeLoopbackPorts } from '../processes/free-ports.js'
import { Guard } from '../processes/guard.js'
import { NodeProcess, type Exit } from '../processes/node-process.js'
import { FakeClock } from './faults/fake-clock.js'
import { SmallDisk } from './faults/small-disk.js'
import { ProxyNetwork, type NodePorts } from './proxy/proxy-network.js'
import type { Target } from './targets.js'
import { StoreConnection } from './workload/store-connection.js'

export interface ChaosClusterOptions {
  readonly target: Target
  readonly nodes: readonly string[]
  /** The node whose disk can be filled, if any. */
  readonly smallDisk: string | undefined
  /** Whether clocks can be put wrong. */
  readonly fakeClocks: boolean
}

/** A node's process and what belongs to it. */
interface Member {
  readonly id: string
  readonly ports: NodePorts
  readonly metricsPort: number
  readonly process: NodeProcess
  readonly clock: FakeClock | undefined
  /** Past the proxy, for asking who leads. */
  readonly direct: StoreConnection
  running: boolean
  /** The last of what was asked for: a node is not started before it has ended. */
  busy: Promise<unknown>
  /** Faults that last and by which it may end. */
  mayEnd: number
  /** What its log says when it has met such a fault, also one that is over. */
  excuse: RegExp | undefined
  /** Where in its log its present life begins. */
  lifeFrom: number
}

const clientTimeoutMs = 2_000

/** Nodes as processes, with real disks, that reach each other and are reached through a proxy only. */
export class ChaosCluster {
  readonly folder: string
  /** What nobody did: nodes that ended by themselves, in sentences. */
  readonly ended: string[] = []
  readonly network: ProxyNetwork
  readonly disk: SmallDisk | undefined
  readonly #target: Target
  readonly #guard: Guard
  readonly #members: ReadonlyMap<string, Member>
  readonly #connections: StoreConnection[] = []
  #closed = false

  private constructor(parts: {
    readonly folder: string
    readonly network: ProxyNetwork
    readonly disk: SmallDisk | undefined
    readonly target: Target
    readonly guard: Guard
    readonly members: ReadonlyMap<string, Member>
  }) {
    this.folder = parts.folder
    this.network = parts.network
    this.disk = parts.disk
    this.#target = parts.target
    this.#guard = parts.guard
    this.#members = parts.members
  }

  /** Starts all nodes. They need not be ready when it resolves. When it rejects, nothing is left. */
  static async launch(options: ChaosClusterOptions): Promise<ChaosCluster> {
    const { target, nodes, smallDisk } = options
    const folder = mkdtempSync(join(tmpdir(), 'quorate-chaos-'))
    const guard = new Guard(folder)
    let disk: SmallDisk | undefined
    try {
      const ports = await freeLoopbackPorts(5 * nodes.length)
      disk = smallDisk === undefined ? undefined : await SmallDisk.mount(join(folder, 'small-disk'))
      const members = makeMembers(options, ports, folder, guard, disk)
      const network = await ProxyNetwork.open(
        [...members.values()].map((member) => member.ports),
        () => pidsOf(members.values()),
      )
      const cluster = new ChaosCluster({ folder, network, disk, target, guard, members })
      await Promise.all(nodes.map((id) => cluster.start(id)))
      return cluster
    } catch (error) {
      await disk?.remove()
      // It removes the folder.
      await guard.close()
      throw error
    }
  }

  get nodes(): readonly string[] {
    return [...this.#members.keys()]
  }

  /** A new connection to a node through the proxy, for a client. */
  connect(id: string, timeoutMs = clientTimeoutMs): StoreConnection {
    const connection = new StoreConnection(this.#member(id).ports.client.proxy, timeoutMs)
    this.#connections.push(connection)
    return connection
  }

  /** `undefined` while it does not run. */
  pid(id: string): number | undefined {
    return this.#member(id).process.pid
  }

  metricsPort(id: string): number {
    return this.#member(id).metricsPort
  }

  clock(id: string): FakeClock {
    const { clock } = this.#member(id)
    if (clock === undefined) throw new RangeError(`${id} has the machine's clock`)
    return clock
  }

  /** All that the node's process has written. */
  log(id: string): string {
    return readFileSync(this.#member(id).process.logFile, 'utf8')
  }

  logTail(id: string): string {
    return this.#member(id).process.logTail(8).join('\n')
  }

  /** Starts a node, if it does not run. Resolves once there is a process. */
  start(id: string): Promise<void> {
    return this.#inTurn(id, async (member) => {
      if (member.running || this.#closed) return
      member.running = true
      member.lifeFrom = existsSync(member.process.logFile) ? this.log(id).length : 0
      member.process.start((exit) => {
        if (!member.running || this.#closed) return
        member.running = false
        if (member.mayEnd > 0) return
        // It ended late by a fault that is over: it stood still meanwhile, or the machine was busy.
        if (this.#isExcused(member)) void this.start(id)
        else this.ended.push(`${id} ended by itself ${how(exit)}; the end of its log:\n${this.logTail(id)}`)
      })
    })
  }

  signal(id: string, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#member(id).process.signal(signal)
  }

  /** Ends a node by a signal. Resolves with how it ended; with `undefined` when it did not run. */
  end(id: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<Exit | undefined> {
    return this.#inTurn(id, async (member) => {
      if (!member.running) return undefined
      member.running = false
      member.process.signal(signal)
      const exit = await member.process.exited
      const asAsked = signal === 'SIGKILL' || this.#closed || this.#target.endsWell(exit.code, exit.signal)
      if (!asAsked && !this.#isExcused(member))
        this.ended.push(`${id} was asked to end, and ended ${how(exit)}; the end of its log:\n${this.logTail(id)}`)
      return exit
    })
  }

  /** Says that a node may end until the returned function is called; and later, if its log has said `excuse` since it was started. */
  allowEnd(id: string, excuse: RegExp): () => void {
    const member = this.#member(id)
    member.mayEnd++
    member.excuse = excuse
    return () => member.mayEnd--
  }

  /** Who leads by its own word; of several, who does so in the newest term. */
  async leader(): Promise<string | undefined> {
    const told = await Promise.all(
      [...this.#members.values()].map(async ({ id, direct }) => {
        const status = await direct.status().catch(() => undefined)
        return { id, isLeader: status?.isLeader === true, term: status?.term ?? 0 }
      }),
    )
    return told.filter(({ isLeader }) => isLeader).sort((a, b) => b.term - a.term)[0]?.id
  }

  copyLogs(folder: string): void {
    mkdirSync(folder, { recursive: true })
    for (const { id, process } of this.#members.values()) cpSync(process.logFile, join(folder, `${id}.log`))
  }

  /** Ends all processes, and removes the folder with their data. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { direct } of this.#members.values()) direct.close()
    for (const connection of this.#connections) connection.close()
    for (const { process } of this.#members.values()) process.signal('SIGKILL')
    await Promise.all([...this.#members.values()].map(({ process }) => process.exited))
    await this.network.close()
    await this.disk?.remove()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
    await this.#guard.close()
  }

  #isExcused({ id, excuse, lifeFrom }: Member): boolean {
    return excuse?.test(this.log(id).slice(lifeFrom)) === true
  }

  #inTurn<T>(id: string, action: (member: Member) => Promise<T>): Promise<T> {
    const member = this.#member(id)
    const done = member.busy.then(() => action(member))
    member.busy = done.catch(() => {})
    return done
  }

  #member(id: string): Member {
    const member = this.#members.get(id)
    if (member === undefined) throw new RangeError(`${JSON.stringify(id)} is no node of this cluster`)
    return member
  }
}

function how({ code, signal }: Exit): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`
}

function makeMembers(
  { target, nodes, smallDisk, fakeClocks }: ChaosClusterOptions,
  free: readonly number[],
  folder: string,
  guard: Guard,
  disk: SmallDisk | undefined,
): ReadonlyMap<string, Member> {
  const each = nodes.map((id, index) => {
    const [peer, peerProxy, client, clientProxy, metricsPort] = free.slice(5 * index) as [
      number,
      number,
      number,
      number,
      number,
    ]
    const ports = { id, peer: { listen: peer, proxy: peerProxy }, client: { listen: client, proxy: clientProxy } }
    return { id, ports, metricsPort }
  })
  const initialCluster = each.map(({ id, ports }) => `${id}=http://127.0.0.1:${ports.peer.proxy}`).join(',')
  const token = `chaos-${randomBytes(6).toString('hex')}`
  return new Map(
    each.map(({ id, ports, metricsPort }) => {
      const small = id === smallDisk ? disk : undefined
      const dataDir = join(small?.folder ?? folder, id)
      const clock = fakeClocks ? new FakeClock(join(folder, `${id}.clock`)) : undefined
      const { env, ...told } = target.command({ ports, dataDir, initialCluster, token, metricsPort })
      const command = { ...told, env: { ...env, ...clock?.env } }
      const process = new NodeProcess(id, small?.within(command) ?? command, join(folder, `${id}.log`), guard)
      const direct = new StoreConnection(ports.client.listen, clientTimeoutMs)
      return [
        id,
        {
          id,
          ports,
          metricsPort,
          clock,
          process,
          direct,
          running: false,
          busy: Promise.resolve(),
          mayEnd: 0,
          excuse: undefined,
          lifeFrom: 0,
        },
      ]
    }),
  )
}

function pidsOf(members: Iterable<Member>): ReadonlyMap<string, number> {
  return new Map([...members].flatMap(({ id, process: { pid } }) => (pid === undefined ? [] : [[id, pid]])))
}
