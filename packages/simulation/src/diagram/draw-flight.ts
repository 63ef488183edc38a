import type { NodeId } from '@quorate/core'
import type { Flight } from './flights.js'
import type { Scale } from './scale.js'
import { element, path, time, title } from './svg.js'
import type { Words } from './words.js'

/** How many colours there are for kinds of messages; further ones share the last. */
export const colours = 8

/** Draws one message as an arrow. */
export function drawFlight(
  flight: Flight,
  { kind, says }: Words,
  colour: number,
  scale: Scale,
  y: (id: NodeId) => number,
): string {
  const { from, to, fate, sentMs, endMs } = flight
  const { d, cross } = course(flight, scale, y)
  const marks = [
    fate === 'lost' ? 'lost' : '',
    fate === 'under way' ? 'under-way' : '',
    flight.late ? 'late' : '',
    flight.copy ? 'copy' : '',
    flight.corrupted ? 'corrupted' : '',
    flight.repeats ? 'repeat' : '',
  ].filter((mark) => mark !== '')
  const took =
    sentMs !== undefined && endMs !== undefined && endMs > sentMs ? `, ${(endMs - sentMs).toFixed(3)} ms` : ''
  const when = [
    sentMs === undefined ? 'sent before the trace begins' : `sent ${time(sentMs)}`,
    endMs === undefined ? 'under way at its end' : `${fate} ${time(endMs)}${took}`,
  ].join(', ')
  const remarks = marks.filter((mark) => mark !== 'lost' && mark !== 'under-way').map((mark) => ` · ${mark}`)
  return element(
    'g',
    {
      class: ['flight', `k${colour}`, ...marks].join(' '),
      'data-from': from.id,
      'data-to': to,
      'data-sent': exactly(sentMs),
      'data-ended': exactly(endMs),
    },
    title(`${kind}  ${from.id} → ${to}${remarks.join('')}\n${when}\n${says}`) +
      element('path', { class: 'hit', d }) +
      element('path', { class: 'line', d }) +
      (cross === undefined ? '' : element('path', { class: 'cross', d: cross })),
  )
}

function exactly(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : String(ms)
}

/** The way of a message, with its head, and the cross where it is lost. */
function course(
  { from, to, sentMs, endMs, fate }: Flight,
  scale: Scale,
  y: (id: NodeId) => number,
): { readonly d: string; readonly cross?: string } {
  const [top, bottom] = [y(from.id), y(to)]
  const down = Math.sign(bottom - top)
  const shorten = 5 * down
  const start = { x: sentMs === undefined ? scale.x(scale.fromMs) : scale.x(sentMs), y: top + shorten }
  const onTheWay = fate === 'lost' && endMs === sentMs
  if (onTheWay || (endMs === undefined && sentMs !== undefined)) {
    // Nobody knows how far it came: it is drawn to come a little way.
    const length = Math.min(Math.abs(bottom - top) * 0.45, 40)
    const end = { x: start.x + length * 0.5, y: start.y + length * down }
    const d = path('M', start.x, start.y, 'L', end.x, end.y)
    return onTheWay ? { d, cross: crossAt(end.x, end.y) } : { d }
  }
  const end = { x: scale.x(endMs as number), y: bottom - shorten }
  if (sentMs === undefined) start.y = end.y - 24 * down
  if (sentMs === undefined) start.x = end.x - 12
  const d = path('M', start.x, start.y, 'L', end.x, end.y)
  return fate === 'lost' ? { d, cross: crossAt(end.x, end.y) } : { d: `${d} ${head(start, end)}` }
}

interface Point {
  x: number
  y: number
}

/** An open arrow head at the end of a line. */
function head(start: Point, end: Point): string {
  const [dx, dy] = [end.x - start.x, end.y - start.y]
  const length = Math.sqrt(dx * dx + dy * dy) || 1
  const [ux, uy] = [(dx / length) * 7, (dy / length) * 7]
  const wing = 0.45
  return path(
    'M',
    end.x - ux - uy * wing,
    end.y - uy + ux * wing,
    'L',
    end.x,
    end.y,
    'L',
    end.x - ux + uy * wing,
    end.y - uy - ux * wing,
  )
}

function crossAt(x: number, y: number): string {
  return path('M', x - 4, y - 4, 'l', 8, 8, 'm', 0, -8, 'l', -8, 8)
}
