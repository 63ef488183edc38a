/**
 * What the demonstration of data does: writers at all nodes, and the leader killed and started again, the next one paused, the one after that
 * stopped in good order and started again. Then everything that was acknowledged is read back from every node.
 */
import type { NodeId } from '@quorate/core'
import type { ProcessCluster } from '../../processes/process-cluster.js'
import { formatDuration } from '../../run/duration.js'
import type { DemoView } from '../demo-view.js'
import { patienceMs, Stage } from '../stage.js'
import { check, type Check } from './check.js'
import { readBack } from './read-back.js'
import type { StoreClient } from './store-client.js'
import type { Gap, WriteHistory } from './write-history.js'
import { Writer } from './writer.js'

export interface DataFault {
  readonly fault: 'kill' | 'pause' | 'stop'
  readonly node: NodeId
  /**
   * The longest time without an acknowledged write, by the writers at the other nodes: from the fault until all of them had writes
   * acknowledged again under the next leader.
   */
  readonly unavailableMs: number
  /** The same from then on until the node was back. */
  readonly laterUnavailableMs: number
  /** How many of their writes failed, from the fault until the node was back. */
  readonly failedWrites: number
  /** Who led next. */
  readonly leader: NodeId
  /** From the node's return until all nodes trusted each other and named the same leader. */
  readonly recoveredMs: number
}

export interface DataDemo extends Check {
  readonly nodes: number
  readonly faults: readonly DataFault[]
}

/** What a demonstration of data plays with, besides the cluster. */
export interface Workload {
  readonly clients: ReadonlyMap<NodeId, StoreClient>
  readonly history: WriteHistory
}

const pauseMs = 3_000
/** Writers write undisturbed for so long between faults. */
const calmMs = 1_000
const pollMs = 10

/** Plays it on a cluster that runs. `paceMs` is left between its scenes, for whoever watches. */
export async function playData(
  cluster: ProcessCluster,
  view: DemoView,
  paceMs: number,
  workload: Workload,
): Promise<DataDemo> {
  const stage = new Stage(cluster, view)
  const play = new DataPlay(stage, workload, Math.max(calmMs, paceMs))
  await stage.elected()
  const writers = [...workload.clients].map(([id, client]) => new Writer(id, client, workload.history, play.clock))
  try {
    for (const writer of writers) writer.start()
    await play.written()
    const faults = [await play.kill(), await play.pause(), await play.stop()]
    await Promise.all(writers.map((writer) => writer.stop()))
    const { acknowledged, failed } = workload.history
    stage.say(`the writers stop: ${acknowledged} writes were acknowledged, ${failed} failed`)
    const checked = check(await readBack(workload.clients), workload.history)
    stage.say(`everything is read back from every node, as of revision ${checked.revision}`)
    return { nodes: cluster.nodes.length, faults, ...checked }
  } finally {
    // Whatever went wrong: nobody writes to nodes that are taken down.
    await Promise.allSettled(writers.map((writer) => writer.stop()))
  }
}

class DataPlay {
  readonly #stage: Stage
  readonly #cluster: ProcessCluster
  readonly #history: WriteHistory
  readonly #calmMs: number

  constructor(stage: Stage, { history }: Workload, paceMs: number) {
    this.#stage = stage
    this.#cluster = stage.cluster
    this.#history = history
    this.#calmMs = paceMs
  }

  /** The clock of the writers and of the faults: finer than that of the timeline. */
  readonly clock = (): number => performance.now()

  async written(): Promise<void> {
    await this.#goOn(this.#cluster.nodes, this.clock())
    this.#stage.say('a writer at each node writes values that are unique, one after the other')
    await this.#cluster.pass(this.#calmMs)
  }

  kill(): Promise<DataFault> {
    return this.#suffer('kill', {
      says: (node) => `${node}, the leader, is killed (SIGKILL)`,
      strike: (node) => this.#cluster.kill(node),
      returns: (node) => `${node} is started again`,
      undo: (node) => this.#cluster.start(node),
    })
  }

  pause(): Promise<DataFault> {
    return this.#suffer('pause', {
      says: (node) => `${node}, the leader, is paused for ${pauseMs / 1_000} s (SIGSTOP)`,
      strike: async (node) => this.#cluster.pause(node),
      lastsMs: pauseMs,
      returns: (node) => `${node} goes on (SIGCONT)`,
      undo: (node) => this.#cluster.resume(node),
    })
  }

  stop(): Promise<DataFault> {
    return this.#suffer('stop', {
      says: (node) => `${node}, the leader, is stopped (SIGTERM)`,
      strike: (node) => this.#cluster.terminate(node),
      returns: (node) => `${node} is started again`,
      undo: (node) => this.#cluster.start(node),
    })
  }

  /** Does something to the leader, waits until the others go on without it, and undoes it. */
  async #suffer(fault: DataFault['fault'], { says, strike, lastsMs = 0, returns, undo }: Scene): Promise<DataFault> {
    const node = await this.#stage.agreed()
    const others = this.#cluster.nodes.filter((id) => id !== node)
    this.#stage.say(says(node))
    const atMs = this.clock()
    await strike(node)
    const leader = await this.#stage.agreed()
    await this.#goOn(others, this.clock())
    const wentOnMs = this.clock()
    const gap = this.#history.longestGap(others, atMs, wentOnMs)
    const unavailableMs = lengthMs(gap)
    this.#stage.say(
      `${leader} leads, and writes are acknowledged again: none was for ${formatDuration(unavailableMs)}`,
      this.#cluster.nowMs - (this.clock() - gap.untilMs),
    )
    await this.#cluster.pass(Math.max(this.#calmMs, atMs + lastsMs - this.clock()))
    const sinceMs = this.#cluster.nowMs
    this.#stage.say(returns(node))
    undo(node)
    const { leader: named, recoveredMs } = await this.#stage.back(node, sinceMs)
    await this.#goOn(this.#cluster.nodes, this.clock())
    const backMs = this.clock()
    const laterUnavailableMs = lengthMs(this.#history.longestGap(others, wentOnMs, backMs))
    const failedWrites = this.#history.failedWithin(others, atMs, backMs)
    this.#stage.say(`${node} is back: all trust it and name ${named}, ${formatDuration(recoveredMs)} later`)
    await this.#cluster.pass(this.#calmMs)
    return { fault, node, unavailableMs, laterUnavailableMs, failedWrites, leader, recoveredMs }
  }

  /** Waits until these nodes' writers have writes acknowledged that they began after `atMs`. */
  #goOn(nodes: readonly NodeId[], atMs: number): Promise<void> {
    const what = `writes at ${nodes.join(', ')} are acknowledged`
    return this.#cluster.until(what, () => this.#history.goOn(nodes, atMs), patienceMs, pollMs)
  }
}

function lengthMs({ fromMs, untilMs }: Gap): number {
  return untilMs - fromMs
}

interface Scene {
  readonly says: (node: NodeId) => string
  readonly strike: (node: NodeId) => Promise<void>
  /** How long it lasts at least, in milliseconds. */
  readonly lastsMs?: number
  readonly returns: (node: NodeId) => string
  readonly undo: (node: NodeId) => void
}
