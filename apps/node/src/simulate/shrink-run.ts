import { printScenario, shrink, type Scenario } from '@quorate/simulation'
import type { LoadedAttack } from '../run/attacked.js'
import type { Shrunk, ShrinkTask } from './task.js'

/** Makes a violating run as simple as it gets. `begins` is called before each run that this takes. Throws what `shrink` does. */
export function shrinkRun(
  attack: LoadedAttack,
  whole: Scenario,
  { property, maxRuns, budgetMs, again }: ShrinkTask,
  begins: (place: number) => void,
): Shrunk {
  const untilMs = performance.now() + budgetMs
  const { algorithm } = attack.definitions
  const run: typeof attack.runScenario = (scenario, traceLimit) => {
    begins(0)
    return attack.runScenario(scenario, traceLimit)
  }
  const { scenario, result, from, to, runs } = shrink(whole, run, {
    property,
    maxRuns,
    resilience: algorithm.resilience,
    proceed: () => performance.now() < untilMs,
  })
  const violates = result.violations.map((violation) => violation.property)
  return { scenario: printScenario(scenario), diagram: attack.draw(scenario, again), from, to, runs, violates }
}
