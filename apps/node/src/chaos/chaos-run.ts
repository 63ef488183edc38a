import { QuorateError } from '@quorate/core'
import { setMaxListeners } from 'node:events'
import { ChaosCluster } from './chaos-cluster.js'
import { checkHistories, type Checked } from './check/check-histories.js'
import { resolveUnknown, type Evidence } from './check/evidence.js'
import { inject, type Injected } from './faults/inject.js'
import type { ChaosFaultKind } from './faults/kinds.js'
import { drawSchedule, smallDiskNode, type PlannedFault } from './faults/schedule.js'
import { pass } from './pass.js'
import type { Target } from './targets.js'
import { judge, type ChaosVerdict, type Facts } from './verdict.js'
import { changed, History, type Recorded, type WorkloadName } from './workload/history.js'
import { Load } from './workload/load.js'
import type { StoreInput } from './workload/store-connection.js'

export interface ChaosRequest {
  readonly target: Target
  readonly nodes: readonly string[]
  readonly seed: number
  readonly durationMs: number
  readonly workloads: readonly WorkloadName[]
  readonly faults: readonly ChaosFaultKind[]
  /** Faults that are left out, and why. */
  readonly skipped: ReadonlyMap<ChaosFaultKind, string>
  /** Where the nodes' logs are put at the end. */
  readonly logFolder: string
  /** Told of what happens, while it does. */
  readonly onProgress?: (text: string) => void
  readonly signal: AbortSignal
}

/** All that came of a run. */
export interface ChaosResult {
  readonly request: ChaosRequest
  /** How long the clients were at work. */
  readonly ranMs: number
  readonly history: History
  readonly injected: readonly Injected[]
  readonly evidence: Evidence
  readonly checked: readonly Checked[]
  readonly revision: number
  readonly facts: Facts
  readonly verdict: ChaosVerdict
}

/** A cluster's start, and its recovery at the end, on a busy machine. */
const patienceMs = 30_000
const retryMs = 100
const everything = { type: 'range', key: '\0', rangeEnd: '\0' } as const satisfies StoreInput

/**
 * Runs nodes, clients and faults, heals all, reads everything back and judges. Rejects with `QUORATE_TIMEOUT` when the cluster does not even
 * start.
 */
export async function runChaos(request: ChaosRequest): Promise<ChaosResult> {
  const { target, nodes, seed, durationMs, faults, workloads, signal, onProgress = () => {} } = request
  const schedule = drawSchedule({ seed, nodes, kinds: faults, durationMs })
  // Each fault that is yet to come listens to it.
  setMaxListeners(0, signal)
  const cluster = await ChaosCluster.launch({
    target,
    nodes,
    smallDisk: faults.includes('full-disk') ? smallDiskNode(seed, nodes) : undefined,
    fakeClocks: faults.includes('clock'),
  })
  try {
    const silent = (await Promise.all(nodes.map((id) => untilAnswered(cluster, id, signal)))).flat()
    if (silent.length > 0)
      throw new QuorateError('QUORATE_TIMEOUT', `the cluster did not start: ${silent.join('; ')}`, { silent })
    const history = new History()
    const load = new Load({ seed, workloads, nodes, history, connect: (id) => cluster.connect(id) })
    load.start()
    onProgress(`${target.name}: ${nodes.length} nodes are ready; ${schedule.length} faults in ${durationMs / 1_000} s`)
    let injected: readonly Injected[]
    try {
      injected = await follow(schedule, cluster, history, durationMs, signal, onProgress)
    } finally {
      await load.stop()
    }
    const ranMs = history.nowMs
    onProgress('all is healed; reading back and checking')
    const readBack = await recovered(cluster, history, signal)
    const evidence = await resolveUnknown(history.operations, readBack.revision, readBack.putAt, () => history.nowMs)
    const checked = checkHistories(evidence.operations)
    const facts: Facts = {
      seconds: ranMs / 1_000,
      answered: answeredBy(workloads, history.operations),
      faults: effects(faults, injected),
      checked,
      unexplained: evidence.unexplained,
      hashes: readBack.hashes,
      ended: cluster.ended,
      notRecovered: readBack.notRecovered,
    }
    const { revision } = readBack
    return { request, ranMs, history, injected, evidence, checked, revision, facts, verdict: judge(facts) }
  } finally {
    cluster.copyLogs(request.logFolder)
    await cluster.close()
  }
}

/** Injects each fault at its time. Resolves at the end of the run, when all of them are over. */
async function follow(
  schedule: readonly PlannedFault[],
  cluster: ChaosCluster,
  history: History,
  durationMs: number,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<readonly Injected[]> {
  const injectAt = async (plan: PlannedFault): Promise<Injected> => {
    await pass(plan.atMs - history.nowMs, signal)
    const fault = await inject(cluster, plan, () => history.nowMs, signal)
    const seconds = [fault.fromMs, fault.untilMs].map((ms) => (ms / 1_000).toFixed(1)).join('–')
    onProgress(`${seconds} s: ${fault.kind}: ${fault.what}: ${fault.evidence ?? 'no effect was seen'}`)
    return fault
  }
  // Two of a kind would end each other: one that lasts longer than it was to makes the next one late.
  const ofKind = new Map<ChaosFaultKind, Promise<unknown>>()
  const all = schedule.map((plan) => {
    const fault = (ofKind.get(plan.kind) ?? Promise.resolve()).then(() => injectAt(plan))
    ofKind.set(plan.kind, fault)
    return fault
  })
  const injected = await Promise.all(all)
  await pass(durationMs - history.nowMs, signal)
  return injected.sort((a, b) => a.fromMs - b.fromMs)
}

interface ReadBack {
  readonly revision: number
  readonly hashes: ReadonlyMap<string, number>
  readonly notRecovered: readonly string[]
  readonly putAt: Parameters<typeof resolveUnknown>[2]
}

/** Reads everything from every node, which is part of the history, and the nodes' hashes. */
async function recovered(cluster: ChaosCluster, history: History, signal: AbortSignal): Promise<ReadBack> {
  const notRecovered = (
    await Promise.all(cluster.nodes.map((id) => untilAnswered(cluster, id, signal, history)))
  ).flat()
  const revision = Math.max(
    1,
    ...history.operations.filter(({ workload }) => workload === 'final').map(({ output }) => output?.revision ?? 0),
  )
  const connections = cluster.nodes.map((id) => ({ id, connection: cluster.connect(id, patienceMs) }))
  const hashes = new Map<string, number>()
  for (const { id, connection } of connections) {
    try {
      hashes.set(id, await connection.hash(revision))
    } catch (error) {
      notRecovered.push(`${id} did not tell its hash: ${(error as Error).message}`)
    }
  }
  const answering = connections.find(({ id }) => hashes.has(id))?.connection
  return {
    revision: answering === undefined ? 1 : revision,
    hashes,
    notRecovered,
    putAt: (at) => answering?.putAt(at) ?? Promise.resolve([]),
  }
}

/**
 * Asks a node for everything until it answers; with a history, that is put on record. Resolves with what to say of a node that did not, or
 * with nothing.
 */
async function untilAnswered(
  cluster: ChaosCluster,
  id: string,
  signal: AbortSignal,
  history?: History,
): Promise<readonly string[]> {
  const store = cluster.connect(id)
  let reason = ''
  for (const endMs = performance.now() + patienceMs; performance.now() < endMs;) {
    const callAt = history?.nowMs ?? 0
    const answer = await store.execute(everything)
    if (answer.outcome === 'ok') {
      history?.operations.push({
        workload: 'final',
        client: `final-${id}`,
        input: everything,
        mark: undefined,
        callAt,
        outcome: 'ok',
        output: answer.output,
        returnAt: history.nowMs,
      })
      return []
    }
    reason = answer.reason
    await pass(retryMs, signal)
  }
  return [`${id} answered no read in ${patienceMs / 1_000} s: ${reason}; the end of its log:\n${cluster.logTail(id)}`]
}

function answeredBy(workloads: readonly WorkloadName[], operations: readonly Recorded[]): Facts['answered'] {
  return Object.fromEntries(
    workloads.map((name) => {
      const answered = operations.filter(({ workload, outcome }) => workload === name && outcome === 'ok')
      const changes = answered.filter(changed).length
      return [name, { reads: answered.length - changes, changes }]
    }),
  )
}

function effects(kinds: readonly ChaosFaultKind[], injected: readonly Injected[]): Facts['faults'] {
  return new Map(
    kinds.map((kind) => {
      const all = injected.filter((each) => each.kind === kind)
      return [kind, { injected: all.length, tookEffect: all.filter(({ evidence }) => evidence !== undefined).length }]
    }),
  )
}
