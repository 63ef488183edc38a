import { QuorateError, requireInteger } from '@quorate/core'
import type { RunResult } from '../runs/run.js'
import type { Scenario } from '../scenario/scenario.js'
import { endHunt, endSooner, fewerFaults, fewerKinds, fewerNodes, fewerRequests } from './passes.js'
import { Search } from './search.js'
import { simplify } from './simplify.js'

export interface ShrinkOptions {
  /** The property that is to stay violated. Default: the first of `violates` that is, or else of all. */
  readonly property?: string
  /** The most runs that are made. Default 1000. */
  readonly maxRuns?: number
  /** How many seeds are tried with each simpler scenario before it is given up. Default 3. */
  readonly seeds?: number
  /** How many of so many nodes the algorithm declares to survive. Without it no nodes are left out. */
  readonly resilience?: (nodes: number) => number
  /** Asked before each run, and in between; when it returns `false` the search ends with what it has. */
  readonly proceed?: (progress: ShrinkProgress) => boolean
}

/** How large a scenario is. */
export interface ScenarioSize {
  readonly nodes: number
  readonly faults: number
  readonly requests: number
  readonly chaosMs: number
}

export interface ShrinkProgress {
  /** How many runs have been made. */
  readonly runs: number
  /** Of the simplest scenario so far. */
  readonly size: ScenarioSize
}

export interface ShrinkResult {
  /** The simplest scenario that was found; `violates` names the property. */
  readonly scenario: Scenario
  readonly result: RunResult
  readonly property: string
  readonly runs: number
  readonly from: ScenarioSize
  readonly to: ScenarioSize
  /** What runs of simpler scenarios threw, the first few: none of them was gone on from. */
  readonly errors: readonly unknown[]
}

/**
 * Makes a failing scenario simpler for as long as the same property stays violated: fewer faults and requests, by delta debugging, an
 * earlier end, fewer nodes and kinds of faults, plainer numbers. No simpler scenario has more nodes faulty at a time than its bound
 * allows, or messages that overtake each other though that is not among its faults, if the given one has not.
 *
 * `run` runs a scenario, keeping so much of its trace, as `runScenario` does. Throws `QUORATE_NOTHING_TO_SHRINK` when the scenario does not
 * violate what it should, and what its run throws.
 */
export function shrink(
  scenario: Scenario,
  run: (scenario: Scenario, traceLimit: number) => RunResult,
  options: ShrinkOptions = {},
): ShrinkResult {
  const maxRuns = requireInteger('maxRuns', options.maxRuns ?? 1000, { min: 1 })
  const seeds = requireInteger('seeds', options.seeds ?? 3, { min: 1, max: 1000 })
  const { proceed, resilience } = options
  const result = run(scenario, 0)
  const property = target(scenario, result, options.property)
  const search = new Search(scenario, result, property, run, {
    maxRuns,
    seeds,
    proceed: ({ runs, scenario: best }) => proceed?.({ runs, size: sizeOf(best) }) ?? true,
  })
  for (let before: Scenario | undefined; before !== search.scenario && !search.exhausted;) {
    before = search.scenario
    endSooner(search)
    endHunt(search)
    fewerFaults(search)
    fewerRequests(search)
    endSooner(search)
    if (resilience !== undefined) fewerNodes(search, resilience)
    fewerKinds(search)
    simplify(search)
  }
  return {
    scenario: { ...search.scenario, violates: [property] },
    result: search.result,
    property,
    runs: search.runs,
    from: sizeOf(scenario),
    to: sizeOf(search.scenario),
    errors: search.errors,
  }
}

function target({ violates }: Scenario, { violations }: RunResult, wanted: string | undefined): string {
  const found = violations.map(({ property }) => property)
  const among = wanted !== undefined ? [wanted] : violates
  const property = among === undefined ? found[0] : among.find((name) => found.includes(name))
  if (property !== undefined) return property
  throw new QuorateError(
    'QUORATE_NOTHING_TO_SHRINK',
    `the scenario violates ${found.join(', ') || 'nothing'}` +
      (among === undefined
        ? '; only one that fails can be shrunk'
        : `, and not ${among.join(' or ')}, which is to stay violated`),
    { found, wanted: among ?? [] },
  )
}

function sizeOf({ nodes, schedule, requests, chaosMs }: Scenario): ScenarioSize {
  return { nodes, faults: schedule.length, requests: requests.length, chaosMs }
}
