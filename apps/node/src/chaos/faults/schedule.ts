import { invalidOption, seededRandom, type Random } from '@quorate/core'
import type { ChaosFaultKind } from './kinds.js'
import { shapeNames, type Shape } from './shapes.js'

/** Whom a fault hits: a node, or whoever leads when it comes. */
export type Victim = 'leader' | (string & {})

/** A fault as drawn, with times from the begin of the run in milliseconds. */
export type PlannedFault = { readonly atMs: number; readonly forMs: number } & FaultPlan

export type FaultPlan =
  | { readonly kind: 'kill' | 'restart' | 'pause'; readonly victim: Victim }
  | { readonly kind: 'full-disk'; readonly victim: string }
  /** `syncMs`: how much longer each sync takes. */
  | { readonly kind: 'slow-disk'; readonly victim: Victim; readonly syncMs: number }
  /** `order`: in which the nodes take their places in the shape; with `leaderFirst` the leader comes before them. */
  | {
      readonly kind: 'partition'
      readonly shape: Shape
      readonly order: readonly string[]
      readonly leaderFirst: boolean
    }
  /** Of all bytes from and to the victim. */
  | { readonly kind: 'delay'; readonly victim: Victim; readonly delayMs: number }
  | { readonly kind: 'connections'; readonly everyMs: number }
  /** How far each node's wall clock is off, in seconds. */
  | { readonly kind: 'clock'; readonly offsets: ReadonlyMap<string, number> }

export interface ScheduleOptions {
  readonly seed: number
  readonly nodes: readonly string[]
  readonly kinds: readonly ChaosFaultKind[]
  readonly durationMs: number
}

/** Without faults, at the begin, so that there is something to compare with, and at the end. */
const calmMs = { begin: 3_000, end: 3_000 } as const
const lengthMs = { min: 2_500, max: 5_000 } as const
const pauseMs = { min: 1_500, max: 4_000 } as const
/** Once each kind had its turn, the next fault may come so long before one ends. */
const overlapMs = 2_000

/** The least that a run needs to give each kind a turn. */
export function leastDurationMs(kinds: number): number {
  return calmMs.begin + calmMs.end + kinds * (lengthMs.min + pauseMs.min)
}

/** The node that has the small disk. */
export function smallDiskNode(seed: number, nodes: readonly string[]): string {
  return seededRandom(seed).fork('small disk').pick(nodes)
}

/**
 * Draws when which fault comes. Each kind has a turn before any has its second; from then on faults overlap. So it is with the shapes of
 * partitions, of which the first isolates the leader: nothing else finds out so soon who answers without asking a majority. Throws `QUORATE_INVALID_OPTION` when
 * there is not time enough for all.
 */
export function drawSchedule({ seed, nodes, kinds, durationMs }: ScheduleOptions): readonly PlannedFault[] {
  if (durationMs < leastDurationMs(kinds.length))
    throw invalidOption(
      '--seconds',
      durationMs / 1_000,
      `at least ${leastDurationMs(kinds.length) / 1_000}, so that each kind of fault has its turn: ${kinds.join(',')}`,
    )
  const random = seededRandom(seed).fork('faults')
  const endMs = durationMs - calmMs.end
  // The first turns share the time evenly if it is short.
  const turnMs = (endMs - calmMs.begin) / kinds.length
  const schedule: PlannedFault[] = []
  const partitions = drawPartitions(nodes, random.fork('partitions'))
  for (let atMs: number = calmMs.begin, turns = 0; kinds.length > 0; turns++) {
    for (const kind of random.shuffle(kinds)) {
      const first = turns === 0
      const lastMs = first ? Math.min(lengthMs.max, turnMs - pauseMs.min) : lengthMs.max
      const forMs = random.integer(lengthMs.min, Math.floor(lastMs))
      if (atMs + forMs > endMs) return schedule
      schedule.push({ atMs, forMs, ...(kind === 'partition' ? partitions() : drawPlan(kind, seed, nodes, random)) })
      const longestPauseMs = first ? Math.min(pauseMs.max, turnMs - forMs) : pauseMs.max
      atMs += forMs + random.integer(first ? pauseMs.min : -overlapMs, Math.floor(longestPauseMs))
    }
  }
  return schedule
}

function drawPartitions(nodes: readonly string[], random: Random): () => FaultPlan {
  let left: Shape[] = []
  let first = true
  return () => {
    if (left.length === 0) left = random.shuffle(shapeNames)
    const shape = first ? 'isolated' : (left[0] as Shape)
    left = left.filter((each) => each !== shape)
    const leaderFirst = first || random.chance(0.5)
    first = false
    return { kind: 'partition', shape, order: random.shuffle(nodes), leaderFirst }
  }
}

function drawPlan(
  kind: Exclude<ChaosFaultKind, 'partition'>,
  seed: number,
  nodes: readonly string[],
  random: Random,
): FaultPlan {
  // Every second time the leader: it is what there is most to lose with.
  const victim = random.chance(0.5) ? 'leader' : random.pick(nodes)
  switch (kind) {
    case 'kill':
    case 'restart':
    case 'pause':
      return { kind, victim }
    case 'full-disk':
      return { kind, victim: smallDiskNode(seed, nodes) }
    case 'slow-disk':
      return { kind, victim, syncMs: random.integer(50, 500) }
    case 'delay':
      return { kind, victim, delayMs: random.integer(20, 400) }
    case 'connections':
      return { kind, everyMs: random.integer(300, 1_500) }
    case 'clock':
      return { kind, offsets: new Map(nodes.map((id) => [id, drawOffset(random)])) }
  }
}

/** From a second to a day, ahead or behind, as likely small as large. */
function drawOffset(random: Random): number {
  const magnitude = random.pick([1, 10, 60, 3_600, 86_400])
  return (random.chance(0.5) ? 1 : -1) * magnitude * random.integer(1, 3)
}
