import { QuorateError, requireInteger } from '@quorate/core'
import { addCoverage, type Coverage } from '../marks/marks.js'
import type { RunResult } from './run.js'

export interface SweepResult<R extends RunResult = RunResult> {
  readonly runs: number
  readonly events: number
  /** How often which rare event happened in all runs together, by the names in `coverageMarks`. */
  readonly coverage: Coverage
  /** The first run in which something was violated. `failed.command` replays it. */
  readonly failed: R | undefined
}

/**
 * Runs every seed from `from` to `to`, both included, until one fails. Throws `QUORATE_RUN_FAILED`, naming the seed, when a run
 * throws: an algorithm that throws within a step would bring its node down.
 */
export function sweep<R extends RunResult>(
  { from, to }: { readonly from: number; readonly to: number },
  run: (seed: number) => R,
): SweepResult<R> {
  requireInteger('from', from, { min: 0 })
  requireInteger('to', to, { min: from })
  let events = 0
  let coverage: Coverage = {}
  for (let seed = from; seed <= to; seed++) {
    const result = runSeed(seed, run)
    events += result.events
    coverage = addCoverage(coverage, result.coverage)
    if (result.violations.length > 0) return { runs: seed - from + 1, events, coverage, failed: result }
  }
  return { runs: to - from + 1, events, coverage, failed: undefined }
}

function runSeed<R>(seed: number, run: (seed: number) => R): R {
  try {
    return run(seed)
  } catch (cause) {
    throw new QuorateError('QUORATE_RUN_FAILED', `the run of seed ${seed} threw: ${String(cause)}`, { seed }, { cause })
  }
}

/** A sweep's failure in words, with the command that replays it; `undefined` when there is none. For a test's assertion. */
export function explain({ failed }: Pick<SweepResult, 'failed'>): string | undefined {
  if (failed === undefined) return undefined
  const found = failed.violations.map(({ property, atMs, what }) => `  ${property} at ${atMs.toFixed(3)} ms: ${what}`)
  return [`seed ${failed.seed} (hash ${failed.hash}):`, ...found, `replay: ${failed.command}`].join('\n')
}
