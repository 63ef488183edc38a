import type { NodeId } from '@quorate/core'
import type { FaultAction, ScheduledFault } from '../fault-action.js'

/** Faults that belong together, such as a pause and its end: without its end a fault would be another, and maybe one too many. */
export type Episode = readonly ScheduledFault[]

/** Takes a schedule apart. */
export function episodesOf(schedule: readonly ScheduledFault[]): readonly Episode[] {
  const episodes: ScheduledFault[][] = []
  /** What has begun and not ended, the oldest first: two cuts may be alike. */
  const open = new Map<string, ScheduledFault[][]>()
  /** What has brought each node down last. */
  const downing = new Map<NodeId, ScheduledFault[]>()
  for (const fault of schedule) {
    const { action } = fault
    const ended = endedBy(action)
    const begun = begunBy(action)
    let episode = ended === undefined ? undefined : open.get(ended)?.shift()
    if (action.type === 'restart') episode = downing.get(action.node)
    if (action.type === 'cut') episode = otherWay(fault, open)
    if (episode === undefined) episodes.push((episode = [fault]))
    else episode.push(fault)
    if (begun !== undefined) open.set(begun, [...(open.get(begun) ?? []), episode])
    if (brings(action) !== undefined) downing.set(brings(action) as NodeId, episode)
  }
  return episodes
}

/** What begins in an episode. */
export function withoutEnd(episode: Episode): Episode {
  return episode.filter(({ action }) => action.type !== 'restart' && endedBy(action) === undefined)
}

export function scheduleFrom(episodes: readonly Episode[]): ScheduledFault[] {
  return inOrder(episodes.flat())
}

/** In order of time; what comes at the same time stays in its order. */
export function inOrder<T extends { readonly atMs: number }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => a.atMs - b.atMs)
}

/** The most nodes that a schedule has down, about to go down, standing still, omitting or forgetting at a time. */
export function mostFaulty(schedule: readonly ScheduledFault[]): number {
  const spells = episodesOf(schedule).flatMap(spell)
  // The most are faulty when one more has just become so.
  return Math.max(
    0,
    ...spells.map(({ fromMs }) => {
      const faulty = spells.filter((other) => other.fromMs <= fromMs && fromMs <= other.toMs)
      return new Set(faulty.map(({ node }) => node)).size
    }),
  )
}

function spell(episode: Episode): readonly { readonly node: NodeId; readonly fromMs: number; readonly toMs: number }[] {
  const [first] = episode as readonly [ScheduledFault]
  const node = faulty(first.action)
  if (node === undefined) return []
  const lastMs = Math.max(...episode.map(({ atMs }) => atMs))
  const { action } = first
  const restarts = 'restartAfterMs' in action ? action.restartAfterMs : undefined
  const ends = restarts !== undefined || (episode.length > 1 && action.type !== 'crash')
  const back = episode.some((fault) => fault.action.type === 'restart')
  return [{ node, fromMs: first.atMs, toMs: ends || back ? lastMs + (restarts ?? 0) : Infinity }]
}

/** The node that a fault makes count as faulty. */
function faulty(action: FaultAction): NodeId | undefined {
  switch (action.type) {
    case 'pause':
    case 'omit':
    case 'slow':
    case 'bit-rot':
    case 'byzantine':
      return action.node
    case 'cut':
      return action.forGood
    case 'lying-disk':
      return action.lies ? action.node : undefined
    default:
      return brings(action)
  }
}

/** The node that a fault brings down, at once or on occasion. */
function brings(action: FaultAction): NodeId | undefined {
  const down = action.type === 'crash' || action.type === 'fail-sync' || (action.type === 'full-disk' && action.full)
  return down ? action.node : undefined
}

function begunBy(action: FaultAction): string | undefined {
  switch (action.type) {
    case 'pause':
      return `pause ${action.node}`
    case 'omit':
      return action.sends === undefined && action.receives === undefined ? undefined : `omit ${action.node}`
    case 'slow':
      return action.stepMs === undefined ? undefined : `slow ${action.node}`
    case 'lying-disk':
      return action.lies ? `lying-disk ${action.node}` : undefined
    case 'disk':
      return action.syncMs === undefined ? undefined : `disk ${action.node}`
    case 'full-disk':
      return action.full ? `full-disk ${action.node}` : undefined
    case 'crash':
      return action.afterSends === undefined ? undefined : `armed ${action.node}`
    case 'fail-sync':
      return `armed ${action.node}`
    case 'cut':
      return link(action.from, action.to)
    default:
      return undefined
  }
}

function endedBy(action: FaultAction): string | undefined {
  switch (action.type) {
    case 'resume':
      return `pause ${action.node}`
    case 'omit':
      return action.sends === undefined && action.receives === undefined ? `omit ${action.node}` : undefined
    case 'slow':
      return action.stepMs === undefined ? `slow ${action.node}` : undefined
    case 'lying-disk':
      return action.lies ? undefined : `lying-disk ${action.node}`
    case 'disk':
      return action.syncMs === undefined ? `disk ${action.node}` : undefined
    case 'full-disk':
      return action.full ? undefined : `full-disk ${action.node}`
    case 'spare':
      return `armed ${action.node}`
    case 'mend':
      return link(action.from, action.to)
    default:
      return undefined
  }
}

/** The cut of the other direction, when it comes at the same time: together they are a partition, one alone would be one-way. */
function otherWay(
  { atMs, action }: ScheduledFault,
  open: ReadonlyMap<string, readonly ScheduledFault[][]>,
): ScheduledFault[] | undefined {
  if (action.type !== 'cut') return undefined
  return open
    .get(link(action.to, action.from))
    ?.findLast((episode) => episode.length === 1 && episode[0]?.atMs === atMs && episode[0].action.type === 'cut')
}

function link(from: readonly NodeId[], to: readonly NodeId[]): string {
  return `cut ${from.join(',')} > ${to.join(',')}`
}
