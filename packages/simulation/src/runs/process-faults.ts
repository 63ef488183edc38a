import type { FaultKind, NodeId, Random } from '@quorate/core'
import type { Misconduct } from '../byzantine.js'
import type { FaultAction, ScheduledFault } from '../fault-action.js'
import { beyondBound, wallBoundMs } from './clock-errors.js'
import type { ScheduleOptions } from './schedule.js'

const processKinds = [
  'crash-stop',
  'crash-recovery',
  'pause',
  'send-omission',
  'receive-omission',
  'failed-sync',
  'full-disk',
  'bit-rot',
  'slow-process',
  'lost-write',
  'byzantine',
] as const satisfies readonly FaultKind[]
type ProcessKind = (typeof processKinds)[number]

/** Faults of single nodes, of no more than `maxFaulty` at a time, and of some of them for good: those are left behind. */
export function processFaults(on: ReadonlySet<FaultKind>, options: ScheduleOptions): ScheduledFault[] {
  const { ids, random, maxFaulty, chaosMs } = options
  const kinds = processKinds.filter((kind) => on.has(kind))
  if (maxFaulty === 0) return []
  const drawn: ScheduledFault[] = []
  // Each of so many slots holds one faulty node at a time: that bounds how many are faulty at once.
  const nodes = random.shuffle(ids)
  const perSlot = Math.floor(nodes.length / maxFaulty)
  const gapMs = chaosMs * 0.4 * random.fraction()
  const leaves = random.fraction()
  for (let slot = 0; slot < maxFaulty; slot++) {
    const own = nodes.slice(slot * perSlot, (slot + 1) * perSlot)
    if (on.has('byzantine') && random.chance(0.5)) {
      // Most are so from the beginning.
      drawn.push(...processFault('byzantine', random.pick(own), 0, on, options).faults)
      continue
    }
    let atMs = chaosMs * random.fraction() * (random.chance(0.5) ? 0.3 : 1)
    let faulty: NodeId | undefined
    while (kinds.length > 0 && atMs < chaosMs && random.chance(0.9)) {
      const node = random.pick(own)
      const episode = processFault(random.pick(kinds), node, atMs, on, options)
      drawn.push(...episode.faults)
      atMs = episode.untilMs + gapMs * random.fraction()
      faulty = episode.untilMs >= chaosMs ? node : undefined
    }
    if (atMs === Infinity || !random.chance(leaves)) continue
    drawn.push(...leavingBehind(faulty ?? random.pick(own), on, options))
  }
  return drawn
}

/** What a node is left behind by when faults cease: down, paused or cut off for good, as far as that is to be survived. */
function leavingBehind(node: NodeId, on: ReadonlySet<FaultKind>, { ids, random, chaosMs: atMs }: ScheduleOptions) {
  const others = ids.filter((id) => id !== node)
  const cut = (from: readonly NodeId[], to: readonly NodeId[]): ScheduledFault => {
    return { atMs, action: { type: 'cut', from, to, forGood: node } }
  }
  const ways: ScheduledFault[][] = []
  if (on.has('crash-stop') || on.has('crash-recovery'))
    ways.push([{ atMs, action: { type: 'crash', node, forGood: true } }])
  if (on.has('pause')) ways.push([{ atMs, action: { type: 'pause', node, forGood: true } }])
  if (on.has('partition')) ways.push([cut([node], others), cut(others, [node])])
  if (on.has('one-way-partition')) ways.push([random.chance(0.5) ? cut([node], others) : cut(others, [node])])
  return ways.length === 0 ? [] : random.pick(ways)
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
  const { random, chaosMs, maxDelayMs } = options
  const untilMs = atMs + chaosMs * 0.3 * random.fraction()
  const between = (begin: FaultAction, end: FaultAction): Episode => ({
    faults: [
      { atMs, action: begin },
      { atMs: untilMs, action: end },
    ],
    untilMs,
  })
  switch (kind) {
    case 'pause': {
      const { faults } = between({ type: 'pause', node }, { type: 'resume', node })
      if (!on.has('clock-jump') || random.chance(0.5)) return { faults, untilMs }
      // A machine that slept may find its clock set when it wakes.
      const wallErrorMs = beyondBound(wallBoundMs(options.clockBound), random)
      const jump = { atMs: (atMs + untilMs) / 2, action: { type: 'clock', node, wallErrorMs } } as const
      return { faults: [...faults, jump], untilMs }
    }
    case 'slow-process':
      return between({ type: 'slow', node, stepMs: [0, 10 * maxDelayMs * random.fraction()] }, { type: 'slow', node })
    case 'lost-write': {
      // Nothing shows before the crash.
      const restartAfterMs = chaosMs * 0.1 * random.fraction()
      const crash: FaultAction = { type: 'crash', node, restartAfterMs }
      const { faults } = between({ type: 'lying-disk', node, lies: true }, crash)
      const honest = { atMs: untilMs, action: { type: 'lying-disk', node, lies: false } } as const
      return { faults: [...faults, honest], untilMs: untilMs + restartAfterMs }
    }
    case 'byzantine':
      return { faults: [{ atMs, action: { type: 'byzantine', node, ...misconduct(random) } }], untilMs: Infinity }
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

/** How bad a Byzantine node is: often in one way only, sometimes in all. */
function misconduct(random: Random): Misconduct {
  const rate = (): number => (random.chance(0.5) ? random.fraction() : 0)
  return { lies: rate(), equivocates: rate(), replays: rate(), silent: 0.5 * rate() }
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
