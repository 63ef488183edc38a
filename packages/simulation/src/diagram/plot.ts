import type { NodeId } from '@quorate/core'
import type { TraceEntry } from '../trace.js'
import { colours, drawFlight } from './draw-flight.js'
import { drawNode } from './draw-node.js'
import { outermostOf } from './outermost.js'
import { Lanes, textWidth, type Scale } from './scale.js'
import { short, type NodeSpan, type Span, type Spans } from './spans.js'
import { element, escaped, time, title } from './svg.js'
import type { View } from './view.js'
import { messageWords, type CodecOf } from './words.js'

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
  const outermost = outermostOf(view.entries)
  const cuts = bars(spans.cuts, 'cut', 2 * laneHeight, scale)
  const links = bars(spans.links, 'links', 2 * laneHeight + cuts.height, scale)
  const violations = drawViolations(view.entries, scale)
  const top = 2 * laneHeight + cuts.height + links.height
  const rowOf = new Map(ids.map((id, index) => [id, top + (index + 1) * scale.rowHeight - 24]))
  const bottom = top + ids.length * scale.rowHeight
  const height = bottom + axisHeight
  const y = (id: NodeId): number => rowOf.get(id) ?? top
  const flights = view.flights
    .filter(({ from, to }) => from.id !== to && rowOf.has(from.id) && rowOf.has(to))
    .sort((a, b) => Number(b.repeats) - Number(a.repeats))
    .map((flight) => ({ flight, words: messageWords(flight.channel, flight.payload, codecOf) }))
  const kinds = counted(flights.map(({ words }) => words.kind))
  const colourOf = new Map(kinds.map(({ kind }, index) => [kind, Math.min(index, colours - 1)]))
  const drawn = flights.map(({ flight, words }) => drawFlight(flight, words, colourOf.get(words.kind) ?? 0, scale, y))
  const parts = [
    axis(scale, top, bottom),
    ...spans.cuts.map((cut) => band(cut, top, bottom, scale)),
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
  const gaps = scale.pauses.map((pause) => {
    const [from, to] = [scale.x(pause.fromMs), scale.x(pause.toMs)]
    const length = `${short(pause.toMs - pause.fromMs)} ms`
    const strip = element('rect', { x: from, y: top, width: to - from, height: bottom - top })
    const text = element('text', { class: 'tick', x: (from + to) / 2, y: top + 12 }, escaped(length))
    return element('g', { class: 'gap' }, title(`nothing happens for ${length}`) + strip + text)
  })
  const ticks = scale.ticks.map((ms) => {
    const x = scale.x(ms)
    return (
      element('line', { class: 'grid', x1: x, x2: x, y1: top, y2: bottom }) +
      element('text', { class: 'tick', x, y: bottom + 16 }, `${ms} ms`)
    )
  })
  return [...gaps, ...ticks].join('\n')
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
          const width = textWidth(property) * 1.35
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
