import type { TraceEntry } from '../trace.js'
import type { Flight } from './flights.js'

/** The part of a run that is drawn. */
export interface View {
  readonly fromMs: number
  readonly toMs: number
  readonly flights: readonly Flight[]
  readonly entries: readonly TraceEntry[]
  /** What is left out, in words. */
  readonly notes: readonly string[]
}

export interface ViewOptions {
  readonly fromMs?: number
  readonly toMs?: number
  readonly maxEntries: number
}

/**
 * Chooses what is drawn: all, or, when that is too much, what led to the first violation, or the beginning. Messages that only repeat the
 * one before are the first to go.
 */
export function viewOf(entries: readonly TraceEntry[], flights: readonly Flight[], options: ViewOptions): View {
  const firstMs = entries[0]?.at ?? 0
  const lastMs = entries.at(-1)?.at ?? 0
  const within = { fromMs: options.fromMs ?? firstMs, toMs: options.toMs ?? lastMs }
  const marks = [
    ...flights.filter(({ repeats }) => !repeats).map((flight) => flight.sentMs ?? flight.endMs ?? firstMs),
    ...entries.filter(isMark).map(({ at }) => at),
  ].sort((a, b) => a - b)
  const violation = entries.find(({ type, at }) => type === 'violation' && at >= within.fromMs && at <= within.toMs)
  const { fromMs, toMs } = narrowed(marks, within, violation?.at, options.maxEntries)
  const inside = flights.filter(({ sentMs = firstMs, endMs = lastMs }) => sentMs <= toMs && endMs >= fromMs)
  const seen = entries.filter(({ at }) => at >= fromMs && at <= toMs)
  const crowded = inside.length + seen.filter(isMark).length > options.maxEntries
  const repeats = crowded ? inside.filter((flight) => flight.repeats).length : 0
  const [before, after] = [entries.filter(({ at }) => at < fromMs), entries.filter(({ at }) => at > toMs)]
  const notes = [
    ...(before.length > 0 ? [`${before.length} earlier entries of the trace are left out`] : []),
    ...(after.length > 0 ? [`${after.length} later entries of the trace are left out`] : []),
    ...(repeats > 0 ? [`${repeats} messages that repeat the one before are left out`] : []),
  ]
  return { fromMs, toMs, notes, entries: seen, flights: crowded ? inside.filter((flight) => !flight.repeats) : inside }
}

function isMark({ type }: TraceEntry): boolean {
  return type !== 'send' && type !== 'deliver' && type !== 'lose' && type !== 'durable'
}

function narrowed(
  marks: readonly number[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  violatedMs: number | undefined,
  maxEntries: number,
): { readonly fromMs: number; readonly toMs: number } {
  const inside = marks.filter((at) => at >= fromMs && at <= toMs)
  if (inside.length <= maxEntries) return { fromMs, toMs }
  if (violatedMs === undefined) return { fromMs, toMs: inside[maxEntries - 1] as number }
  // What came before it explains a violation; a little of what came after shows where one is.
  const until = inside.findLastIndex((at) => at <= violatedMs)
  const last = Math.min(inside.length - 1, until + Math.floor(maxEntries / 10))
  return { fromMs: inside[Math.max(0, last - maxEntries + 1)] as number, toMs: inside[last] as number }
}
