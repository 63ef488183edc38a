import { compareIds, type NodeId } from '@quorate/core'
import type { FaultFlags } from './fault-flags.js'
import type { Observation } from './observations.js'
import type { RunKind } from './run-request.js'

/** Something that happened, told for people. */
export interface Told {
  readonly atMs: number
  readonly says: string
}

/** The most lines that a timeline has; what lies in the middle of a longer one is left out, and said to be. */
const maxLines = 120

/** What happened in a run, as far as it matters to its kind, in order of time. What nodes say alike at one instant is one line. */
export function timeline(kind: RunKind, history: readonly Observation[], faults: FaultFlags): readonly Told[] {
  const told: (Told & { readonly nodes: NodeId[]; readonly verb: string })[] = []
  const started = new Set<NodeId>()
  for (const observation of history) {
    const verb = verbOf(kind, observation, started)
    if (verb === undefined) continue
    const { atMs, node } = observation
    const last = told.at(-1)
    if (last?.atMs === atMs && last.verb === verb) last.nodes.push(node)
    else told.push({ atMs, nodes: [node], verb, says: '' })
  }
  const own = told.map(({ atMs, nodes, verb }) => ({
    atMs,
    says: `${nodes.sort(compareIds).join(', ')} ${agree(verb, nodes.length)}`,
  }))
  return shortened([...own, ...faultsTold(faults)].sort((a, b) => a.atMs - b.atMs))
}

/** `{names|name} n3` becomes `names n3` of one and `name n3` of several. */
function agree(verb: string, subjects: number): string {
  return verb.replaceAll(/\{([^|]*)\|([^}]*)\}/g, subjects === 1 ? '$1' : '$2')
}

function verbOf(kind: RunKind, observation: Observation, started: Set<NodeId>): string | undefined {
  switch (observation.type) {
    case 'process': {
      const again = started.has(observation.node)
      started.add(observation.node)
      if (observation.state === 'paused') return '{is|are} stopped'
      if (observation.state === 'down') return '{crashes|crash}'
      return again ? '{starts|start} again' : '{starts|start}'
    }
    case 'leader-changed': {
      if (kind !== 'election') return undefined
      const { leader, term } = observation
      return leader === undefined ? '{knows|know} no leader' : `{names|name} ${leader} as leader, term ${term.number}`
    }
    case 'suspect':
      return kind === 'vote' ? undefined : `{suspects|suspect} ${observation.peer}: ${observation.verdict}`
    case 'restore':
      return kind === 'vote' ? undefined : `{trusts|trust} ${observation.peer} again`
    case 'unsure':
      return kind === 'detector' ? 'stood still itself and {accuses|accuse} nobody for now' : undefined
    case 'vote-opened':
      return kind === 'vote' ? `{takes|take} part with ${observation.value}` : undefined
    case 'decided':
      return kind === 'vote' ? `{decides|decide} ${observation.value}` : undefined
  }
}

function faultsTold({ partitions, clockSkews, links }: FaultFlags): Told[] {
  const told: Told[] = []
  for (const { node, errorMs } of clockSkews) {
    const off = `${Math.abs(errorMs)} ms`
    const says = `${node}'s clock is ${off} ${errorMs < 0 ? 'behind' : 'ahead'}`
    told.push({ atMs: 0, says: node === undefined ? `clocks are wrong by up to ${off}` : says })
  }
  const { minDelayMs, maxDelayMs, loss } = links
  if (maxDelayMs !== undefined) told.push({ atMs: 0, says: `messages take ${minDelayMs ?? 0} to ${maxDelayMs} ms` })
  if (loss !== undefined) told.push({ atMs: 0, says: `${Number((100 * loss).toFixed(2))} % of messages are lost` })
  for (const { atMs, untilMs, text } of partitions) {
    told.push({ atMs, says: `links are cut: ${text}` })
    if (untilMs !== undefined) told.push({ atMs: untilMs, says: `links work again: ${text}` })
  }
  return told
}

function shortened(told: readonly Told[]): readonly Told[] {
  if (told.length <= maxLines) return told
  const half = maxLines / 2
  const atMs = told[half]?.atMs ?? 0
  return [...told.slice(0, half), { atMs, says: `… ${told.length - maxLines} more …` }, ...told.slice(-half)]
}
