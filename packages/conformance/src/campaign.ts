import { explain, type RunOptions, type RunResult } from '@quorate/simulation'
import { fail } from './runner.js'
import type { SweepPlan } from './sweep-options.js'

/** One run of the algorithm in question, under what it declares unless the options say otherwise. */
export type Run<R extends RunResult = RunResult> = (options: RunOptions) => R

/** What came of all runs. */
interface Outcome<R extends RunResult> {
  readonly completed: number
  /** The first run that violated each property, with nothing but that violation. */
  readonly violated: ReadonlyMap<string, R>
  /** The first run that threw. */
  readonly thrown: { readonly nodes: number; readonly seed: number; readonly error: unknown } | undefined
}

/**
 * All runs of a sweep, made when the first test asks for them and shared by all tests: ten properties cost one sweep. It goes on after
 * a violation, since each property is judged by itself.
 */
export class Campaign<R extends RunResult> {
  readonly #plan: SweepPlan
  readonly #run: Run<R>
  readonly #seen: (result: R) => void
  #outcome: Outcome<R> | undefined

  /** `seen` is told of every run that came to its end. */
  constructor(plan: SweepPlan, run: Run<R>, seen: (result: R) => void = () => {}) {
    this.#plan = plan
    this.#run = run
    this.#seen = seen
  }

  /** Fails when any run violated `property`, or none came to its end. */
  requireHeld(property: string): void {
    const { completed, violated, thrown } = this.#result()
    if (completed === 0) fail(`no run came to its end: ${String(thrown?.error)}`, { property, cause: thrown?.error })
    const failed = violated.get(property)
    if (failed !== undefined) fail(explain({ failed }) as string, { property })
  }

  /** Fails when any step of any run threw. */
  requireNothingThrown(): void {
    const { thrown } = this.#result()
    if (thrown === undefined) return
    const { nodes, seed, error } = thrown
    fail(`the run of seed ${seed} with ${nodes} nodes threw: ${String(error)}`, { nodes, seed, cause: error })
  }

  /** Makes the runs, unless they have been made. */
  finish(): void {
    this.#result()
  }

  #result(): Outcome<R> {
    return (this.#outcome ??= this.#runAll())
  }

  #runAll(): Outcome<R> {
    const violated = new Map<string, R>()
    let completed = 0
    let thrown: Outcome<R>['thrown']
    for (const { nodes, seeds } of this.#plan.worlds) {
      for (let seed = 1; seed <= seeds; seed++) {
        let result: R
        try {
          result = this.#run({ ...this.#plan.run, nodes, seed })
        } catch (error) {
          thrown ??= { nodes, seed, error }
          continue
        }
        completed++
        this.#seen(result)
        for (const violation of result.violations) {
          if (!violated.has(violation.property)) {
            violated.set(violation.property, { ...result, trace: [], violations: [violation] })
          }
        }
      }
    }
    return { completed, violated, thrown }
  }
}
