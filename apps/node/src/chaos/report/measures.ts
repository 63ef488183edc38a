import type { Sample } from '../workload/history.js'

/** How many requests ended in a slice of time, by outcome. */
export interface Slice {
  readonly fromMs: number
  readonly ok: number
  readonly refused: number
  readonly unknown: number
}

/** A time in which no request was answered, at no node. */
export interface Outage {
  readonly fromMs: number
  readonly untilMs: number
}

export function slicesOf(samples: readonly Sample[], ranMs: number, sliceMs: number): readonly Slice[] {
  const slices = Array.from({ length: Math.max(1, Math.ceil(ranMs / sliceMs)) }, (_, index) => ({
    fromMs: index * sliceMs,
    ok: 0,
    refused: 0,
    unknown: 0,
  }))
  for (const { atMs, outcome } of samples) {
    const slice = slices[Math.floor(atMs / sliceMs)]
    if (slice !== undefined) slice[outcome]++
  }
  return slices
}

/** The times of at least `leastMs` without an answer. */
export function outagesOf(samples: readonly Sample[], ranMs: number, leastMs: number): readonly Outage[] {
  const answers = samples.filter(({ outcome, atMs }) => outcome === 'ok' && atMs <= ranMs).map(({ atMs }) => atMs)
  const times = [0, ...answers.sort((a, b) => a - b), ranMs]
  return times.flatMap((untilMs, index) => {
    const fromMs = times[index - 1] ?? 0
    return untilMs - fromMs >= leastMs ? [{ fromMs, untilMs }] : []
  })
}

/** The longest part of a span in which no request was answered, in milliseconds. */
export function longestSilence(outages: readonly Outage[], fromMs: number, untilMs: number): number {
  return Math.max(
    0,
    ...outages
      .filter((each) => each.fromMs < untilMs && each.untilMs > fromMs)
      .map((each) => each.untilMs - each.fromMs),
  )
}

/** Of answered requests, how long a fraction of them took at most, in milliseconds. */
export function percentile(samples: readonly Sample[], fraction: number): number {
  const times = samples.filter(({ outcome }) => outcome === 'ok').map(({ tookMs }) => tookMs)
  times.sort((a, b) => a - b)
  return times[Math.min(times.length - 1, Math.floor(times.length * fraction))] ?? 0
}

export function countOf(samples: readonly Sample[], outcome: Sample['outcome']): number {
  return samples.reduce((sum, each) => sum + (each.outcome === outcome ? 1 : 0), 0)
}
