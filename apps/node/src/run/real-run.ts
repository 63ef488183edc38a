import { ProcessCluster } from '../processes/process-cluster.js'
import { defaults } from '../node-settings.js'
import { lastFaultMs, type Crash } from './fault-flags.js'
import type { Observations } from './observations.js'
import type { RunAlgorithms } from './simulated-run.js'
import { runKinds, usualAlgorithms, type RunOutcome, type RunRequest } from './run-request.js'

/** How long after the last fault a run goes on at least: what the fault causes shows within the bound on detection. */
const settleMs = 2 * defaults.electionTimeoutMs
/** Likewise after the start, when there are no faults. */
const calmMs = 300
/** What was reached counts once it has held for so long. */
const steadyMs = 200
const meshTimeoutMs = 10_000
/** The longest that a node waits for a vote's decision. */
const longestVoteMs = 60_000

const settingOf = { election: '--election', vote: '--agreement', detector: '--failure-detector' } as const

/**
 * Runs as many `quorate start` processes as the request names nodes; a crash is a SIGKILL. Times count from the moment when all nodes are
 * connected to each other. It is over once, after the last fault, what was to be reached is reached, or when `maxTimeMs` have passed.
 */
export async function runReal(
  request: RunRequest,
  { election }: RunAlgorithms,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { kind, algorithm, nodes, values, maxFaulty, maxDelayMs, faults } = request
  const cluster = await ProcessCluster.launch({
    nodes,
    signal,
    serveClients: election.carriesLog,
    startArguments: (id) => {
      const value = values?.[nodes.indexOf(id)]
      return [
        ...runKinds.flatMap((each) => [settingOf[each], each === kind ? algorithm : usualAlgorithms[each]]),
        ...['--max-delay', String(Math.ceil(maxDelayMs))],
        ...(kind === 'vote' && maxFaulty !== undefined ? ['--max-faulty', String(maxFaulty)] : []),
        ...(value === undefined ? [] : ['--vote-value', String(value)]),
      ]
    },
  })
  try {
    await cluster.meshed(meshTimeoutMs)
    const startedMs = cluster.nowMs
    const crashes = faults.crashes.map((crash) => strike(cluster, crash, startedMs))
    await Promise.all([
      ...crashes,
      kind === 'vote' ? callVote(cluster, request) : undefined,
      settled(cluster, request, startedMs),
    ])
    const observed = cluster.observed.from(startedMs)
    return {
      request,
      observed,
      vote: observed.votes[0],
      held: new Map(),
      endMs: cluster.nowMs - startedMs,
      simulated: undefined,
      trace: [],
    }
  } finally {
    await cluster.close()
  }
}

async function strike(cluster: ProcessCluster, { node, atMs, untilMs }: Crash, startedMs: number): Promise<void> {
  await cluster.pass(startedMs + atMs - cluster.nowMs)
  await cluster.kill(node)
  if (untilMs === undefined) return
  await cluster.pass(startedMs + untilMs - cluster.nowMs)
  cluster.start(node)
}

/** The first node that will not crash calls it, if there is one. Whether it was decided is seen from all nodes' events. */
async function callVote(cluster: ProcessCluster, { nodes, faults, maxTimeMs }: RunRequest): Promise<void> {
  const safe = nodes.find((id) => !faults.crashes.some(({ node }) => node === id))
  const caller = safe ?? (nodes[0] as string)
  try {
    const client = await cluster.answering(caller)
    await client.callVote({ timeoutMs: Math.min(maxTimeMs, longestVoteMs) })
  } catch (error) {
    // A caller that crashes does not answer: the vote that it called goes on.
    if (safe !== undefined) throw error
  }
}

async function settled(cluster: ProcessCluster, request: RunRequest, startedMs: number): Promise<void> {
  const faulty = request.faults.crashes.length > 0
  const leastMs = faulty ? lastFaultMs(request.faults) + settleMs : calmMs
  await cluster.pass(Math.min(leastMs, request.maxTimeMs))
  for (let sinceMs = cluster.nowMs; cluster.nowMs - startedMs < request.maxTimeMs;) {
    if (!reached(cluster.observed, request)) sinceMs = cluster.nowMs
    else if (cluster.nowMs - sinceMs >= steadyMs) return
    await cluster.pass(20)
  }
}

/** Whether at present all is as it should be: only after that no more need be waited for. */
function reached(observed: Observations, { kind, nodes }: RunRequest): boolean {
  const { live } = observed
  if (kind === 'election') return observed.agreedLeader !== undefined
  if (kind === 'detector') {
    return live.every((id) =>
      nodes.every((peer) => peer === id || observed.view(id).suspects.has(peer) !== live.includes(peer)),
    )
  }
  const vote = observed.votes[0]
  if (vote === undefined) return false
  const decided = new Set(observed.decisions(vote).map(({ node }) => node))
  return live.every((id) => decided.has(id))
}
