import {
  seededRandom,
  type AgreementDefinition,
  type ElectionDefinition,
  type FailureDetectorDefinition,
  type NodeId,
} from '@quorate/core'
import { Simulation, type FaultAction } from '@quorate/simulation'
import { loadAgreement, loadElection, loadFailureDetector } from '../algorithms.js'
import { member, type Member, type MemberIndication } from '../composition/member.js'
import { defaults } from '../node-settings.js'
import { requireResilience } from '../resilience.js'
import { scheduleOf } from './fault-flags.js'
import { Observations } from './observations.js'
import { usualAlgorithms, type RunOutcome, type RunRequest } from './run-request.js'

/** The algorithms of a run: the chosen one, and a node's usual ones for the rest. */
export interface RunAlgorithms {
  readonly failureDetector: FailureDetectorDefinition<unknown>
  readonly election: ElectionDefinition<unknown>
  readonly agreement: AgreementDefinition<unknown>
}

/** Loads them. Throws what `loadElection` and its like do, and `QUORATE_TOO_MANY_FAULTS`. */
export async function loadRunAlgorithms({ kind, algorithm, nodes, maxFaulty }: RunRequest): Promise<RunAlgorithms> {
  const algorithms = {
    failureDetector: await loadFailureDetector(kind === 'detector' ? algorithm : usualAlgorithms.detector),
    election: await loadElection(kind === 'election' ? algorithm : usualAlgorithms.election),
    agreement: await loadAgreement(kind === 'vote' ? algorithm : usualAlgorithms.vote),
  }
  const chosen = { detector: algorithms.failureDetector, election: algorithms.election, vote: algorithms.agreement }[
    kind
  ]
  requireResilience(chosen, nodes.length, maxFaulty)
  return algorithms
}

/**
 * Runs members, composed as in a real node, on virtual time until `maxTimeMs`. The same request is the same run, event by event.
 */
export function runSimulated(request: RunRequest, algorithms: RunAlgorithms): RunOutcome {
  const { nodes, seed, faults, maxTimeMs, maxDelayMs } = request
  const observed = new Observations(nodes)
  const simulation: Simulation<Member> = new Simulation<Member>({
    seed,
    nodes,
    links: faults.links,
    clockBound: { wallErrorMs: defaults.clockErrorMs, ratePpm: 1000 },
    traceLimit: request.traceLimit,
    protocol: (id) =>
      member(
        {
          ...algorithms,
          members: nodes,
          heartbeatIntervalMs: defaults.heartbeatIntervalMs,
          detectionTimeMs: defaults.electionTimeoutMs,
          maxDelayMs,
          ...(request.kind === 'vote' && request.maxFaulty !== undefined && { maxFaulty: request.maxFaulty }),
          ...valueOf(request, id),
        },
        () => {},
      ),
    onIndication: (node, path, indication) => {
      if (path === '') observed.record({ atMs: simulation.now, node, ...(indication as MemberIndication) })
    },
  })
  const state = (node: NodeId): 'up' | 'down' => (simulation.isUp(node) ? 'up' : 'down')
  const apply = (action: FaultAction): void => {
    simulation.apply(action)
    if (action.type !== 'crash' && action.type !== 'restart') return
    const { node } = action
    if (observed.view(node).state !== state(node)) {
      observed.record({ atMs: simulation.now, node, type: 'process', state: state(node) })
    }
  }
  for (const node of nodes) observed.record({ atMs: 0, node, type: 'process', state: 'up' })
  for (const { atMs, action } of scheduleOf(faults, nodes, seededRandom(seed).fork('clocks'))) {
    // How clocks and links are from the beginning holds before any node starts.
    if (atMs === 0 && (action.type === 'clock' || action.type === 'cut')) apply(action)
    else simulation.at(atMs, () => apply(action))
  }
  let vote: string | undefined
  if (request.kind === 'vote') {
    simulation.at(0, () => {
      const [caller] = simulation.live
      if (caller !== undefined) simulation.request(caller, 'call a vote', ({ votes }) => (vote = votes.call()))
    })
  }
  simulation.start()
  simulation.run(maxTimeMs)
  return {
    request,
    observed,
    vote,
    held: heldValues(simulation, vote),
    endMs: simulation.now,
    simulated: { hash: simulation.hash, events: simulation.events },
    trace: simulation.trace,
  }
}

function valueOf({ values, nodes }: RunRequest, id: NodeId): { voteValue?: () => number } {
  const value = values?.[nodes.indexOf(id)]
  return value === undefined ? {} : { voteValue: () => value }
}

/** What an agreement shows under one of these names is what it holds at present. */
const heldNames = ['value', 'smallest']

function heldValues(simulation: Simulation<Member>, vote: string | undefined): ReadonlyMap<NodeId, number> {
  const held = new Map<NodeId, number>()
  if (vote === undefined) return held
  for (const id of simulation.live) {
    const state = simulation.inspect(id, `votes/${vote}`) ?? {}
    const value = heldNames.map((name) => state[name]).find((each) => typeof each === 'number')
    if (typeof value === 'number') held.set(id, value)
  }
  return held
}
