import type { NodeId } from '@quorate/core'
import type { TraceEntry } from '../trace.js'
import type { IndicationEntry } from './outermost.js'
import { Lanes, textWidth, type Scale } from './scale.js'
import { element, escaped, path, time, title } from './svg.js'
import { entryWords, faultLabel, indicationLabel } from './words.js'

/** A mark on a node's line, and its label if there is room for one. */
interface Mark {
  readonly entry: TraceEntry
  readonly name: string
  /** A label, if it has one, and how much that one matters: the least first. */
  readonly label?: string | undefined
  readonly rank: number
}

/** Draws what happens to one node, and labels as far as there is room, the most important first. */
export function drawNode(
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
      if (label === undefined) return undefined
      // That clocks are a little wrong from the beginning is no event.
      return { entry, name: 'struck', label: entry.at === 0 ? undefined : label, rank: 6 }
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
