import type { CoverageMark } from './coverage-marks.js'

/** How often which rare event happened, by the names in `coverageMarks`; what never happened is left out. */
export type Coverage = Readonly<Partial<Record<CoverageMark, number>>>

/** Counts rare events. */
export class Marks {
  readonly #counts = new Map<CoverageMark, number>()

  add(mark: CoverageMark, count = 1): void {
    if (count > 0) this.#counts.set(mark, (this.#counts.get(mark) ?? 0) + count)
  }

  /** In the order of the names, so that equal runs look equal. */
  get counts(): Coverage {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** The marks of several runs together. */
export function addCoverage(a: Coverage, b: Coverage): Coverage {
  const sum = new Marks()
  for (const counts of [a, b]) {
    for (const [mark, count] of Object.entries(counts)) sum.add(mark as CoverageMark, count)
  }
  return sum.counts
}
