import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosCluster } from '../chaos-cluster.js'
import { pass } from '../pass.js'
import { clients } from '../proxy/proxy-network.js'
import type { ChaosFaultKind } from './kinds.js'
import { clockOffset } from './fake-clock.js'
import { pairs, shapes } from './shapes.js'
import type { FaultPlan, PlannedFault, Victim } from './schedule.js'
import { SlowDisk } from './slow-disk.js'

/** A fault as it was. */
export interface Injected {
  readonly kind: ChaosFaultKind
  readonly fromMs: number
  readonly untilMs: number
  /** Whom it hit and how, in a few words. */
  readonly what: string
  /** What shows that it took effect, in a few words; `undefined`: nothing did. */
  readonly evidence: string | undefined
}

type Effect = Pick<Injected, 'what' | 'evidence'>
type PlanOf<Kind extends ChaosFaultKind> = Extract<FaultPlan, { readonly kind: Kind }>
/** Waits while a fault lasts; a fraction waits for a part of that. */
type Last = (fraction?: number) => Promise<void>

const probeMs = 20
/** How long a process takes at most to stand still, or to answer once. */
const probeTimeoutMs = 1_000

/** Brings about a fault, lets it last, and ends it; resolves with what became of it. */
export async function inject(
  cluster: ChaosCluster,
  plan: PlannedFault,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<Injected> {
  const fromMs = nowMs()
  const last: Last = (fraction = 1) => pass(plan.forMs * fraction, signal)
  const { what, evidence } = await effectOf(cluster, plan, last)
  return { kind: plan.kind, fromMs, untilMs: nowMs(), what, evidence }
}

function effectOf(cluster: ChaosCluster, plan: FaultPlan, last: Last): Promise<Effect> {
  switch (plan.kind) {
    case 'kill':
      return end(cluster, plan, 'SIGKILL', last)
    case 'restart':
      return end(cluster, plan, 'SIGTERM', last)
    case 'pause':
      return pause(cluster, plan, last)
    case 'partition':
      return partition(cluster, plan, last)
    case 'delay':
      return delay(cluster, plan, last)
    case 'connections':
      return loseConnections(cluster, plan, last)
    case 'slow-disk':
      return slowDisk(cluster, plan, last)
    case 'full-disk':
      return fullDisk(cluster, plan, last)
    case 'clock':
      return clocks(cluster, plan, last)
  }
}

async function end(
  cluster: ChaosCluster,
  { victim }: { readonly victim: Victim },
  signal: 'SIGKILL' | 'SIGTERM',
  last: Last,
): Promise<Effect> {
  const { id, what } = await hit(cluster, victim)
  const exit = await cluster.end(id, signal)
  try {
    await last()
  } finally {
    await cluster.start(id)
  }
  const evidence =
    exit === undefined ? undefined : `it ended ${exit.signal === null ? `with ${exit.code}` : `by ${exit.signal}`}`
  return { what, evidence }
}

async function pause(cluster: ChaosCluster, { victim }: { readonly victim: Victim }, last: Last): Promise<Effect> {
  const { id, what } = await hit(cluster, victim)
  const pid = cluster.pid(id)
  cluster.signal(id, 'SIGSTOP')
  try {
    const stopped = pid !== undefined && (await until(() => stateOf(pid) === 'T' || stateOf(pid) === 't'))
    await last()
    return { what, evidence: stopped ? 'the system showed it stopped' : undefined }
  } finally {
    cluster.signal(id, 'SIGCONT')
  }
}

async function partition(
  cluster: ChaosCluster,
  { shape, order, leaderFirst }: PlanOf<'partition'>,
  last: Last,
): Promise<Effect> {
  const leader = leaderFirst ? await cluster.leader() : undefined
  const places = leader === undefined ? order : [leader, ...order.filter((id) => id !== leader)]
  const links = shapes[shape](places).map(([from, to]) => cluster.network.link(from, to))
  const before = links.map(({ passedBytes, heldBytes, heldConnections }) => ({
    passedBytes,
    heldBytes,
    heldConnections,
  }))
  const sum = (what: 'passedBytes' | 'heldBytes' | 'heldConnections'): number =>
    links.reduce((all, link, index) => all + link[what] - (before[index]?.[what] ?? 0), 0)
  const mends = links.map((link) => link.cut())
  let [passed, bytes, connections] = [0, 0, 0]
  try {
    await last()
    // Counted before anything can come through again.
    ;[passed, bytes, connections] = [sum('passedBytes'), sum('heldBytes'), sum('heldConnections')]
  } finally {
    for (const mend of mends) mend()
  }
  const held = `${bytes} bytes and ${connections} new connections were held back, and ${passed} bytes passed`
  const what = `${shape}: ${links.map(({ from, to }) => `${from}↛${to}`).join(' ')}`
  return { what, evidence: passed === 0 && bytes + connections > 0 ? held : undefined }
}

async function delay(cluster: ChaosCluster, { victim, delayMs }: PlanOf<'delay'>, last: Last): Promise<Effect> {
  const { id, what } = await hit(cluster, victim)
  const links = cluster.network.links.filter(({ from, to }) => from === id || to === id)
  const delayed = (): number => links.reduce((sum, { delayedBytes }) => sum + delayedBytes, 0)
  const before = delayed()
  const ends = links.map((link) => link.delay(delayMs))
  try {
    await last()
  } finally {
    for (const undo of ends) undo()
  }
  const bytes = delayed() - before
  return { what: `${what}, ${delayMs} ms each way`, evidence: bytes > 0 ? `${bytes} bytes were delayed` : undefined }
}

async function loseConnections(cluster: ChaosCluster, { everyMs }: PlanOf<'connections'>, last: Last): Promise<Effect> {
  let lost = 0
  const loseAll = (): void => {
    const ends = [clients, ...cluster.nodes]
    // Each pair once.
    for (const [one, other] of pairs(ends)) if (one < other) lost += cluster.network.reset(one, other)
  }
  loseAll()
  const timer = setInterval(loseAll, everyMs)
  try {
    await last()
  } finally {
    clearInterval(timer)
  }
  return { what: `all, every ${everyMs} ms`, evidence: lost > 0 ? `${lost} connections were lost` : undefined }
}

async function slowDisk(cluster: ChaosCluster, { victim, syncMs }: PlanOf<'slow-disk'>, last: Last): Promise<Effect> {
  const { id, what } = await hit(cluster, victim)
  const how = `${what}, each sync ${syncMs} ms longer`
  const pid = cluster.pid(id)
  if (pid === undefined) return { what: how, evidence: undefined }
  const disk = new SlowDisk(pid, syncMs, join(cluster.folder, `${id}.${Math.round(performance.now())}.trace`))
  let delayed = 0
  try {
    await last()
  } finally {
    delayed = await disk.end()
  }
  return { what: how, evidence: delayed > 0 ? `${delayed} syncs were delayed` : undefined }
}

/** What a program says that met a full disk. */
const noRoom = /ENOSPC|no space left on device/i
/** A node that ends because of the full disk may take so long to end, also once there is room again. */
const endingMs = 1_000

async function fullDisk(cluster: ChaosCluster, { victim: id }: PlanOf<'full-disk'>, last: Last): Promise<Effect> {
  const { disk } = cluster
  if (disk === undefined) throw new TypeError('there is no small disk')
  const before = cluster.log(id).length
  const noticed = (): boolean => noRoom.test(cluster.log(id).slice(before))
  const disallow = cluster.allowEnd(id, noRoom)
  let restarted = false
  let seen = false
  try {
    await disk.fill()
    await last(0.5)
    // A node that has set room aside may need none. One that starts does.
    if (!noticed()) {
      restarted = true
      await cluster.end(id, 'SIGKILL')
      await cluster.start(id)
    }
    await last(0.5)
    seen = noticed()
  } finally {
    await disk.makeRoom()
    await sleep(endingMs)
    await cluster.start(id)
    disallow()
  }
  const what = restarted ? `${id}, killed and started while full` : id
  return { what, evidence: seen ? 'it told of having no space left' : undefined }
}

async function clocks(cluster: ChaosCluster, { offsets }: PlanOf<'clock'>, last: Last): Promise<Effect> {
  for (const [id, seconds] of offsets) cluster.clock(id).set(seconds)
  const shown: string[] = []
  try {
    await last()
    for (const [id, seconds] of offsets) {
      // One that does not run has no clock.
      const seen = await clockOffset(cluster.metricsPort(id), probeTimeoutMs).catch(() => 0)
      // The date counts in seconds, and the machine may be busy.
      if (Math.abs(seen - seconds) < Math.abs(seconds) / 2 + 2 && Math.sign(seen) === Math.sign(seconds)) shown.push(id)
    }
  } finally {
    for (const id of offsets.keys()) cluster.clock(id).set(0)
  }
  const what = [...offsets].map(([id, seconds]) => `${id} ${seconds > 0 ? '+' : '−'}${Math.abs(seconds)} s`).join(', ')
  return { what, evidence: shown.length > 0 ? `the answers of ${shown.join(', ')} bore such dates` : undefined }
}

/** The node that a victim stands for just now. */
async function hit(cluster: ChaosCluster, victim: Victim): Promise<{ readonly id: string; readonly what: string }> {
  if (victim !== 'leader') return { id: victim, what: victim }
  const leader = await cluster.leader()
  // Without a leader it hits the first, so that each fault comes.
  const id = leader ?? (cluster.nodes[0] as string)
  return { id, what: leader === undefined ? `${id}, while none led` : `${id}, the leader` }
}

async function until(condition: () => boolean): Promise<boolean> {
  for (const endMs = performance.now() + probeTimeoutMs; performance.now() < endMs; await sleep(probeMs))
    if (condition()) return true
  return false
}

/** As /proc shows it: T is stopped, t so by a tracer. */
function stateOf(pid: number): string | undefined {
  try {
    // Behind the command's name, which may hold anything.
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, ')'))?.[1]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
