import { QuorateError } from '@quorate/core'
import { setTimeout as pass } from 'node:timers/promises'
import { keysFrame, methods, readFound } from './etcd-requests.js'
import { eventually, type KvCluster } from './kv-cluster.js'
import type { KvMember } from './kv-member.js'
import { longestGapMs, Writer, type Acknowledged } from './writer.js'

export const faults = ['kill', 'pause', 'resume', 'terminate'] as const
export type Fault = (typeof faults)[number]

/** What a fault of the leader did to those who write to the others. */
export interface Outage {
  readonly fault: Fault
  /** The longest time in which no write was acknowledged. */
  readonly unavailableMs: number
  readonly failedWrites: number
}

/** How long writers write undisturbed before a fault. */
const calmMs = 1_000
/** How long writers are watched after a fault at least: longer than either program takes to notice that a node is silent. */
const watchMs = 3_000
/** A writer works if it was acknowledged this long ago at most. */
const freshMs = 250
const pageKeys = 5_000
const deadlineMs = 10_000
let writers = 0

/** Kills, pauses and terminates the leader in turn, with writers to the two others. Returns what happened, and what was acknowledged. */
export async function faultsInTurn(
  cluster: KvCluster,
): Promise<{ readonly outages: readonly Outage[]; readonly acknowledged: readonly Acknowledged[] }> {
  const acknowledged: Acknowledged[] = []
  const outages = [
    ...(await written(cluster, acknowledged, async (leader, watched) => {
      const outage = await watched('kill', () => leader.signal('SIGKILL'))
      await restarted(leader)
      return [outage]
    })),
    ...(await written(cluster, acknowledged, async (leader, watched) => [
      await watched('pause', () => leader.signal('SIGSTOP')),
      await watched('resume', () => leader.signal('SIGCONT')),
    ])),
    ...(await written(cluster, acknowledged, async (leader, watched) => {
      const outage = await watched('terminate', () => leader.signal('SIGTERM'))
      await restarted(leader)
      return [outage]
    })),
  ]
  return { outages, acknowledged }
}

/** Throws `QUORATE_BENCH_LOST` when a write was acknowledged that a node does not have. */
export async function requireAll(cluster: KvCluster, acknowledged: readonly Acknowledged[]): Promise<void> {
  await cluster.healthy()
  for (const member of cluster.members) {
    const present = await keysOf(member)
    const lost = acknowledged.filter(({ key }) => !present.has(key))
    if (lost.length === 0) continue
    const what = `${cluster.target.name} lost ${lost.length} of ${acknowledged.length} acknowledged writes on ${member.name}`
    throw new QuorateError('QUORATE_BENCH_LOST', what, { lost: lost.map(({ key }) => key) })
  }
}

type Watched = (fault: Fault, inject: () => void) => Promise<Outage>

/** Does something to the leader while each of the others is written to. */
async function written(
  cluster: KvCluster,
  acknowledged: Acknowledged[],
  action: (leader: KvMember, watched: Watched) => Promise<readonly Outage[]>,
): Promise<readonly Outage[]> {
  const leader = await cluster.healthy()
  const survivors = cluster.members.filter((member) => member !== leader)
  const at = survivors.map((member) => new Writer(member, `w/${++writers}/`))
  for (const writer of at) writer.start()
  try {
    await pass(calmMs)
    return await action(leader, (fault, inject) => watch(at, fault, inject))
  } finally {
    await Promise.all(at.map((writer) => writer.stop()))
    acknowledged.push(...at.flatMap((writer) => writer.acknowledged))
  }
}

/** Injects a fault and watches until both writers have been at work again for a while. */
async function watch(at: readonly Writer[], fault: Fault, inject: () => void): Promise<Outage> {
  const fromMs = performance.now()
  inject()
  await pass(watchMs)
  await eventually(`writes are acknowledged after ${fault}`, () => {
    const sinceMs = performance.now() - freshMs
    const working = at.every((writer) => (writer.acknowledged.at(-1)?.atMs ?? 0) > sinceMs)
    return Promise.resolve(working ? true : undefined)
  })
  const untilMs = performance.now()
  const acknowledgedMs = at.flatMap((writer) => writer.acknowledged.map(({ atMs }) => atMs))
  const failed = at.flatMap((writer) => writer.failedAtMs).filter((atMs) => atMs >= fromMs)
  return { fault, unavailableMs: longestGapMs(acknowledgedMs, fromMs, untilMs), failedWrites: failed.length }
}

async function restarted(member: KvMember): Promise<void> {
  await eventually(`${member.name} has ended`, () => Promise.resolve(member.running ? undefined : true))
  member.start()
}

async function keysOf(member: KvMember): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for (let from = 'w/'; ;) {
    const page = readFound(await member.client.call(methods.range, keysFrame(from, 'w0', pageKeys), deadlineMs))
    for (const key of page.keys) keys.add(key)
    const last = page.keys.at(-1)
    if (!page.more || last === undefined) return keys
    from = `${last}\0`
  }
}
