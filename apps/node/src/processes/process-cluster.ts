import { isQuorateError, QuorateError, type NodeId } from '@quorate/core'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControlClient } from '../control/control-client.js'
import { formatDuration } from '../run/duration.js'
import { Observations, type Observation, type ProcessState } from '../run/observations.js'
import { freeLoopbackPorts } from './free-ports.js'
import { Guard } from './guard.js'
import { NodeProcess, quorateStart, type Exit } from './node-process.js'
import { NodeWatcher } from './node-watcher.js'

export interface ProcessClusterOptions {
  readonly nodes: readonly NodeId[]
  /** Whether the nodes serve etcd's clients, as they do by default: only with an election that carries a log (default true). */
  readonly serveClients?: boolean
  /** Further arguments for each node's `quorate start`. */
  readonly startArguments?: (id: NodeId) => readonly string[]
  /** Called once the processes have been started, before they answer. */
  readonly onStarted?: (cluster: ProcessCluster) => void
  /** Ends all waiting. */
  readonly signal?: AbortSignal
}

/** A node of the cluster: its process, and who listens to it. */
interface Member {
  readonly process: NodeProcess
  readonly watcher: NodeWatcher
  readonly url: string
  readonly clientUrl: string | undefined
  state: ProcessState
}

/** A start of that many processes on a slow machine. */
const startTimeoutMs = 20_000
/** How long a node may take to end in good order; it limits itself to less. */
const stopTimeoutMs = 10_000

/**
 * A cluster of `quorate start` processes on this machine: free loopback ports, a temporary folder, everything that the nodes say
 * of themselves collected as observations. Nothing of it outlives `close`, nor this process, unless it is detached.
 */
export class ProcessCluster {
  readonly folder: string
  readonly observed: Observations
  readonly #guard: Guard
  readonly #members = new Map<NodeId, Member>()
  readonly #signal: AbortSignal | undefined
  readonly #startedMs = Date.now()
  readonly #waiting = new Set<() => void>()
  #failure: QuorateError | undefined
  #closed = false

  private constructor(options: ProcessClusterOptions, ports: readonly number[]) {
    const { nodes, serveClients = true, startArguments = () => [], signal } = options
    this.#signal = signal
    this.folder = mkdtempSync(join(tmpdir(), 'quorate-'))
    this.#guard = new Guard(this.folder)
    this.observed = new Observations(nodes)
    const [urls, clientUrls] = [0, nodes.length].map((from) =>
      nodes.map((_, index) => `http://127.0.0.1:${ports[from + index]}`),
    ) as [string[], string[]]
    const initialCluster = nodes.map((id, index) => `${id}=${urls[index]}`).join(',')
    const token = `cluster-${randomBytes(6).toString('hex')}`
    for (const [index, id] of nodes.entries()) {
      const own = ['--name', id, '--data-dir', join(this.folder, id)]
      const shared = ['--initial-cluster', initialCluster, '--initial-cluster-token', token]
      const clientUrl = serveClients ? clientUrls[index] : undefined
      const clients = clientUrl === undefined ? [] : ['--listen-client-urls', clientUrl]
      const args = [...own, ...shared, ...clients, ...startArguments(id)]
      const process = new NodeProcess(id, quorateStart(args), join(this.folder, `${id}.log`), this.#guard)
      const url = urls[index] as string
      const watcher = new NodeWatcher({
        id,
        url,
        observed: this.observed,
        originMs: this.#startedMs,
        onObservation: (observation) => this.#observe(observation),
        onAnswer: this.#wake,
      })
      this.#members.set(id, { process, watcher, url, clientUrl, state: 'down' })
    }
    signal?.addEventListener('abort', this.#wake)
  }

  /**
   * Starts all nodes and waits until each answers. Rejects with `QUORATE_NODE_ENDED` or `QUORATE_TIMEOUT`, showing the end of the node's
   * log; nothing is left running then.
   */
  static async launch(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const cluster = new ProcessCluster(options, await freeLoopbackPorts(2 * options.nodes.length))
    try {
      for (const id of options.nodes) cluster.start(id)
      options.onStarted?.(cluster)
      await cluster.until('all nodes answer', () => cluster.silent.length === 0, startTimeoutMs)
      return cluster
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  get nodes(): readonly NodeId[] {
    return [...this.#members.keys()]
  }

  /** Milliseconds since the cluster was launched: the clock of its observations. */
  get nowMs(): number {
    return Date.now() - this.#startedMs
  }

  /** The nodes whose process runs but that have not answered in this life. */
  get silent(): readonly NodeId[] {
    return this.nodes.filter((id) => this.#member(id).state === 'up' && !this.#member(id).watcher.answered)
  }

  state(id: NodeId): ProcessState {
    return this.#member(id).state
  }

  pid(id: NodeId): number | undefined {
    return this.#member(id).process.pid
  }

  url(id: NodeId): string {
    return this.#member(id).url
  }

  /** Where a node serves etcd's clients. Throws a `RangeError` when the cluster serves none. */
  clientUrl(id: NodeId): string {
    const { clientUrl } = this.#member(id)
    if (clientUrl === undefined) throw new RangeError(`${id} serves no clients`)
    return clientUrl
  }

  logTail(id: NodeId, lines?: number): readonly string[] {
    return this.#member(id).process.logTail(lines)
  }

  /** The connection to a node; there is none while it is being made anew. */
  client(id: NodeId): ControlClient | undefined {
    return this.#member(id).watcher.client
  }

  /** The connection to a node that runs, once it answers. Rejects as `until` does. */
  async answering(id: NodeId): Promise<ControlClient> {
    const { watcher } = this.#member(id)
    await this.until(`${id} answers`, () => watcher.answered, startTimeoutMs)
    return watcher.client as ControlClient
  }

  /** Starts a node whose process does not run. */
  start(id: NodeId): void {
    const member = this.#member(id)
    if (member.state !== 'down') return
    this.#become(id, 'up')
    member.process.start((exit) => this.#exited(id, exit))
    member.watcher.connect()
  }

  /** Ends a node's process as a power cut would. Resolves once it has ended. */
  async kill(id: NodeId): Promise<void> {
    const member = this.#member(id)
    if (member.state === 'down') return
    this.#become(id, 'down')
    member.watcher.disconnect()
    member.process.signal('SIGKILL')
    await member.process.exited
  }

  /**
   * Asks a node's process to end in good order. Resolves once it has; rejects with `QUORATE_NODE_ENDED` when it ends otherwise, with
   * `QUORATE_TIMEOUT` when it does not.
   */
  async terminate(id: NodeId): Promise<void> {
    const member = this.#member(id)
    if (member.state === 'down') return
    this.#become(id, 'down')
    member.watcher.disconnect()
    member.process.signal('SIGTERM')
    let exit: Exit | undefined
    void member.process.exited.then((ended) => {
      exit = ended
      this.#wake()
    })
    await this.until(`${id} ends`, () => exit !== undefined, stopTimeoutMs)
    if (exit?.code !== 0) throw this.#endedError(id, 'was asked to end in good order, and ended', exit as Exit)
  }

  /** Makes a node's process stand still, until `resume`. */
  pause(id: NodeId): void {
    if (this.#member(id).state !== 'up') return
    this.#become(id, 'paused')
    this.#member(id).process.signal('SIGSTOP')
  }

  resume(id: NodeId): void {
    if (this.#member(id).state !== 'paused') return
    this.#become(id, 'up')
    this.#member(id).process.signal('SIGCONT')
  }

  /**
   * Waits until `condition` holds, looking whenever anything is observed, and every `pollMs` if it is given. Rejects with `QUORATE_TIMEOUT`, which says `what` did not
   * come about, with the failure of a node whose process ended by itself, and when the signal aborts.
   */
  until(what: string, condition: () => boolean, timeoutMs: number, pollMs?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (action: () => void): void => {
        clearTimeout(timer)
        clearInterval(poll)
        this.#waiting.delete(look)
        action()
      }
      const look = (): void => {
        if (this.#signal?.aborted === true) settle(() => reject(this.#signal?.reason))
        else if (this.#failure !== undefined) settle(() => reject(this.#failure))
        else if (condition()) settle(resolve)
      }
      const timer = setTimeout(() => settle(() => reject(this.#timedOut(what, timeoutMs))), timeoutMs)
      const poll = pollMs === undefined ? undefined : setInterval(look, pollMs)
      this.#waiting.add(look)
      look()
    })
  }

  /** Waits until every node is connected to every other. */
  async meshed(timeoutMs: number): Promise<void> {
    const deadlineMs = this.nowMs + timeoutMs
    const connected = async (id: NodeId): Promise<boolean> => {
      try {
        const { peers } = await (await this.answering(id)).status()
        return peers.every((peer) => peer.connected)
      } catch (error) {
        // The connection to the node itself may break just then, and is made anew.
        if (isQuorateError(error, 'QUORATE_UNREACHABLE')) return false
        throw error
      }
    }
    for (;;) {
      const all = await Promise.all(this.nodes.map(connected))
      if (!all.includes(false)) return
      if (this.nowMs > deadlineMs) throw this.#timedOut('all nodes are connected to each other', timeoutMs)
      await this.pass(30)
    }
  }

  /** Waits for so long, unless the signal aborts or a node fails. */
  async pass(ms: number): Promise<void> {
    let passed = ms <= 0
    const timer = setTimeout(() => {
      passed = true
      this.#wake()
    }, ms)
    try {
      await this.until(`${ms} ms pass`, () => passed, ms + 5_000)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends all processes and removes the folder. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closeConnections()
    for (const { process } of this.#members.values()) process.signal('SIGKILL')
    await Promise.all([...this.#members.values()].map(({ process }) => process.exited))
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
    await this.#guard.close()
  }

  /** Lets go of the processes: they run on when this one ends, and the folder stays. */
  async detach(): Promise<void> {
    this.#closeConnections()
    this.#guard.release()
    for (const { process } of this.#members.values()) process.unref()
    await this.#guard.close()
  }

  #closeConnections(): void {
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.#wake)
    for (const { watcher } of this.#members.values()) watcher.disconnect()
  }

  readonly #wake = (): void => {
    for (const look of [...this.#waiting]) look()
  }

  #become(id: NodeId, state: ProcessState): void {
    this.#member(id).state = state
    this.#observe({ atMs: this.nowMs, node: id, type: 'process', state })
  }

  #exited(id: NodeId, exit: Exit): void {
    const member = this.#member(id)
    if (member.state === 'down' || this.#closed) return
    this.#become(id, 'down')
    member.watcher.disconnect()
    this.#fail(this.#endedError(id, 'ended by itself', exit))
  }

  #endedError(id: NodeId, what: string, { code, signal }: Exit): QuorateError {
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`
    const data = { node: id, code, signal }
    return new QuorateError('QUORATE_NODE_ENDED', `${id} ${what} ${how}. ${this.#logOf([id])}`, data)
  }

  #fail(failure: QuorateError): void {
    this.#failure ??= failure
    this.#wake()
  }

  /** More than can be kept ends the run, not the connection that brought it. */
  #observe(observation: Observation): void {
    try {
      this.observed.record(observation)
    } catch (error) {
      if (!isQuorateError(error)) throw error
      this.#fail(error)
    }
    this.#wake()
  }

  #timedOut(what: string, timeoutMs: number): QuorateError {
    const views = this.nodes.map((id) => {
      const state = this.state(id)
      return state === 'up' ? `${id} names ${this.observed.view(id).leader ?? 'none'}` : `${id} is ${state}`
    })
    const silent = this.silent.length > 0 ? this.silent : this.nodes
    const says = `waited ${formatDuration(timeoutMs)} in vain until ${what}: ${views.join(', ')}`
    const logs = this.#logOf(silent)
    return new QuorateError('QUORATE_TIMEOUT', `${says}. ${logs}`, { what, timeoutMs, says, logs })
  }

  #logOf(ids: readonly NodeId[]): string {
    return ids.map((id) => `The end of ${id}'s log:\n${this.logTail(id).join('\n')}`).join('\n')
  }

  #member(id: NodeId): Member {
    const member = this.#members.get(id)
    if (member === undefined)
      throw new RangeError(`${JSON.stringify(id)} is no node of this cluster: ${this.nodes.join(', ')}`)
    return member
  }
}
