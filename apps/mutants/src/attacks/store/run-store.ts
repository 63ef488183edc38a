import type { Disk, FaultKind, NodeId, Random } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { phiAccrual } from '@quorate/failure-detection/phi-accrual'
import { MemoryOrderedStore } from '@quorate/kv'
import {
  checkHistory,
  etcdModel,
  renderViolation,
  type EtcdInput,
  type EtcdOutput,
  type Operation,
} from '@quorate/linearizability'
import { raftLog } from '@quorate/replication'
import { drawSchedule, healing, nodeIds, Simulation, type ScheduledFault, type Violation } from '@quorate/simulation'
import { threshold } from '@quorate/voting/threshold'
import { member, type Member } from 'quorate'
import { smallStores } from '../small-stores.js'
import { Client } from './client.js'
import { WatchedMachine, type Images } from './watched-machine.js'

const maxDelayMs = 10
const detectionTimeMs = 100
/** How long a node holds what finds no leader: longer than the log needs to say that a fate is unknown. */
const requestTimeoutMs = 2000
/** How long a client waits for an answer. */
const patienceMs = 300
const syncMs = [0.05, 2] as const
const clockBound = { wallErrorMs: 2, ratePpm: 200 }

export interface StoreRunOptions {
  readonly nodes: number
  readonly seed: number
  /** Default: all that the log declares to tolerate. */
  readonly faults?: readonly FaultKind[]
  /** How long faults go on, in virtual milliseconds. Default 800. */
  readonly chaosMs?: number
  /** Default: a minority. */
  readonly maxFaulty?: number
}

export interface StoreRunResult {
  readonly violations: readonly Violation[]
  readonly history: readonly Operation<EtcdInput, EtcdOutput>[]
  readonly hash: string
}

/**
 * Runs the replicated key-value store as a node composes it (failure detector, election, log, write-ahead log, state machine) under the
 * faults that the log declares to tolerate, with clients that put, delete, read and compare on any node.
 *
 * What they were answered is checked against a store that does one operation after the other (`linearizability`); replicas are compared
 * with each other and with their past (`determinism`, `readable-history`); and once faults have ceased, operations succeed on every node
 * (`progress`).
 */
export function runStore(options: StoreRunOptions): StoreRunResult {
  return new StoreRun(options).run()
}

class StoreRun {
  readonly #ids: readonly NodeId[]
  readonly #faults: readonly FaultKind[]
  readonly #chaosMs: number
  readonly #maxFaulty: number
  readonly #simulation: Simulation<Member>
  readonly #random: Random
  /** The states of the nodes, which outlive their processes. */
  readonly #disks = new Map<NodeId, MemoryOrderedStore>()
  readonly #machines = new Map<NodeId, WatchedMachine>()
  readonly #images: Images = new Map()
  readonly #history: Operation<EtcdInput, EtcdOutput>[] = []
  readonly #violations: Violation[] = []
  /** In half of the runs a state is lost with its process, and made anew from the log. */
  readonly #keepsState: boolean

  constructor({ nodes, seed, faults = raftLog.tolerates, chaosMs = 800, maxFaulty }: StoreRunOptions) {
    this.#ids = nodeIds(nodes)
    this.#faults = faults
    this.#chaosMs = chaosMs
    this.#maxFaulty = maxFaulty ?? raftLog.resilience(nodes)
    this.#simulation = new Simulation<Member>({
      seed,
      nodes: this.#ids,
      syncMs,
      clockBound,
      stores: (disk: Disk) => smallStores(disk),
      protocol: (id) => this.#member(id),
    })
    this.#random = this.#simulation.random.fork('clients')
    this.#keepsState = this.#random.chance(0.5)
  }

  run(): StoreRunResult {
    const simulation = this.#simulation
    const { schedule, heal } = this.#drawFaults()
    for (const { atMs, action } of schedule) {
      if (atMs === 0) simulation.apply(action)
      else simulation.at(atMs, () => simulation.apply(action))
    }
    simulation.start()
    const clients = Array.from({ length: this.#random.integer(2, 5) }, (_, place) => this.#client(`c${place + 1}`))
    for (const client of clients) client.begin()
    simulation.run(this.#chaosMs)
    heal()
    simulation.run(simulation.now + patienceMs)
    for (const client of clients) client.end()
    this.#checkProgress()
    this.#checkHistory()
    return { violations: this.#violations, history: this.#history, hash: simulation.hash }
  }

  #member(id: NodeId): ReturnType<typeof member> {
    const kept = this.#keepsState ? this.#disks.get(id) : undefined
    const disk = kept ?? new MemoryOrderedStore()
    this.#disks.set(id, disk)
    const violated = (property: string, what: string): void => this.#violated(property, `${id}: ${what}`)
    const machine = new WatchedMachine(disk, this.#images, violated)
    this.#machines.set(id, machine)
    return member(
      {
        members: this.#ids,
        heartbeatIntervalMs: 2 * maxDelayMs,
        detectionTimeMs,
        maxDelayMs: maxDelayMs + 2 * syncMs[1],
        failureDetector: phiAccrual,
        election: raft,
        agreement: threshold,
        replicated: {
          log: raftLog,
          machine,
          requestTimeoutMs,
          clientUrls: [`http://${id}`],
          failed: (error) => this.#violated('state-machine', `${id}: ${String(error)}`),
          forgotten: (witness) => this.#violated('durability', `${id} has forgotten what it promised, says ${witness}`),
        },
      },
      () => {},
    )
  }

  #client(name: string): Client {
    return new Client(name, {
      simulation: this.#simulation,
      nodes: this.#ids,
      random: this.#random.fork(name),
      machine: (id) => this.#machines.get(id) as WatchedMachine,
      patienceMs,
      pauseMs: maxDelayMs * (0.2 + 3 * this.#random.fraction()),
      record: (operation) => this.#history.push(operation),
    })
  }

  #drawFaults(): { readonly schedule: readonly ScheduledFault[]; readonly heal: () => void } {
    const simulation = this.#simulation
    const schedule = drawSchedule({
      ids: this.#ids,
      faults: this.#faults,
      maxFaulty: this.#maxFaulty,
      chaosMs: this.#chaosMs,
      maxDelayMs,
      clockBound,
      random: simulation.random.fork('schedule'),
    })
    const gone = new Set(
      schedule.flatMap(({ action }) => (action.type === 'crash' && action.forGood ? action.node : [])),
    )
    const restarting = this.#faults.includes('crash-recovery') ? this.#ids.filter((id) => !gone.has(id)) : []
    const heal = (): void => {
      for (const node of this.#ids) simulation.apply({ type: 'full-disk', node, full: false })
      for (const action of healing(this.#ids, restarting, maxDelayMs)) simulation.apply(action)
      for (const node of this.#ids) simulation.apply({ type: 'omit', node })
      for (const node of this.#ids) simulation.apply({ type: 'disk', node })
      for (const node of this.#ids) simulation.apply({ type: 'slow', node })
      simulation.run(simulation.now + 11 * maxDelayMs)
    }
    return { schedule, heal }
  }

  /** Somebody puts and reads on every node, again and again until all have been answered. */
  #checkProgress(): void {
    const simulation = this.#simulation
    const boundMs =
      raftLog.commitsWithinMs({ election: raft, members: this.#ids, maxDelayMs: maxDelayMs + 2 * syncMs[1] }) +
      detectionTimeMs +
      2 * patienceMs
    const waiting = new Map(simulation.live.map((id) => [id, this.#client(`end of ${id}`)]))
    for (const [id, client] of waiting) client.insist(id)
    const done = simulation.run(simulation.now + boundMs, () => {
      // A damaged disk may only now be read, and its node go down.
      return [...waiting].every(([id, client]) => client.content || !simulation.isUp(id))
    })
    const ids = [...waiting].filter(([id, client]) => !client.content && simulation.isUp(id)).map(([id]) => id)
    for (const client of waiting.values()) client.end()
    if (!done)
      this.#violated('progress', `once faults have ceased, ${ids.join(', ')} did not answer within ${boundMs} ms`)
  }

  #checkHistory(): void {
    const result = checkHistory(etcdModel(), this.#history, { maxSteps: 5_000_000 })
    if (result.verdict !== 'violation') return
    this.#violated('linearizability', renderViolation(etcdModel(), result.violation))
  }

  #violated(property: string, what: string): void {
    if (this.#violations.some((violation) => violation.property === property)) return
    this.#violations.push({ property, atMs: this.#simulation.now, what })
  }
}
