import { invalidOption } from '@quorate/core'

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

/** The longest time that an option may give, in milliseconds: a day. */
const longestMs = 86_400_000

/**
 * Reads a time with its unit, like `30ms`, `1.5s` or `2m`, and returns it in milliseconds. Throws `QUORATE_INVALID_OPTION`, naming
 * `option` and its `whole` value, of which the text may be a part, when it is no such time or longer than a day.
 */
export function parseDuration(option: string, text: string, whole = text): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text.trim()) ?? []
  const ms = Number(digits) * (unitsMs[unit ?? ''] ?? NaN)
  if (!(ms <= longestMs))
    throw invalidOption(
      option,
      whole,
      `${whole === text ? '' : 'one with '}a time of at most a day with its unit, like 30ms, 1.5s or 2m`,
    )
  return ms
}

/** A time as people read it: `4 ms`, `312 ms`, `1.24 s`. */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`
}
