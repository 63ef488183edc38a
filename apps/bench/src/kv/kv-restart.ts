import { setTimeout as pass } from 'node:timers/promises'
import type { Report } from '../report.js'
import { median } from '../statistics.js'
import { methods, putFrame, type Found } from './etcd-requests.js'
import { eventually, KvCluster } from './kv-cluster.js'
import type { KvMember } from './kv-member.js'
import { firstKey, writtenExactly } from './many-keys.js'
import { Scratch } from './scratch.js'
import { chosenTargets, targetFlags, targetTitle, type TargetChoice } from './targets.js'

export interface KvRestartOptions extends TargetChoice {
  readonly rounds: number
  /** How much is written, in values. */
  readonly megabytes: number
}

/** Large enough for a log of 1 GB to be written in a minute, with fewer entries than etcd's snapshots are apart. */
const valueBytes = 16_000
/** Overwritten again and again; the log grows all the same. */
const keys = 1_000
const deadlineMs = 1_000
const settleMs = 1_000
/** A long log takes a while to read. */
const patienceMs = 300_000

interface Restart {
  readonly followerMs: number
  readonly allMs: number
}

/** How long a node, and all three, need after SIGKILL with a long log: it is written through the API, with puts of 16,000 bytes to 1,000 keys. */
export async function kvRestart(options: KvRestartOptions): Promise<Report> {
  const { rounds, megabytes } = options
  const targets = chosenTargets(options)
  const rows: (readonly string[])[] = []
  const data: Record<string, readonly Restart[]> = {}
  const scratch = new Scratch()
  try {
    for (const target of targets) {
      const cluster = await KvCluster.launch(target, scratch)
      const leader = await cluster.healthy()
      const requests = Math.ceil((megabytes * 1e6) / valueBytes)
      await writtenExactly({ clientPort: leader.clientPort, requests, inFlight: 32, keys, valueBytes }, leader, scratch)
      const restarts: Restart[] = []
      for (let round = 0; round < rounds; round++) {
        restarts.push({ followerMs: await followerRestart(cluster), allMs: await restartOfAll(cluster) })
        process.stderr.write(`bench: kv-restart, round ${round + 1} of ${rounds}, ${target.name} done\n`)
      }
      await cluster.close({ asked: options.cpuProfile !== undefined })
      const title = targetTitle(target, options)
      rows.push([title, 'one of three, until it answers a linearizable read', ...cells(restarts, 'followerMs')])
      rows.push([title, 'all three, until a write is acknowledged', ...cells(restarts, 'allMs')])
      data[target.name] = restarts
    }
  } finally {
    await scratch.close()
  }
  return {
    name: 'kv-restart',
    title: `Restarted after SIGKILL with a log of ${megabytes.toLocaleString('en')} MB`,
    command: `npm run bench -- kv-restart --rounds ${rounds} --megabytes ${megabytes}${targetFlags(options)}`,
    columns: ['program', 'restarted', 'times', 'median', 'longest'],
    rows,
    data: { rounds, megabytes, valueBytes, keys, restarts: data },
  }
}

function cells(restarts: readonly Restart[], part: keyof Restart): readonly string[] {
  const times = restarts.map((restart) => restart[part] / 1000)
  return [String(times.length), `${median(times).toFixed(2)} s`, `${Math.max(...times).toFixed(2)} s`]
}

async function followerRestart(cluster: KvCluster): Promise<number> {
  const leader = await cluster.healthy(patienceMs)
  const follower = cluster.members.find((member) => member !== leader) as KvMember
  follower.signal('SIGKILL')
  await follower.exited
  await pass(settleMs)
  const startMs = performance.now()
  follower.start()
  const answer = async (): Promise<Found> => {
    void follower.pid
    return follower.get(firstKey)
  }
  await eventually(`${follower.name} answers after its restart`, answer, patienceMs)
  return performance.now() - startMs
}

async function restartOfAll(cluster: KvCluster): Promise<number> {
  await cluster.healthy(patienceMs)
  for (const member of cluster.members) member.signal('SIGKILL')
  await Promise.all(cluster.members.map((member) => member.exited))
  const startMs = performance.now()
  for (const member of cluster.members) member.start()
  const write = async (): Promise<Buffer> => {
    const [member] = cluster.members as [KvMember]
    void member.pid
    return member.client.call(methods.put, putFrame('restarted', 'yes'), deadlineMs)
  }
  await eventually('a write is acknowledged after the restart of all', write, patienceMs)
  return performance.now() - startMs
}
