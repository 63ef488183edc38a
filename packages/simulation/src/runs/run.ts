import {
  invalidOption,
  requireInteger,
  requireNumber,
  type ClockBound,
  type Declaration,
  type FaultKind,
  type NodeId,
  type Protocol,
  type Random,
} from '@quorate/core'
import type { Coverage } from '../marks/marks.js'
import type { ScheduledFault } from '../fault-action.js'
import { nodeIds } from '../node-ids.js'
import type { ScheduledRequest } from '../scheduled-request.js'
import type { OpenStores } from '../simulation-options.js'
import { recordedLatencies, type LatencyName } from '../recorded-latencies.js'
import type { Simulation } from '../simulation.js'
import type { TraceEntry } from '../trace.js'
import type { Violation, Violations } from './checks.js'
import { requireForge, requireInjectable } from './injectable.js'
import { requireRequests } from './requests.js'
import { drawSchedule, healing } from './schedule.js'

/** The shortest and longest time until a write is durable in a run, in milliseconds. */
export const syncMs = [0.05, 2] as const

/** What every kind of run takes. */
export interface RunOptions {
  /** How many nodes there are, at least 1. */
  readonly nodes: number
  readonly seed: number
  /** How many nodes may be faulty at the same time. Default: all that the algorithm declares to survive. */
  readonly maxFaulty?: number
  /** Which faults are injected. Default: all that the algorithm declares to tolerate. */
  readonly faults?: readonly FaultKind[]
  /** What happens when, instead of a schedule drawn by the seed. */
  readonly schedule?: readonly ScheduledFault[]
  /** What is asked of whom and when, instead of requests drawn by the seed. */
  readonly requests?: readonly ScheduledRequest[]
  /**
   * Of a log: whether whoever is elected is cut off soon after. Default: if `partition` is among the faults the seed decides; with a
   * schedule nobody is.
   */
  readonly huntLeaders?: boolean
  /** The longest time that a message takes while delays are bounded, in milliseconds. Default 10. */
  readonly maxDelayMs?: number
  /** How long faults go on, in virtual milliseconds. Default: 100 times the longest delay. */
  readonly chaosMs?: number
  /** What the clocks declare of their error, and, unless a fault says otherwise, keep. Default 2 ms and 200 ppm. */
  readonly clockBound?: ClockBound
  /** How many of the newest entries of the trace are kept. Default 0. */
  readonly traceLimit?: number
  /**
   * Delays are drawn from this recording instead of evenly; then `maxDelayMs` is by default the longest one recorded. With another
   * `maxDelayMs` all of them are shrunk or stretched alike.
   */
  readonly latency?: LatencyName
  /** How nodes open their stores, such as `openWriteAheadLog`: faults of the disk's content take stores that lie on one. */
  readonly stores?: OpenStores
}

export interface RunResult {
  readonly seed: number
  /** Equal hashes: the same run, event by event. */
  readonly hash: string
  readonly events: number
  readonly virtualMs: number
  /** The first violation of each property; none when all held. */
  readonly violations: readonly Violation[]
  readonly trace: readonly TraceEntry[]
  /** How often which rare event happened, by the names in `coverageMarks`. What did not happen is left out. */
  readonly coverage: Coverage
  /** A command line that runs it again. What cannot be given on a command line is named in a comment at its end. */
  readonly command: string
}

/** The options of a run with every default filled in. */
export interface Plan {
  readonly ids: readonly NodeId[]
  readonly seed: number
  readonly maxFaulty: number
  readonly faults: readonly FaultKind[]
  readonly schedule: readonly ScheduledFault[] | undefined
  readonly requests: readonly ScheduledRequest[] | undefined
  readonly huntLeaders: boolean | undefined
  readonly maxDelayMs: number
  readonly chaosMs: number
  readonly clockBound: ClockBound
  readonly traceLimit: number
  readonly stores: OpenStores | undefined
  readonly latency: LatencyName | undefined
  readonly command: string
}

/** What says how its messages, or its children's, are lied about. */
interface Forges {
  forge?(...lie: never): unknown
  readonly childForges?: object
}

/** What is run, as it is called on the command line. */
export type RunKind = 'election' | 'vote' | 'detector' | 'log'

/** Throws `QUORATE_INVALID_OPTION`, and for faults what `requireInjectable` and `requireForge` throw. `carrier`: the election of a log. */
export function plan(kind: RunKind, definition: Declaration & Forges, options: RunOptions, carrier: Forges = {}): Plan {
  const nodes = requireInteger('nodes', options.nodes, { min: 1, max: 64 })
  const seed = requireInteger('seed', options.seed, { min: 0 })
  const maxFaulty = requireInteger('maxFaulty', options.maxFaulty ?? definition.resilience(nodes), {
    min: 0,
    max: nodes,
  })
  const faults = options.faults ?? definition.tolerates
  if (options.schedule === undefined) {
    requireInjectable(definition.name, faults, {
      disks: options.stores !== undefined,
      forge: definition.forge !== undefined,
    })
  } else if ([definition.forge, definition.childForges, carrier.forge].every((each) => each === undefined)) {
    requireForge(definition.name, options.schedule)
  }
  const maxDelayMs = requireNumber('maxDelayMs', options.maxDelayMs ?? usualDelayMs(options.latency), {
    min: 0.01,
    max: 60_000,
  })
  const chaosMs = requireNumber('chaosMs', options.chaosMs ?? 100 * maxDelayMs, { min: 0, max: 86_400_000 })
  const clockBound = options.clockBound ?? { wallErrorMs: 2, ratePpm: 200 }
  const traceLimit = options.traceLimit ?? 0
  if (options.schedule?.some(({ atMs }) => atMs > chaosMs) === true) {
    throw invalidOption('schedule', options.schedule.length, `one whose faults all come before chaosMs, ${chaosMs}`)
  }
  if (options.requests !== undefined) requireRequests(kind, options.requests, chaosMs)
  return {
    ids: nodeIds(nodes),
    seed,
    maxFaulty,
    faults,
    schedule: options.schedule,
    requests: options.requests,
    huntLeaders: options.huntLeaders ?? (options.schedule === undefined ? undefined : false),
    maxDelayMs,
    chaosMs,
    clockBound,
    traceLimit,
    stores: options.stores,
    latency: options.latency,
    command: replayCommand(kind, definition, options, { nodes, seed, maxFaulty, faults, maxDelayMs, chaosMs }),
  }
}

/** The longest delay where none is given, in milliseconds. */
export function usualDelayMs(latency: LatencyName | undefined): number {
  if (latency === undefined) return 10
  if (Object.hasOwn(recordedLatencies, latency)) return recordedLatencies[latency].longestMs
  throw invalidOption('latency', latency, `one of ${Object.keys(recordedLatencies).join(', ')}`)
}

interface Replayed {
  readonly nodes: number
  readonly seed: number
  readonly maxFaulty: number
  readonly faults: readonly FaultKind[]
  readonly maxDelayMs: number
  readonly chaosMs: number
}

/** What has an option on the command line, or does not change the run. */
const replayable: ReadonlySet<string> = new Set<keyof RunOptions>([
  'nodes',
  'seed',
  'maxFaulty',
  'faults',
  'maxDelayMs',
  'chaosMs',
  'latency',
  'traceLimit',
])

function replayCommand(kind: string, definition: Declaration, options: RunOptions, run: Replayed): string {
  const parts = [`npx quorate run ${kind} --algorithm ${definition.name} --nodes ${run.nodes} --seed ${run.seed}`]
  parts.push(run.faults === definition.tolerates ? '--faults declared' : `--faults ${run.faults.join(',') || 'none'}`)
  if (run.maxFaulty !== definition.resilience(run.nodes)) parts.push(`--max-faulty ${run.maxFaulty}`)
  if (options.latency !== undefined) parts.push(`--latency ${options.latency}`)
  if (run.maxDelayMs !== usualDelayMs(options.latency)) parts.push(`--max-delay ${run.maxDelayMs}ms`)
  if (run.chaosMs !== 100 * run.maxDelayMs) parts.push(`--chaos ${run.chaosMs}ms`)
  const others = Object.entries(options).flatMap(([name, value]) =>
    value === undefined || replayable.has(name) ? [] : [name],
  )
  if (others.length > 0) parts.push(`# and ${others.join(', ')} as the caller gave them`)
  return parts.join(' ')
}

/** The schedule of a run: the one given, or one drawn by its seed for `chaosMs`. */
export function scheduleOf(plan: Plan, chaosMs: number, random: Random): readonly ScheduledFault[] {
  return plan.schedule ?? drawSchedule({ ...plan, chaosMs, random })
}

/** Puts a schedule into a simulation. How links and clocks are from the beginning holds before any node starts. */
export function strike<Root extends Protocol<unknown>>(
  simulation: Simulation<Root>,
  schedule: readonly ScheduledFault[],
): void {
  const initial = new Set(['links', 'clock', 'cut'])
  for (const { atMs, action } of schedule) {
    if (atMs === 0 && initial.has(action.type)) simulation.apply(action)
    else simulation.at(atMs, () => simulation.apply(action))
  }
}

/**
 * Ends all faults that can end, and returns the core: the nodes that must go on. What crashed for good stays down, as does everybody where
 * restarting is not tolerated; what is cut off or paused for good stays so. Those, and nodes that are Byzantine, are not of the core.
 */
export function heal<Root extends Protocol<unknown>>(
  simulation: Simulation<Root>,
  { ids, faults, maxDelayMs }: Plan,
  schedule: readonly ScheduledFault[],
): readonly NodeId[] {
  const left = leftBehind(schedule, simulation)
  simulation.marks.add('left-behind', left.size)
  const gone = new Set(schedule.flatMap(({ action }) => (action.type === 'crash' && action.forGood ? action.node : [])))
  const restarting = faults.includes('crash-recovery') ? ids.filter((id) => !gone.has(id)) : []
  const afflicted = (type: 'omit' | 'disk' | 'full-disk' | 'lying-disk' | 'slow') =>
    new Set(schedule.flatMap(({ action }) => (action.type === type ? action.node : [])))
  for (const node of afflicted('full-disk')) simulation.apply({ type: 'full-disk', node, full: false })
  for (const node of afflicted('lying-disk')) simulation.apply({ type: 'lying-disk', node, lies: false })
  for (const action of healing(ids, restarting, maxDelayMs)) {
    if (action.type !== 'resume' || !left.has(action.node)) simulation.apply(action)
  }
  const recorded = schedule.some(
    ({ action }) => action.type === 'links' && (action.conditions.latency ?? 'uniform') !== 'uniform',
  )
  if (recorded) simulation.apply({ type: 'links', conditions: { minDelayMs: 0 } })
  // All links were mended at once: those that are cut for good are cut again.
  for (const { action } of schedule) if (action.type === 'cut' && action.forGood !== undefined) simulation.apply(action)
  for (const node of afflicted('omit')) simulation.apply({ type: 'omit', node })
  for (const node of afflicted('disk')) simulation.apply({ type: 'disk', node })
  for (const node of afflicted('slow')) simulation.apply({ type: 'slow', node })
  // What is still under way, however late, belongs to the faults.
  if (faults.includes('delay') || faults.includes('slow-disk')) simulation.run(simulation.now + 11 * maxDelayMs)
  const judged = judgedNodes(ids, schedule)
  return ids.filter((id) => judged.has(id) && !left.has(id))
}

/** Whose deeds and words are judged: all but the Byzantine nodes', whenever they become it. */
export function judgedNodes(ids: readonly NodeId[], schedule: readonly ScheduledFault[]): ReadonlySet<NodeId> {
  const byzantine = new Set(schedule.flatMap(({ action }) => (action.type === 'byzantine' ? action.node : [])))
  return new Set(ids.filter((id) => !byzantine.has(id)))
}

/**
 * Who is left behind when faults cease. What was to crash for good and still waits for its occasion, or to be paused and was down just then,
 * is as good as the others.
 */
function leftBehind(
  schedule: readonly ScheduledFault[],
  simulation: Pick<Simulation<never>, 'isUp' | 'isPaused'>,
): ReadonlySet<NodeId> {
  return new Set(
    schedule.flatMap(({ action }) => {
      if (action.type === 'cut') return action.forGood ?? []
      if ((action.type !== 'pause' && action.type !== 'crash') || action.forGood !== true) return []
      const struck = action.type === 'pause' ? simulation.isPaused(action.node) : !simulation.isUp(action.node)
      return struck ? action.node : []
    }),
  )
}

/**
 * Runs until `untilMs`, or until `reached` has held for long: then nothing more is to be expected. Looks every `everyMs`; twenty
 * times on end are long.
 */
export function settle<Root extends Protocol<unknown>>(
  simulation: Simulation<Root>,
  untilMs: number,
  everyMs: number,
  reached: () => boolean,
): void {
  for (let held = 0; held < 20 && simulation.now < untilMs; held = reached() ? held + 1 : 0) {
    simulation.run(Math.min(simulation.now + everyMs, untilMs))
  }
}

export function resultOf<Root extends Protocol<unknown>>(
  { seed, command }: Plan,
  simulation: Simulation<Root>,
  violations: Violations,
): RunResult {
  return {
    seed,
    hash: simulation.hash,
    events: simulation.events,
    virtualMs: simulation.now,
    violations: violations.found,
    trace: simulation.trace,
    coverage: simulation.marks.counts,
    command,
  }
}
