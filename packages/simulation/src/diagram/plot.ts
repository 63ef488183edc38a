import type { NodeId } from '@quorate/core'
import type { TraceEntry } from '../trace.js'
import { colours, drawFlight } from './draw-flight.js'
import { outermostOf, type IndicationEntry } from './outermost.js'
import { Lanes, textWidth, ticksOf, type Scale } from './scale.js'
import type { NodeSpan, Span, Spans } from './spans.js'
import { element, escaped, path, time, title } from './svg.js'
import type { View } from './view.js'
import { entryWords, faultLabel, indicationLabel, messageWords, type CodecOf } from './words.js'

/** The picture and what its legend needs to know. */
export interface Plot {
  readonly svg: string
  /** The names of the nodes, as high as the picture. */
  readonly names: string
  /** What messages are called, the most frequent first. */
  readonly kinds: readonly { readonly kind: string; readonly count: number }[]
  /** Where the first violation is; `undefined`: there is none. */
  readonly violationX: number | undefined
}

const laneHeight = 16
const axisHeight = 28

/** Draws nodes as lines from left to right, and messages as arrows between them. */
export function plot(view: View, spans: Spans, ids: readonly NodeId[], codecOf: CodecOf, scale: Scale): Plot {
  const above: string[] = []
  const outermost = outermostOf(view.entries)
  const cuts = bars(spans.cuts, 'cut', 2 * laneHeight, scale)
  const links = bars(spans.links, 'links', 2 * laneHeight + cuts.height, scale)
  const violations = drawViolations(view.entries, scale)
  const top = 2 * laneHeight + cuts.height + links.height
  const rowOf = new Map(ids.map((id, index) => [id, top + (index + 1) * scale.rowHeight - 24]))
  const bottom = top + ids.length * scale.rowHeight
  const height = bottom + axisHeight
  const y = (id: NodeId): number => rowOf.get(id) ?? top
  for (const cut of spans.cuts) above.push(band(cut, top, bottom, scale))
  const flights = view.flights
    .filter(({ from, to }) => from.id !== to && rowOf.has(from.id) && rowOf.has(to))
    .sort((a, b) => Number(b.repeats) - Number(a.repeats))
    .map((flight) => ({ flight, words: messageWords(flight.channel, flight.payload, codecOf) }))
  const kinds = counted(flights.map(({ words }) => words.kind))
  const colourOf = new Map(kinds.map(({ kind }, index) => [kind, Math.min(index, colours - 1)]))
  const drawn = flights.map(({ flight, words }) => drawFlight(flight, words, colourOf.get(words.kind) ?? 0, scale, y))
  const parts = [
    ...above,
    axis(scale, top, bottom),
    cuts.markup,
    links.markup,
    ...ids.map((id) =>
      element('line', { class: 'down', x1: scale.x(scale.fromMs), x2: scale.x(scale.toMs), y1: y(id), y2: y(id) }),
    ),
    ...spans.nodes.map((span) => nodeSpan(span, scale, y)),
    ...drawn,
    ...ids.map((id) => drawNode(id, view.entries, outermost, scale, y(id))),
    ...view.entries.map((entry) => ceased(entry, scale, top - 4, bottom)),
    violations.lines(top - cuts.height - links.height, bottom),
  ]
  const names = ids.map((id) => element('text', { class: 'name', x: 12, y: y(id) + 5 }, escaped(id)))
  const nameWidth = Math.max(0, ...ids.map(({ length }) => length)) * 9 + 22
  const size = (width: number): Readonly<Record<string, string | number>> => ({
    ...{ xmlns: 'http://www.w3.org/2000/svg', width, height },
    viewBox: `0 0 ${width} ${Math.round(height)}`,
  })
  return {
    svg: element('svg', { class: 'plot', role: 'img', ...size(scale.width) }, hatching + parts.join('\n')),
    names: element('svg', { class: 'names', 'aria-hidden': 'true', ...size(nameWidth) }, names.join('')),
    kinds,
    violationX: violations.x,
  }
}

/** How often each name occurs, the most frequent first. */
function counted(names: readonly string[]): readonly { readonly kind: string; readonly count: number }[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count)
}

const hatching =
  '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<rect class="hatched" width="3" height="6"/></pattern></defs>\n'

function axis(scale: Scale, top: number, bottom: number): string {
  return ticksOf(scale)
    .map((ms) => {
      const x = scale.x(ms)
      return (
        element('line', { class: 'grid', x1: x, x2: x, y1: top, y2: bottom }) +
        element('text', { class: 'tick', x, y: bottom + 16 }, `${ms} ms`)
      )
    })
    .join('')
}

/** Bars with what they say in them, on as many lanes as they need. */
function bars(spans: readonly Span[], name: string, top: number, scale: Scale): { markup: string; height: number } {
  const lanes = new Lanes(8)
  const markup = spans.flatMap((span) => {
    const { x, width } = extent(span, scale)
    if (width <= 0) return []
    const lane = lanes.place(x, x + width)
    if (lane === undefined) return []
    const y = top + lane * laneHeight
    const text = textWidth(span.says) < width ? element('text', { x: x + 5, y: y + 10 }, escaped(span.says)) : ''
    const bar = element('rect', { x, y, width, height: laneHeight - 3, rx: 3 })
    return element('g', { class: `bar ${name}` }, title(`${span.says}\n${period(span)}`) + bar + text)
  })
  return { markup: markup.join('\n'), height: lanes.used * laneHeight }
}

function band(span: Span, top: number, bottom: number, scale: Scale): string {
  const { x, width } = extent(span, scale)
  return width <= 0 ? '' : element('rect', { class: 'band', x, y: top, width, height: bottom - top })
}

function nodeSpan(span: NodeSpan, scale: Scale, y: (id: NodeId) => number): string {
  const { x, width } = extent(span, scale)
  if (width <= 0) return ''
  const middle = y(span.node)
  const [offset, height] = { up: [-1, 2], leads: [-3, 6], paused: [-7, 14], fault: [6, 4] }[span.kind] as [
    number,
    number,
  ]
  const says = title(`${span.node} ${span.says}\n${period(span)}`)
  return element(
    'g',
    { class: span.kind },
    says + element('rect', { x, y: middle + offset, width, height, rx: height / 4 }),
  )
}

function extent({ fromMs, toMs }: Span, scale: Scale): { readonly x: number; readonly width: number } {
  const from = fromMs ?? scale.fromMs
  const to = toMs ?? scale.toMs
  if (to < scale.fromMs || from > scale.toMs) return { x: 0, width: 0 }
  const x = scale.x(from)
  return { x, width: Math.max(scale.x(to) - x, 1) }
}

/** A mark on a node's line, and its label if there is room for one. */
interface Mark {
  readonly entry: TraceEntry
  readonly name: string
  /** A label, if it has one, and how much that one matters: the least first. */
  readonly label?: string | undefined
  readonly rank: number
}

function drawNode(
  id: NodeId,
  entries: readonly TraceEntry[],
  outermost: (entry: IndicationEntry) => boolean,
  scale: Scale,
  y: number,
): string {
  const marks = entries.flatMap((entry) => markOf(entry, id, outermost) ?? [])
  const lanes = new Lanes(Math.max(1, Math.floor((scale.rowHeight - 46) / 14)))
  const shapes = marks.map(({ entry, name }) => {
    const shape = shapeOf(name, scale.x(entry.at), y)
    return element('g', { class: `mark ${name}` }, title(`${time(entry.at)} ${entryWords(entry)}`) + shape)
  })
  const labels = [...marks]
    .sort((a, b) => a.rank - b.rank)
    .flatMap(({ entry, name, label }) => {
      if (label === undefined) return []
      const width = textWidth(label)
      const x = Math.min(scale.x(entry.at), scale.width - width - 4)
      const lane = lanes.place(x, x + width + 8)
      if (lane === undefined) return []
      const baseline = y - 13 - 14 * lane
      const stem = element('line', {
        class: 'stem',
        x1: scale.x(entry.at),
        x2: scale.x(entry.at),
        y1: y - 4,
        y2: baseline + 2,
      })
      return stem + element('text', { class: `label ${name}`, x: x + 3, y: baseline }, escaped(label))
    })
  return shapes.join('\n') + labels.join('\n')
}

function markOf(entry: TraceEntry, id: NodeId, outermost: (entry: IndicationEntry) => boolean): Mark | undefined {
  switch (entry.type) {
    case 'timeout':
      return entry.node === id ? { entry, name: 'timer', rank: 9 } : undefined
    case 'durable':
      return entry.node === id ? { entry, name: 'durable', rank: 9 } : undefined
    case 'start':
      return entry.node === id ? { entry, name: 'start', rank: 9 } : undefined
    case 'crash':
      return entry.node === id ? { entry, name: 'crash', label: 'crashes', rank: 1 } : undefined
    case 'refuse':
      return entry.node === id ? { entry, name: 'crash', label: 'is refused by its disk', rank: 1 } : undefined
    case 'request':
      return entry.node === id ? requestMark(entry) : undefined
    case 'indication':
      return entry.node === id ? indicationMark(entry, id, outermost(entry)) : undefined
    case 'report':
      return entry.node === id ? { entry, name: 'report', label: entry.report.type, rank: 4 } : undefined
    case 'fault': {
      if (!('node' in entry.action) || entry.action.node !== id) return undefined
      const label = faultLabel(entry.action)
      return label === undefined ? undefined : { entry, name: 'struck', label, rank: 6 }
    }
    default:
      return undefined
  }
}

function indicationMark(entry: IndicationEntry, id: NodeId, outermost: boolean): Mark {
  const label = outermost ? indicationLabel(id, entry.indication) : undefined
  if (label === undefined) return { entry, name: 'detail', rank: 9 }
  if (label.startsWith('leads')) return { entry, name: 'led', label, rank: 0 }
  const decided = label.startsWith('decides') || label.startsWith('commits')
  return { entry, name: decided ? 'decided' : 'told', label, rank: decided ? 2 : 5 }
}

/** What detectors say is less than what users ask for. */
function requestMark(entry: Extract<TraceEntry, { readonly type: 'request' }>): Mark {
  const said = /^(suspect|restore) /.test(entry.what)
  return { entry, name: said ? 'said' : 'request', label: entry.what, rank: said ? 7 : 3 }
}

function shapeOf(name: string, x: number, y: number): string {
  switch (name) {
    case 'timer':
      return element('path', { d: path('M', x, y - 3, 'l', 3, 3, -3, 3, -3, -3, 'z') })
    case 'durable':
      return element('circle', { cx: x, cy: y + 7, r: 1.5 })
    case 'crash':
      return element('path', { d: path('M', x - 6, y - 6, 'l', 12, 12, 'm', 0, -12, 'l', -12, 12) })
    case 'request':
    case 'said':
      return element('path', { d: path('M', x, y - 2, 'l', -4, -7, 8, 0, 'z') })
    case 'detail':
      return element('circle', { cx: x, cy: y, r: 2 })
    default:
      return element('circle', { cx: x, cy: y, r: 4 })
  }
}

/** Where all faults that can end do. */
function ceased(entry: TraceEntry, scale: Scale, top: number, bottom: number): string {
  if (entry.type !== 'fault' || entry.action.type !== 'heal') return ''
  const x = scale.x(entry.at)
  const line = element('line', { x1: x, x2: x, y1: top, y2: bottom + 4 })
  const text = element('text', { x: x + 4, y: bottom + 1 }, 'faults cease')
  return element('g', { class: 'ceased' }, title(`faults cease at ${time(entry.at)}`) + line + text)
}

interface DrawnViolations {
  readonly x: number | undefined
  lines(top: number, bottom: number): string
}

function drawViolations(entries: readonly TraceEntry[], scale: Scale): DrawnViolations {
  const found = entries.flatMap((entry) => (entry.type === 'violation' ? entry : []))
  const lanes = new Lanes(2)
  const first = found[0]
  return {
    x: first === undefined ? undefined : scale.x(first.at),
    lines: (top, bottom) =>
      found
        .map(({ at, property, what }) => {
          const x = scale.x(at)
          const width = textWidth(property) * 1.1
          const left = Math.min(x, scale.width - width - 8)
          const lane = lanes.place(left, left + width)
          const text =
            lane === undefined
              ? ''
              : element('text', { x: left + 4, y: top - 2 * laneHeight + 12 + lane * 14 }, escaped(property))
          const line = element('line', { x1: x, x2: x, y1: top - 2 * laneHeight, y2: bottom })
          return element('g', { class: 'violation' }, title(`${property} at ${time(at)}\n${what}`) + line + text)
        })
        .join('\n'),
  }
}

function period({ fromMs, toMs }: Span): string {
  return `${fromMs === undefined ? '' : `from ${time(fromMs)} `}${toMs === undefined ? 'on' : `to ${time(toMs)}`}`
}
