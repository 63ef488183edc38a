import {
  faults as faultKinds,
  QuorateError,
  type ClockBound,
  type FaultKind,
  type NodeId,
  type Random,
} from '@quorate/core'
import type { FaultAction, ScheduledFault } from '../fault-action.js'

/** However far off its rate may be, time goes on: at no less than a tenth of its speed. */
const slowestPpm = -900_000

const injectable: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'crash-stop',
  'crash-recovery',
  'send-omission',
  'receive-omission',
  'loss',
  'duplication',
  'reordering',
  'corruption',
  'partition',
  'one-way-partition',
  'delay',
  'pause',
  'clock-skew',
  'clock-drift',
  'clock-jump',
  'failed-sync',
  'slow-disk',
  'full-disk',
  'torn-write',
  'bit-rot',
])

/** What strikes the content of a disk: stores without one are not reached by it. */
const ofDisks: ReadonlySet<FaultKind> = new Set<FaultKind>(['torn-write', 'bit-rot'])

/** Throws `QUORATE_FAULT_NOT_IMPLEMENTED` for faults that cannot be injected: a claim that is not attacked is not shown. */
export function requireInjectable(name: string, kinds: readonly FaultKind[], onDisks: boolean): void {
  const diskless = onDisks ? [] : kinds.filter((kind) => ofDisks.has(kind))
  if (diskless.length > 0) {
    throw new QuorateError(
      'QUORATE_FAULT_NOT_IMPLEMENTED',
      `${name}: ${diskless.join(', ')} strikes disks, and the nodes have none; pass \`stores\`, such as openWriteAheadLog`,
      { faults: diskless },
    )
  }
  const missing = kinds.filter((kind) => !injectable.has(kind))
  if (missing.length === 0) return
  const known = missing.every((kind) => kind in faultKinds)
  throw new QuorateError(
    known ? 'QUORATE_FAULT_NOT_IMPLEMENTED' : 'QUORATE_UNKNOWN_FAULT',
    `${name}: the simulator cannot inject ${missing.join(', ')}; it can: ${[...injectable].join(', ')}`,
    { faults: missing },
  )
}

export interface ScheduleOptions {
  readonly ids: readonly NodeId[]
  readonly faults: readonly FaultKind[]
  readonly maxFaulty: number
  readonly chaosMs: number
  readonly maxDelayMs: number
  readonly clockBound: ClockBound
  readonly random: Random
}

/**
 * Draws what goes wrong in a run. Each tolerated fault is switched on with probability 2/3, so that seeds differ in kind and not
 * only in degree, and strikes at random times. No more than `maxFaulty` nodes are down or paused at a time; what crashed for
 * good stays down.
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

function linkConditions(on: ReadonlySet<FaultKind>, { random, maxDelayMs }: ScheduleOptions): ScheduledFault[] {
  // From one run to the next the shortest delay varies from almost none to almost the longest.
  const conditions = {
    minDelayMs: maxDelayMs * 0.95 * random.fraction(),
    maxDelayMs,
    loss: on.has('loss') ? 0.4 * random.fraction() : 0,
    duplication: on.has('duplication') ? 0.4 * random.fraction() : 0,
    straggling: on.has('delay') ? 0.3 * random.fraction() : 0,
    corruption: on.has('corruption') ? 0.1 * random.fraction() : 0,
    ordered: !on.has('reordering'),
  }
  return [{ atMs: 0, action: { type: 'links', conditions } }]
}

function clocks(on: ReadonlySet<FaultKind>, { ids, clockBound, random, chaosMs }: ScheduleOptions): ScheduledFault[] {
  const wallBound = Number.isFinite(clockBound.wallErrorMs) ? clockBound.wallErrorMs : 1000
  const rateBound = Number.isFinite(clockBound.ratePpm) ? clockBound.ratePpm : 1000
  const within = (bound: number): number => bound * (2 * random.fraction() - 1)
  const beyond = (bound: number): number => (random.chance(0.5) ? 1 : -1) * bound * (1 + 20 * random.fraction())
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
  const kinds = (['partition', 'one-way-partition'] as const).filter((kind) => on.has(kind))
  if (kinds.length === 0 || ids.length < 2) return drawn
  for (let count = random.integer(1, 5); count > 0; count--) {
    const shuffled = random.shuffle(ids)
    const size = random.integer(1, ids.length - 1)
    const [one, other] = [shuffled.slice(0, size), shuffled.slice(size)]
    const atMs = chaosMs * random.fraction()
    const cuts = [{ from: one, to: other }]
    if (random.pick(kinds) === 'partition') cuts.push({ from: other, to: one })
    for (const cut of cuts) drawn.push({ atMs, action: { type: 'cut', ...cut } })
    if (random.chance(0.2)) continue
    const untilMs = atMs + chaosMs * 0.5 * random.fraction()
    for (const cut of cuts) drawn.push({ atMs: untilMs, action: { type: 'mend', ...cut } })
  }
  return drawn
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

const processKinds = [
  'crash-stop',
  'crash-recovery',
  'pause',
  'send-omission',
  'receive-omission',
  'failed-sync',
  'full-disk',
  'bit-rot',
] as const satisfies readonly FaultKind[]
type ProcessKind = (typeof processKinds)[number]

function processFaults(on: ReadonlySet<FaultKind>, options: ScheduleOptions): ScheduledFault[] {
  const { ids, random, maxFaulty, chaosMs } = options
  const kinds = processKinds.filter((kind) => on.has(kind))
  if (kinds.length === 0 || maxFaulty === 0) return []
  const drawn: ScheduledFault[] = []
  // Each of so many slots holds one faulty node at a time: that bounds how many are faulty at once.
  const nodes = random.shuffle(ids)
  const perSlot = Math.floor(nodes.length / maxFaulty)
  for (let slot = 0; slot < maxFaulty; slot++) {
    const own = nodes.slice(slot * perSlot, (slot + 1) * perSlot)
    let atMs = chaosMs * random.fraction() * (random.chance(0.5) ? 0.3 : 1)
    while (atMs < chaosMs && random.chance(0.9)) {
      const episode = processFault(random.pick(kinds), random.pick(own), atMs, on, options)
      drawn.push(...episode.faults)
      atMs = episode.untilMs + chaosMs * 0.2 * random.fraction()
    }
  }
  return drawn
}

/** One fault of one node, from `atMs` until it is over: never, if it is for good. */
interface Episode {
  readonly faults: readonly ScheduledFault[]
  readonly untilMs: number
}

function processFault(
  kind: ProcessKind,
  node: NodeId,
  atMs: number,
  on: ReadonlySet<FaultKind>,
  options: ScheduleOptions,
): Episode {
  const { random, chaosMs } = options
  const untilMs = atMs + chaosMs * 0.3 * random.fraction()
  const between = (begin: FaultAction, end: FaultAction): Episode => ({
    faults: [
      { atMs, action: begin },
      { atMs: untilMs, action: end },
    ],
    untilMs,
  })
  switch (kind) {
    case 'pause':
      return between({ type: 'pause', node }, { type: 'resume', node })
    case 'send-omission':
      return between({ type: 'omit', node, sends: random.fraction() }, { type: 'omit', node })
    case 'receive-omission':
      return between({ type: 'omit', node, receives: random.fraction() }, { type: 'omit', node })
    case 'full-disk': {
      const { faults } = between({ type: 'full-disk', node, full: true }, { type: 'full-disk', node, full: false })
      // Started too early, it finds its disk as full as before.
      const early = { atMs: atMs + (untilMs - atMs) * random.fraction(), action: { type: 'restart', node } } as const
      return { faults: [...faults, early, { atMs: untilMs, action: { type: 'restart', node } }], untilMs }
    }
    case 'bit-rot':
      // It lies there unseen, until it is read.
      return {
        faults: [
          { atMs, action: { type: 'bit-rot', node } },
          { atMs: untilMs, action: { type: 'crash', node, restartAfterMs: chaosMs * 0.1 * random.fraction() } },
        ],
        untilMs: Infinity,
      }
    case 'crash-stop':
      return {
        faults: [{ atMs, action: { type: 'crash', node, ...occasion(on, options), forGood: true } }],
        untilMs: Infinity,
      }
    case 'crash-recovery':
    case 'failed-sync': {
      // Often a quick restart: the former life's messages are still on their way.
      const restartAfterMs = chaosMs * (random.chance(0.5) ? 0.02 : 0.3) * random.fraction()
      const how = occasion(on, options)
      const action: FaultAction =
        kind === 'failed-sync'
          ? { type: 'fail-sync', node, restartAfterMs }
          : { type: 'crash', node, ...how, restartAfterMs }
      if (action.type === 'crash' && action.afterSends === undefined) {
        const backMs = atMs + restartAfterMs
        if (action.cached !== true || random.chance(0.3)) return { faults: [{ atMs, action }], untilMs: backMs }
        const episode = again(node, backMs, restartAfterMs, options)
        return { ...episode, faults: [{ atMs, action }, ...episode.faults] }
      }
      // What waits for an occasion may wait for a while, and is then called off.
      const episode = between(action, { type: 'spare', node })
      return { ...episode, untilMs: untilMs + restartAfterMs }
    }
  }
}

/** When only a process has died, its machine may go down as soon as the next life says what rests on what it has found. */
function again(
  node: NodeId,
  backMs: number,
  restartAfterMs: number,
  { ids, random, maxDelayMs }: ScheduleOptions,
): Episode {
  const afterSends = random.integer(0, ids.length)
  const spareMs = backMs + 5 * maxDelayMs
  return {
    faults: [
      // Right behind the restart, which comes at `backMs`.
      { atMs: backMs + 1e-6, action: { type: 'crash', node, afterSends, finishes: true, restartAfterMs } },
      { atMs: spareMs, action: { type: 'spare', node } },
    ],
    untilMs: spareMs + restartAfterMs,
  }
}

/**
 * When a crash strikes. Three of four do where algorithms break: in the midst of a broadcast, or when a message has just left and
 * what was written before it is not durable.
 */
function occasion(on: ReadonlySet<FaultKind>, { ids, random }: ScheduleOptions) {
  const loss = on.has('torn-write') ? random.pick([{}, { torn: true }, { torn: true }, { cached: true }]) : {}
  if (random.chance(0.25)) return { survivors: random.integer(0, 2), ...loss }
  const broadcasts = random.pick([1, 1, 2, 3])
  return { afterSends: random.integer(0, broadcasts * ids.length - 1), finishes: random.chance(0.3), ...loss }
}
