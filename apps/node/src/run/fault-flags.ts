/**
 * Faults as a command line says them: `--crash n2@30ms..200ms`, `--partition 'n1,n2|n3@10ms..50ms'`, `--clock-skew n2=80ms`,
 * `--delay 5ms..50ms`, `--loss 0.1`. Every reader throws `QUORATE_INVALID_OPTION` or `QUORATE_UNKNOWN_NODE`, naming the text.
 */
import { invalidOption, QuorateError, type NodeId, type Random } from '@quorate/core'
import type { LinkConditions, ScheduledFault } from '@quorate/simulation'
import { nearest } from '../nearest.js'
import { parseDuration } from './duration.js'

/** A node that stops at `atMs`, and with `untilMs` starts again then. */
export interface Crash {
  readonly node: NodeId
  readonly atMs: number
  readonly untilMs: number | undefined
}

/** Messages from any of `from` to any of `to` vanish, for each of `cuts`, from `atMs` to `untilMs` or to the end. */
export interface Partition {
  readonly cuts: readonly { readonly from: readonly NodeId[]; readonly to: readonly NodeId[] }[]
  readonly atMs: number
  readonly untilMs: number | undefined
  /** As it was written, without the times. */
  readonly text: string
}

/** How far one node's wall clock is off, or, without a node, the most that any is. */
export interface ClockSkew {
  readonly node: NodeId | undefined
  readonly errorMs: number
}

export interface FaultFlags {
  readonly crashes: readonly Crash[]
  readonly partitions: readonly Partition[]
  readonly clockSkews: readonly ClockSkew[]
  readonly links: Partial<LinkConditions>
}

/** Reads `n2@30ms` and `n2@30ms..200ms`. */
export function parseCrash(text: string, nodes: readonly NodeId[]): Crash {
  const [node, times, ...rest] = text.split('@')
  if (node === undefined || times === undefined || rest.length > 0) {
    throw invalidOption(
      '--crash',
      text,
      'a node and when it stops, like n2@30ms, or also when it is back, like n2@30ms..200ms',
    )
  }
  return { node: requireNode('--crash', node, nodes), ...parseSpan('--crash', text, times) }
}

/** Reads groups that cannot reach each other, `n1,n2|n3,n4@10ms..50ms`, and one-way cuts, `n1>n2,n3`; without times for good. */
export function parsePartition(text: string, nodes: readonly NodeId[]): Partition {
  const option = '--partition'
  const [groups = '', times, ...rest] = text.split('@')
  const oneWay = groups.includes('>')
  const parts = groups.split(oneWay ? '>' : '|').map((part) => part.split(',').map((id) => id.trim()))
  if (rest.length > 0 || parts.length < 2 || (oneWay && (parts.length > 2 || groups.includes('|')))) {
    throw invalidOption(
      option,
      text,
      'groups of nodes, like n1,n2|n3 or, one way only, n1>n2,n3, and when, like @10ms..50ms',
    )
  }
  const named = parts.map((part) => part.map((id) => requireNode(option, id, nodes)))
  const all = named.flat()
  const twice = all.find((id, index) => all.indexOf(id) !== index)
  if (twice !== undefined) throw invalidOption(option, text, `groups that name each node once; ${twice} is named twice`)
  const cuts: { from: NodeId[]; to: NodeId[] }[] = []
  for (const [index, from] of named.entries()) {
    for (const [other, to] of named.entries()) if (oneWay ? index < other : index !== other) cuts.push({ from, to })
  }
  const span = times === undefined ? { atMs: 0, untilMs: undefined } : parseSpan(option, text, times)
  return { cuts, ...span, text: groups }
}

/** Reads `n2=80ms`, a node whose clock is that far off (`n2=-80ms`: behind), and `80ms`, a bound for all nodes. */
export function parseClockSkew(text: string, nodes: readonly NodeId[]): ClockSkew {
  const option = '--clock-skew'
  const [first = '', second, ...rest] = text.split('=')
  if (rest.length > 0)
    throw invalidOption(option, text, 'a time for one node, like n2=80ms, or a bound for all, like 80ms')
  if (second === undefined) return { node: undefined, errorMs: parseDuration(option, first) }
  const behind = second.trim().startsWith('-')
  const errorMs = parseDuration(option, behind ? second.trim().slice(1) : second, text)
  return { node: requireNode(option, first, nodes), errorMs: behind ? -errorMs : errorMs }
}

/** Reads the time that messages take, `5ms..50ms`, or its most, `50ms`. */
export function parseDelay(text: string): Partial<LinkConditions> {
  const [first = '', second] = text.split('..')
  const minDelayMs = second === undefined ? 0 : parseDuration('--delay', first, text)
  const maxDelayMs = parseDuration('--delay', second ?? first, text)
  if (minDelayMs > maxDelayMs)
    throw invalidOption('--delay', text, 'the shortest delay, then the longest, like 5ms..50ms')
  return { minDelayMs, maxDelayMs }
}

/** Reads how likely a message is lost: `0.1` or `10%`. */
export function parseLoss(text: string): Partial<LinkConditions> {
  const percent = text.endsWith('%')
  const digits = percent ? text.slice(0, -1) : text
  const loss = /^\d*\.?\d+$/.test(digits) ? Number(digits) / (percent ? 100 : 1) : NaN
  if (!(loss <= 1)) throw invalidOption('--loss', text, 'a probability from 0 to 1, like 0.1 or 10%')
  return { loss }
}

/** The faults as a schedule for a simulation, in order of time. `random` draws the clocks' errors within a common bound. */
export function scheduleOf(flags: FaultFlags, nodes: readonly NodeId[], random: Random): ScheduledFault[] {
  const schedule: ScheduledFault[] = []
  for (const { node, atMs, untilMs } of flags.crashes) {
    schedule.push({ atMs, action: { type: 'crash', node } })
    if (untilMs !== undefined) schedule.push({ atMs: untilMs, action: { type: 'restart', node } })
  }
  for (const partition of flags.partitions) {
    for (const cut of partition.cuts) {
      schedule.push({ atMs: partition.atMs, action: { type: 'cut', ...cut } })
      if (partition.untilMs !== undefined) schedule.push({ atMs: partition.untilMs, action: { type: 'mend', ...cut } })
    }
  }
  for (const { node, errorMs } of flags.clockSkews) {
    for (const each of node === undefined ? nodes : [node]) {
      const wallErrorMs = node === undefined ? errorMs * (2 * random.fraction() - 1) : errorMs
      schedule.push({ atMs: 0, action: { type: 'clock', node: each, wallErrorMs } })
    }
  }
  return schedule.sort((a, b) => a.atMs - b.atMs)
}

/** When the last fault begins or ends, in milliseconds. */
export function lastFaultMs({ crashes, partitions }: FaultFlags): number {
  return Math.max(0, ...[...crashes, ...partitions].map(({ atMs, untilMs }) => untilMs ?? atMs))
}

function parseSpan(option: string, text: string, times: string): { atMs: number; untilMs: number | undefined } {
  const [from = '', to, ...rest] = times.split('..')
  const atMs = parseDuration(option, from, text)
  const untilMs = to === undefined ? undefined : parseDuration(option, to, text)
  if (rest.length > 0 || (untilMs !== undefined && untilMs <= atMs)) {
    throw invalidOption(option, text, 'a fault that ends after it begins, like …@30ms..200ms')
  }
  return { atMs, untilMs }
}

function requireNode(option: string, text: string, nodes: readonly NodeId[]): NodeId {
  const id = text.trim()
  if (nodes.includes(id)) return id
  const near = nearest(id, nodes)
  throw new QuorateError(
    'QUORATE_UNKNOWN_NODE',
    `${option} names "${id}", which is none of the nodes ${nodes.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
    { option, node: id, nodes },
  )
}
