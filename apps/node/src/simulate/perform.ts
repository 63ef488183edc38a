import { isQuorateError, type ErrorCode } from '@quorate/core'
import type { RunResult } from '@quorate/simulation'
import type { Witness } from './other-world.js'
import type { PlannedRun } from './seeds.js'
import type { Compared, Mark, Observed, RunTask, RunTaskResult } from './task.js'

/** What no run could get past: the algorithm cannot be attacked in this way at all. */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'QUORATE_FAULT_NOT_IMPLEMENTED',
  'QUORATE_UNKNOWN_FAULT',
  'QUORATE_NO_FORGE',
  'QUORATE_ELECTION_CARRIES_NO_LOG',
])

/** What a run came to. Without a `command` it is shown again by the campaign's own. */
export interface Ran extends Pick<RunResult, 'hash' | 'events' | 'virtualMs' | 'violations'> {
  readonly coverage?: Readonly<Record<string, number | undefined>>
  readonly command?: string | undefined
}

/**
 * Carries out a task, run by run. `begins` is called with the place of each run before it. What runs throw is an observation,
 * `QUORATE_RUN_FAILED`; what refuses the algorithm as such is thrown on.
 */
export function perform(
  run: (planned: PlannedRun) => Ran,
  { runs, keepGoing }: RunTask,
  begins: (place: number) => void,
  witness?: Witness,
): RunTaskResult {
  const observed: Observed[] = []
  const compared: Compared[] = []
  const marks = new Map<string, Mark>()
  const sums = { runs: 0, events: 0, virtualMs: 0 }
  let stopped = false
  for (const [place, planned] of runs.entries()) {
    begins(place)
    sums.runs++
    // What outlives a run shows in the next, even of the same seed.
    if (witness !== undefined) runOnce(run, planned, witness)
    const outcome = runOnce(run, planned, witness)
    if (planned.compared) compared.push({ ...identity(planned), ...outcome.compared })
    observed.push(...outcome.observed)
    if (outcome.result === undefined) continue
    const { events, virtualMs, violations } = outcome.result
    sums.events += events
    sums.virtualMs += virtualMs
    count(marks, outcome.result)
    if (violations.length === 0 || keepGoing) continue
    stopped = true
    break
  }
  return { ...sums, coverage: Object.fromEntries(marks), observed, compared, stopped }
}

interface Outcome {
  readonly result: Ran | undefined
  readonly observed: readonly Observed[]
  readonly compared: Pick<Compared, 'outcome' | 'touched'>
}

function runOnce(run: (planned: PlannedRun) => Ran, planned: PlannedRun, witness: Witness | undefined): Outcome {
  witness?.begin()
  try {
    const result = run(planned)
    const { hash, command } = result
    return {
      result,
      observed: result.violations.map(({ property, atMs, what }) => ({
        ...identity(planned),
        about: { property },
        what: `at ${atMs.toFixed(3)} ms: ${what}`,
        hash,
        ...(command !== undefined && { command }),
      })),
      compared: { outcome: hash, touched: witness?.end() ?? [] },
    }
  } catch (error) {
    const touched = witness?.end() ?? []
    if (isQuorateError(error) && refusals.has(error.code)) throw error
    const what = `it threw ${thrown(error)}`
    return {
      result: undefined,
      observed: [{ ...identity(planned), about: { code: 'QUORATE_RUN_FAILED' }, what }],
      compared: { outcome: what, touched },
    }
  }
}

function identity({ seed, nodes }: PlannedRun): PlannedRun {
  return { seed, nodes }
}

/** The error, and where it was thrown: of the stack, the first place. */
function thrown(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [, at] = /\n\s+at ([^\n]+)/.exec(error.stack ?? '') ?? []
  return `${String(error).replaceAll(/\s*\n\s*/g, ' ')}${at === undefined ? '' : `, at ${at}`}`
}

function count(marks: Map<string, Mark>, { coverage = {} }: Ran): void {
  for (const [name, times = 0] of Object.entries(coverage)) {
    const before = marks.get(name) ?? { times: 0, runs: 0 }
    marks.set(name, { times: before.times + times, runs: before.runs + (times > 0 ? 1 : 0) })
  }
}
