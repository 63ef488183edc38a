import {
  requireNumber,
  type Declaration,
  type FailureDetector,
  type FailureDetectorDefinition,
  type FailureDetectorIndication,
  type NodeId,
} from '@quorate/core'
import { Simulation } from '../simulation.js'
import { InvariantChecks, Violations } from './checks.js'
import { forgeries } from './forgery.js'
import {
  heal,
  judgedNodes,
  plan,
  resultOf,
  scheduleOf,
  strike,
  syncMs,
  usualDelayMs,
  type Plan,
  type RunOptions,
  type RunResult,
} from './run.js'

export interface FailureDetectorRunOptions extends RunOptions {
  /** Time between heartbeats, in milliseconds. Default: 10 times the longest delay. */
  readonly heartbeatIntervalMs?: number
  /** The bound on silence, in milliseconds. Default: 10 heartbeat intervals. */
  readonly detectionTimeMs?: number
}

/** What a detector did right and wrong in a run. */
export interface DetectionResult extends RunResult {
  /** How often a node that was up and reachable came to be suspected. */
  readonly mistakes: number
  /** From each crash to each live node's suspicion, in milliseconds. */
  readonly detectionTimesMs: readonly number[]
}

/** The options of a detector's run with every default filled in. */
export function detectorPlan(
  definition: Declaration,
  options: FailureDetectorRunOptions,
): Plan & Required<Pick<FailureDetectorRunOptions, 'heartbeatIntervalMs' | 'detectionTimeMs'>> {
  const run = plan('detector', definition, {
    ...options,
    chaosMs: options.chaosMs ?? 500 * (options.maxDelayMs ?? usualDelayMs(options.latency)),
  })
  const min = 0.1
  const intervalMs = options.heartbeatIntervalMs ?? 10 * run.maxDelayMs
  const heartbeatIntervalMs = requireNumber('heartbeatIntervalMs', intervalMs, { min })
  const boundMs = options.detectionTimeMs ?? 10 * heartbeatIntervalMs
  return { ...run, heartbeatIntervalMs, detectionTimeMs: requireNumber('detectionTimeMs', boundMs, { min }) }
}

/**
 * Runs a failure detector under the faults that it declares to tolerate, then heals and waits for three times the bound on
 * detection: by then every node that is down, or paused or cut off for good, must be suspected by all of the core, and none of the
 * core by any.
 */
export function runFailureDetector<M>(
  definition: FailureDetectorDefinition<M>,
  options: FailureDetectorRunOptions,
): DetectionResult {
  const run = detectorPlan(definition, options)
  const { ids, chaosMs, heartbeatIntervalMs, detectionTimeMs } = run
  const detectorOptions = { members: ids, heartbeatIntervalMs, detectionTimeMs }

  let judged: ReadonlySet<NodeId> = new Set()
  /** In which of its lives each peer came to be suspected last, by `observer peer`. */
  const suspectedLives = new Map<string, number>()
  const crashedAt = new Map<NodeId, number>()
  const detectionTimesMs: number[] = []
  let mistakes = 0
  const simulation: Simulation<FailureDetector<unknown>> = new Simulation<FailureDetector<unknown>>({
    seed: run.seed,
    nodes: ids,
    syncMs,
    clockBound: run.clockBound,
    traceLimit: run.traceLimit,
    stores: run.stores,
    forge: forgeries({ '': definition }),
    protocol: () => ({
      codec: definition.codec,
      create: (env) => definition.create(env, detectorOptions),
      listen: () => {},
    }),
    onIndication: (observer, path, indication) => {
      const event = indication as FailureDetectorIndication
      if (path !== '' || !judged.has(observer)) return
      if (event.type === 'unsure') simulation.marks.add('own-stall-noticed')
      if (event.type === 'restore') {
        const life = suspectedLives.get(`${observer} ${event.peer}`) ?? Infinity
        const renewed = simulation.incarnation(event.peer).incarnation > life
        simulation.marks.add(renewed ? 'new-life-trusted' : 'suspicion-withdrawn')
      }
      if (event.type !== 'suspect') return
      suspectedLives.set(`${observer} ${event.peer}`, simulation.incarnation(event.peer).incarnation)
      const down = crashedAt.get(event.peer)
      if (down !== undefined) detectionTimesMs.push(simulation.now - down)
      else if (!simulation.isPaused(event.peer) && simulation.connected(event.peer, observer)) {
        mistakes++
        simulation.marks.add('false-suspicion')
      }
    },
    onStart: (node) => crashedAt.delete(node),
    afterStep: (node) => {
      if (!simulation.isUp(node)) crashedAt.set(node, simulation.now)
      invariants.check(node)
    },
  })
  const violations = new Violations(simulation, definition.guarantees)
  const invariants = new InvariantChecks(definition.invariants, ids, simulation, violations)
  const schedule = scheduleOf(run, chaosMs, simulation.random.fork('schedule'))
  judged = judgedNodes(ids, schedule)
  invariants.judge(judged)
  strike(simulation, schedule)
  simulation.start()
  simulation.run(chaosMs)
  // Not everybody who is down comes back: completeness needs somebody to detect.
  const restarts = simulation.random.chance(0.5)
  const core = heal(simulation, restarts ? run : { ...run, faults: [] }, schedule)
  simulation.run(chaosMs + 3 * detectionTimeMs)

  for (const observer of core) {
    if (!simulation.isUp(observer)) continue
    for (const peer of ids) {
      if (peer === observer) continue
      const suspected = simulation.root(observer).verdict(peer) !== undefined
      if (suspected && core.includes(peer) && simulation.isUp(peer)) {
        violations.add('eventual-strong-accuracy', `${observer} suspects ${peer}, which is alive`)
      } else if (!suspected && !simulation.isUp(peer)) {
        violations.add('strong-completeness', `${observer} trusts ${peer}, which is down`)
      } else if (!suspected && (simulation.isPaused(peer) || !simulation.connected(peer, observer))) {
        violations.add('strong-completeness', `${observer} trusts ${peer}, of which it will hear nothing more`)
      }
    }
  }
  return { ...resultOf(run, simulation, violations), mistakes, detectionTimesMs }
}
