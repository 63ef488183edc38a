import { compareIds, requireInteger, type NodeId } from '@quorate/core'
import type { TraceEntry } from '../trace.js'
import { flightsOf } from './flights.js'
import { page } from './page.js'
import { plot } from './plot.js'
import { scaleOf } from './scale.js'
import { spansOf } from './spans.js'
import { viewOf } from './view.js'
import type { CodecOf } from './words.js'

export interface DiagramOptions {
  /** What stands above the picture. */
  readonly title?: string
  /** What stands below that, such as the command that draws it again. */
  readonly subtitle?: string
  /** The nodes, in the order of their lines. Default: all that the trace names, in the order of their ids. */
  readonly nodes?: readonly NodeId[]
  /** How messages are decoded, by channel: those of the outermost protocol have the channel `''`. Others are shown as bytes. */
  readonly codecOf?: CodecOf
  /** What part of the run is drawn, in virtual milliseconds. Default: all of it, if that is not too much. */
  readonly fromMs?: number
  readonly toMs?: number
  /**
   * The most messages and marks. Of more, those that led to the first violation are drawn, or, without one, the first. Default 1500.
   */
  readonly maxEntries?: number
}

/**
 * Draws a trace as a space-time diagram: one HTML page that needs nothing else. Each node is a line, interrupted while it is down; messages
 * are arrows, which end in a cross where they are lost; faults, timers, requests and what nodes find out are marked on the lines, and a red
 * line says where a property was violated. Pointing at anything tells all of it.
 *
 * The same trace gives the same page, byte by byte.
 */
export function drawDiagram(entries: readonly TraceEntry[], options: DiagramOptions = {}): string {
  const maxEntries = requireInteger('maxEntries', options.maxEntries ?? 1500, { min: 1, max: 100_000 })
  const ids = options.nodes ?? nodesOf(entries)
  const { fromMs, toMs } = options
  const codecOf = options.codecOf ?? (() => undefined)
  const view = viewOf(entries, flightsOf(entries, codecOf), {
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
    maxEntries,
  })
  const marks =
    view.flights.filter(({ repeats }) => !repeats).length +
    view.entries.filter(({ type }) => isLabelled.has(type)).length
  const times = [...view.flights.flatMap(({ sentMs, endMs }) => [sentMs, endMs]), ...view.entries.map(({ at }) => at)]
  const within = times.filter((at) => at !== undefined && at >= view.fromMs && at <= view.toMs) as readonly number[]
  const scale = scaleOf(within, view.fromMs, view.toMs, marks / Math.max(1, Math.sqrt(ids.length)), ids.length)
  const picture = plot(view, spansOf(entries, ids), ids, codecOf, scale)
  const violations = entries.flatMap((entry) => (entry.type === 'violation' ? entry : []))
  return page({
    title: options.title ?? 'A run',
    subtitle: options.subtitle,
    violations,
    notes: view.notes,
    plot: picture,
  })
}

const isLabelled: ReadonlySet<TraceEntry['type']> = new Set(['indication', 'request', 'crash', 'report'])

function nodesOf(entries: readonly TraceEntry[]): readonly NodeId[] {
  const ids = entries.flatMap((entry) =>
    'node' in entry ? [entry.node] : 'from' in entry ? [entry.from.id, entry.to] : [],
  )
  return [...new Set(ids)].sort(compareIds)
}
