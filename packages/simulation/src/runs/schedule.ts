import type { ClockBound, FaultKind, NodeId, Random } from '@quorate/core'
import type { FaultAction, ScheduledFault } from '../fault-action.js'
import { drawCuts, fits, symmetricShapes, type Cut, type PartitionShape } from '../partition-shapes.js'
import type { LatencyName } from '../recorded-latencies.js'
import { processFaults } from './process-faults.js'

import { beyondBound, slowestPpm, wallBoundMs } from './clock-errors.js'

export interface ScheduleOptions {
  readonly ids: readonly NodeId[]
  readonly faults: readonly FaultKind[]
  readonly maxFaulty: number
  readonly chaosMs: number
  readonly maxDelayMs: number
  readonly clockBound: ClockBound
  readonly random: Random
  /** The recording that delays are drawn from; `undefined`: none. */
  readonly latency?: LatencyName | undefined
}

/**
 * Draws what goes wrong in a run. Each tolerated fault is switched on with probability 2/3, and strikes at random times, at a rate
 * that is drawn, too: seeds differ in kind and not only in degree. No more than `maxFaulty` nodes are faulty at a time. What is done for good is not
 * taken back when faults cease: the nodes that it leaves are a random core, large enough for the algorithm, which must go on without the others.
 *
 * A. Groce et al., "Swarm testing", ISSTA 2012.
 */
export function drawSchedule(options: ScheduleOptions): ScheduledFault[] {
  const { random, faults, chaosMs } = options
  const on = new Set(faults.filter(() => random.chance(2 / 3)))
  return [
    ...linkConditions(on, options),
    ...clocks(on, options),
    ...partitions(on, options),
    ...disks(on, options),
    ...processFaults(on, options),
  ]
    .filter(({ atMs }) => atMs <= chaosMs)
    .sort((a, b) => a.atMs - b.atMs)
}

/** What ends all faults that can end: links work and keep their bounds, nobody is paused, and `restarting` start if they are down. */
export function healing(
  ids: readonly NodeId[],
  restarting: readonly NodeId[],
  maxDelayMs: number,
): readonly FaultAction[] {
  return [
    { type: 'heal' },
    {
      type: 'links',
      conditions: { minDelayMs: maxDelayMs / 10, maxDelayMs, loss: 0, duplication: 0, straggling: 0, corruption: 0 },
    },
    ...ids.map((node): FaultAction => ({ type: 'resume', node })),
    ...ids.map((node): FaultAction => ({ type: 'spare', node })),
    ...restarting.map((node): FaultAction => ({ type: 'restart', node })),
  ]
}

function linkConditions(
  on: ReadonlySet<FaultKind>,
  { random, maxDelayMs, latency }: ScheduleOptions,
): ScheduledFault[] {
  // From one run to the next the shortest delay varies from almost none to almost the longest.
  const rate = (kind: FaultKind, most: number): number => (on.has(kind) ? most * random.fraction() : 0)
  const conditions = {
    minDelayMs: latency === undefined ? maxDelayMs * 0.95 * random.fraction() : 0,
    maxDelayMs,
    loss: rate('loss', 0.4),
    duplication: rate('duplication', 0.4),
    straggling: rate('delay', 0.3),
    corruption: rate('corruption', 0.1),
    ordered: !on.has('reordering'),
    ...(latency !== undefined && { latency }),
  }
  return [{ atMs: 0, action: { type: 'links', conditions } }]
}

function clocks(on: ReadonlySet<FaultKind>, { ids, clockBound, random, chaosMs }: ScheduleOptions): ScheduledFault[] {
  const wallBound = wallBoundMs(clockBound)
  const rateBound = Number.isFinite(clockBound.ratePpm) ? clockBound.ratePpm : 1000
  const within = (bound: number): number => bound * (2 * random.fraction() - 1)
  const beyond = (bound: number): number => beyondBound(bound, random)
  const drawn: ScheduledFault[] = []
  for (const node of ids) {
    const wallErrorMs = on.has('clock-skew') && random.chance(0.5) ? beyond(wallBound) : within(wallBound)
    const drawnPpm = on.has('clock-drift') && random.chance(0.5) ? beyond(rateBound) : within(rateBound)
    const ratePpm = Math.max(drawnPpm, slowestPpm)
    drawn.push({ atMs: 0, action: { type: 'clock', node, wallErrorMs, ratePpm } })
    if (on.has('clock-jump') && random.chance(0.5)) {
      drawn.push({ atMs: chaosMs * random.fraction(), action: { type: 'clock', node, wallErrorMs: beyond(wallBound) } })
    }
  }
  return drawn
}

function partitions(on: ReadonlySet<FaultKind>, { ids, random, chaosMs }: ScheduleOptions): ScheduledFault[] {
  const drawn: ScheduledFault[] = []
  const shapes: PartitionShape[] = []
  // Each kind as often as the other, however many shapes it has.
  if (on.has('partition')) shapes.push(...symmetricShapes)
  if (on.has('one-way-partition')) shapes.push(...symmetricShapes.map(() => 'one-way' as const))
  const possible = shapes.filter((shape) => fits(shape, ids.length))
  if (possible.length === 0) return drawn
  for (let count = random.integer(1, 5); count > 0; count--) {
    const shape = random.pick(possible)
    const cuts = drawCuts(shape, ids, random)
    const atMs = chaosMs * random.fraction()
    drawn.push(...cuts.map((cut, place) => ({ atMs, action: cutting(cut, place === 0 ? shape : undefined) })))
    if (random.chance(0.2)) continue
    const untilMs = atMs + chaosMs * 0.5 * random.fraction()
    for (const cut of cuts) drawn.push({ atMs: untilMs, action: { type: 'mend', ...cut } })
  }
  return drawn
}

/** The first cut of a partition says of which shape it is. */
function cutting(cut: Cut, shape: PartitionShape | undefined): FaultAction {
  return { type: 'cut', ...cut, ...(shape !== undefined && { shape }) }
}

function disks(on: ReadonlySet<FaultKind>, { ids, random, chaosMs, maxDelayMs }: ScheduleOptions): ScheduledFault[] {
  if (!on.has('slow-disk')) return []
  return ids.flatMap((node) => {
    const atMs = chaosMs * random.fraction()
    const untilMs = atMs + chaosMs * 0.5 * random.fraction()
    const syncMs = [0, 10 * maxDelayMs * random.fraction()] as const
    return [
      { atMs, action: { type: 'disk', node, syncMs } },
      { atMs: untilMs, action: { type: 'disk', node } },
    ]
  })
}
