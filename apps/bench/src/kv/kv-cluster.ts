import { isQuorateError, QuorateError } from '@quorate/core'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { cpuSeconds } from '../processes.js'
import type { Status } from './etcd-requests.js'
import { freePorts } from './free-ports.js'
import { KvMember } from './kv-member.js'
import type { Scratch } from './scratch.js'
import type { Target } from './targets.js'

const names = ['n1', 'n2', 'n3'] as const
/** Waits are this long at most, unless told otherwise. */
const usualPatienceMs = 30_000
const pollMs = 20
/** How long a node may take to end when asked to, before it is killed. */
const endingMs = 10_000
let launched = 0

/** Three nodes of one program on 127.0.0.1, each a process with a data folder on the disk. */
export class KvCluster {
  readonly target: Target
  readonly members: readonly KvMember[]
  readonly #folder: string

  private constructor(target: Target, members: readonly KvMember[], folder: string) {
    this.target = target
    this.members = members
    this.#folder = folder
  }

  /** Starts three nodes that know of nothing yet and waits until they have a leader. */
  static async launch(target: Target, scratch: Scratch): Promise<KvCluster> {
    const folder = join(scratch.folder, `${target.name}-${++launched}`)
    mkdirSync(folder)
    const ports = await freePorts(2 * names.length)
    const url = (index: number): string => `http://127.0.0.1:${ports[index]}`
    const initialCluster = names.map((name, index) => `${name}=${url(index)}`).join(',')
    const members = names.map((name, index) => {
      const args = [
        ...['--name', name],
        ...['--data-dir', join(folder, name)],
        ...['--listen-peer-urls', url(index)],
        ...['--initial-advertise-peer-urls', url(index)],
        ...['--listen-client-urls', url(names.length + index)],
        ...['--advertise-client-urls', url(names.length + index)],
        ...['--initial-cluster', initialCluster],
        ...['--initial-cluster-token', `bench-${launched}`],
      ]
      const [program, ...first] = target.command
      const port = ports[names.length + index] as number
      return new KvMember(name, port, [program, ...first, ...args], join(folder, `${name}.log`), scratch)
    })
    const cluster = new KvCluster(target, members, folder)
    for (const member of members) member.start()
    await cluster.healthy()
    return cluster
  }

  /** Waits until all nodes run, name one leader and answer linearizable reads; returns the leader. */
  async healthy(patienceMs = usualPatienceMs): Promise<KvMember> {
    const ask = async (): Promise<KvMember | undefined> => {
      for (const member of this.members) void member.pid
      const statuses = await Promise.all(this.members.map((member) => member.status()))
      const leader = this.#leaderIn(statuses)
      if (leader === undefined) return undefined
      await Promise.all(this.members.map((member) => member.get('health')))
      return leader
    }
    return eventually(`three nodes of ${this.target.name} name one leader and answer`, ask, patienceMs)
  }

  /** The one that all name as the leader, or `undefined`. */
  async agreedLeader(): Promise<KvMember | undefined> {
    return this.#leaderIn(await Promise.all(this.members.map((member) => member.status())))
  }

  /** Seconds on a processor since they started, summed over all nodes. */
  cpuSeconds(): number {
    return this.members.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  }

  /** Ends all nodes and removes their data. With `asked`, they are asked to end, so that they write what they write at their end. */
  async close({ asked }: { readonly asked: boolean }): Promise<void> {
    for (const member of this.members) {
      member.signal(asked ? 'SIGTERM' : 'SIGKILL')
      member.client.close()
    }
    const ended = Promise.all(this.members.map((member) => member.exited))
    await Promise.race([ended, pass(endingMs, undefined, { ref: false })])
    for (const member of this.members) member.signal('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #leaderIn(statuses: readonly Status[]): KvMember | undefined {
    const leaderId = statuses[0]?.leaderId
    if (leaderId === undefined || statuses.some((status) => status.leaderId !== leaderId)) return undefined
    // While there is none its id is 0, which is nobody's.
    return this.members[statuses.findIndex(({ memberId }) => memberId === leaderId)]
  }
}

/** Asks again and again until there is an answer. A refused or failed call is none yet. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  patienceMs = usualPatienceMs,
): Promise<T> {
  const deadlineMs = performance.now() + patienceMs
  let last: unknown
  while (performance.now() < deadlineMs) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      if (!isQuorateError(error, 'QUORATE_BENCH_CALL')) throw error
      last = error
    }
    await pass(pollMs)
  }
  const reason = last instanceof Error ? `; the last failure was ${last.message}` : ''
  throw new QuorateError('QUORATE_BENCH_PATIENCE', `waited ${patienceMs} ms in vain until ${what}${reason}`)
}
