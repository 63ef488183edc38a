import type { ErrorCode } from '@quorate/core'
import { Findings } from './findings.js'
import type { PlannedRun } from './seeds.js'
import type { Compared, Mark, RunTaskResult } from './task.js'

/** What is counted and found so far, from results that come in order of their seeds. */
export class Tally {
  readonly findings: Findings
  sums = { runs: 0, events: 0, virtualMs: 0 }
  lastSeed: number | undefined
  /** How many runs did not come to an end. */
  lostRuns = 0
  readonly #marks = new Map<string, Mark>()

  constructor(commandOf: (run: PlannedRun | undefined) => string) {
    this.findings = new Findings(commandOf)
  }

  get coverage(): Readonly<Record<string, Mark>> {
    return Object.fromEntries([...this.#marks].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** A run that has no result, and why. */
  lost({ seed, nodes }: PlannedRun, { code, what }: { readonly code: ErrorCode; readonly what: string }): void {
    this.sums = { ...this.sums, runs: this.sums.runs + 1 }
    this.lostRuns++
    this.lastSeed = seed
    this.findings.add({ seed, nodes, about: { code }, what })
  }

  /** What came of some runs, and of those that were run in another world as well. */
  add(planned: readonly PlannedRun[], result: RunTaskResult, others: readonly Compared[]): void {
    const { runs, events, virtualMs } = this.sums
    this.sums = {
      runs: runs + result.runs,
      events: events + result.events,
      virtualMs: virtualMs + result.virtualMs,
    }
    this.lastSeed = planned[result.runs - 1]?.seed
    for (const [name, mark] of Object.entries(result.coverage)) {
      const before = this.#marks.get(name) ?? { times: 0, runs: 0 }
      this.#marks.set(name, { times: before.times + mark.times, runs: before.runs + mark.runs })
    }
    for (const observed of result.observed) this.findings.add(observed)
    for (const { seed, nodes, ...one } of result.compared) {
      const other = others.find((each) => each.seed === seed)
      const what = other === undefined ? undefined : difference(one, other)
      if (what !== undefined) this.findings.add({ seed, nodes, about: { code: 'QUORATE_NOT_DETERMINISTIC' }, what })
    }
  }
}

/** What tells the same run in two worlds apart. */
function difference(one: Pick<Compared, 'outcome'>, { outcome, touched }: Compared): string | undefined {
  const touches =
    touched.length === 0
      ? undefined
      : `its steps touch ${touched.join(', ')}; time comes from env.clock, randomness from env.random, what comes later from env.timer`
  if (one.outcome === outcome) return touches
  const why =
    touches ?? 'something outlives a run or was drawn when the module was loaded; a participant must begin anew'
  return `the same seed gave ${one.outcome}, then ${outcome}: ${why}`
}
