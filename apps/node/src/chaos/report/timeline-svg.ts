import type { Injected } from '../faults/inject.js'
import { faultKinds } from '../faults/kinds.js'
import type { Sample } from '../workload/history.js'
import { escapeHtml } from './escape-html.js'
import { outagesOf, slicesOf, type Outage } from './measures.js'

export interface TimelineOptions {
  readonly samples: readonly Sample[]
  readonly injected: readonly Injected[]
  readonly nodes: readonly string[]
  readonly ranMs: number
  /** Shorter gaps in answers are not drawn. */
  readonly outageMs: number
}

const size = { width: 1_160, left: 110, right: 16, chart: 190, row: 20, gap: 26, top: 14 } as const
/** As many slices of time as can be told apart. */
const maxSlices = 520
const leastSliceMs = 250

/** Throughput, faults, and times without an answer, over one axis of time. Colours are those of the page. */
export function timelineSvg({ samples, injected, nodes, ranMs, outageMs }: TimelineOptions): string {
  const width = size.width - size.left - size.right
  const x = (ms: number): number => round(size.left + (Math.min(ms, ranMs) / ranMs) * width)
  const sliceMs = Math.max(leastSliceMs, Math.ceil(ranMs / maxSlices / leastSliceMs) * leastSliceMs)
  const slices = slicesOf(samples, ranMs, sliceMs)
  const perSecond = (count: number): number => (count * 1_000) / sliceMs
  const most = Math.max(1, ...slices.map(({ ok, unknown, refused }) => perSecond(Math.max(ok, unknown + refused))))
  const { ticks, top } = ticksOf(most, 4)
  const chartEnd = size.top + size.chart
  const y = (rate: number): number => round(chartEnd - (rate / top) * size.chart)

  const kinds = faultKinds.filter((kind) => injected.some((each) => each.kind === kind))
  const faultsTop = chartEnd + size.gap
  const outagesTop = faultsTop + kinds.length * size.row + size.gap
  const bottom = outagesTop + (nodes.length + 1) * size.row
  const rows = [
    { name: 'every node', outages: outagesOf(samples, ranMs, outageMs) },
    ...nodes.map((node) => ({
      name: node,
      outages: outagesOf(
        samples.filter((each) => each.node === node),
        ranMs,
        outageMs,
      ),
    })),
  ]

  const steps = slices.map(({ fromMs, ok }) => {
    const at = y(perSecond(ok))
    return `${x(fromMs)},${at} ${x(fromMs + sliceMs)},${at}`
  })
  const parts = [
    // Faults stand behind everything, so that what they did is seen in front of them.
    ...injected.map((each) => rect('band', x(each.fromMs), size.top, x(each.untilMs), bottom - size.top, tell(each))),
    ...ticks.map(
      (rate) =>
        `<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${y(rate)}" y2="${y(rate)}"/>` +
        label(size.left - 8, y(rate) + 4, 'end', String(rate)),
    ),
    `<text class="axis" transform="translate(16 ${size.top + size.chart / 2}) rotate(-90)" text-anchor="middle">requests a second</text>`,
    `<polygon class="answered" points="${size.left},${chartEnd} ${steps.join(' ')} ${x(ranMs)},${chartEnd}"/>`,
    ...slices.flatMap(({ fromMs, unknown, refused }) => {
      const at = y(perSecond(unknown + refused))
      if (unknown + refused === 0) return []
      return rect(
        'failed',
        x(fromMs),
        at,
        x(fromMs + sliceMs),
        chartEnd - at,
        `${unknown} not answered, ${refused} refused`,
      )
    }),
    label(size.left, faultsTop - 8, 'start', 'faults'),
    ...kinds.map((kind, index) => label(size.left - 8, faultsTop + index * size.row + 14, 'end', kind)),
    ...injected.map((each) =>
      rect(
        each.evidence === undefined ? 'fault none' : 'fault',
        x(each.fromMs),
        faultsTop + kinds.indexOf(each.kind) * size.row + 3,
        x(each.untilMs),
        size.row - 6,
        tell(each),
      ),
    ),
    label(size.left, outagesTop - 8, 'start', `no answer for ${outageMs} ms or longer, at`),
    ...rows.flatMap(({ name, outages }, index) => [
      label(size.left - 8, outagesTop + index * size.row + 14, 'end', name),
      ...outages.map((each) =>
        rect(
          index === 0 ? 'outage all' : 'outage',
          x(each.fromMs),
          outagesTop + index * size.row + 3,
          x(each.untilMs),
          size.row - 6,
          tellOutage(each),
        ),
      ),
    ]),
    ...timeTicks(ranMs).flatMap((seconds) => [
      `<line class="grid time" x1="${x(seconds * 1_000)}" x2="${x(seconds * 1_000)}" y1="${size.top}" y2="${bottom}"/>`,
      label(x(seconds * 1_000), bottom + 18, 'middle', `${seconds} s`),
    ]),
  ]
  return `<svg viewBox="0 0 ${size.width} ${bottom + 26}" role="img" aria-label="Throughput, faults and unavailability over time">\n${parts.join('\n')}\n</svg>`
}

function rect(kind: string, from: number, top: number, until: number, height: number, title: string): string {
  const width = round(Math.max(1.5, until - from))
  return `<rect class="${kind}" x="${from}" y="${top}" width="${width}" height="${height}"><title>${escapeHtml(title)}</title></rect>`
}

function label(x: number, y: number, anchor: 'start' | 'middle' | 'end', text: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeHtml(text)}</text>`
}

function tell({ kind, what, evidence, fromMs, untilMs }: Injected): string {
  return `${kind}, ${seconds(fromMs)} to ${seconds(untilMs)}: ${what}\n${evidence ?? 'no effect was seen'}`
}

function tellOutage({ fromMs, untilMs }: Outage): string {
  return `${Math.round(untilMs - fromMs)} ms, ${seconds(fromMs)} to ${seconds(untilMs)}`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

/** Round numbers up to at least `most`. */
function ticksOf(most: number, count: number): { readonly ticks: readonly number[]; readonly top: number } {
  const step = roundStep(most / count)
  const steps = Math.ceil(most / step)
  return { ticks: Array.from({ length: steps + 1 }, (_, index) => index * step), top: steps * step }
}

function timeTicks(ranMs: number): readonly number[] {
  const step = roundStep(ranMs / 1_000 / 10)
  return Array.from({ length: Math.floor(ranMs / 1_000 / step) + 1 }, (_, index) => index * step)
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundStep(least: number): number {
  for (let power = 1; ; power *= 10) for (const digit of [1, 2, 5]) if (digit * power >= least) return digit * power
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
