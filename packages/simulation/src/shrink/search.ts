import type { RunResult } from '../runs/run.js'
import type { Violation } from '../runs/checks.js'
import type { Scenario } from '../scenario/scenario.js'
import { mostFaulty } from './episodes.js'
import { saysLinks, withinModel } from './links.js'

export interface SearchLimits {
  readonly maxRuns: number
  readonly seeds: number
  proceed(search: Search): boolean
}

/** The simplest scenario so far that fails in the same way, and the way to a simpler one: to try what seems so. */
export class Search {
  scenario: Scenario
  result: RunResult
  runs = 1
  /** The first few things that runs threw. */
  readonly errors: unknown[] = []
  readonly property: string
  readonly run: (scenario: Scenario, traceLimit: number) => RunResult
  readonly #limits: SearchLimits
  readonly #seeds: readonly number[]
  /** By how many nodes the scenario goes beyond its own bound. */
  readonly #beyond: number
  /** Whether links were told of, and so are to stay within the model. */
  readonly #keepsLinks: boolean
  /** What was tried, without its seed. */
  readonly #tried = new Set<string>()

  constructor(
    scenario: Scenario,
    result: RunResult,
    property: string,
    run: (scenario: Scenario, traceLimit: number) => RunResult,
    limits: SearchLimits,
  ) {
    this.scenario = scenario
    this.result = result
    this.property = property
    this.run = run
    this.#limits = limits
    this.#seeds = Array.from({ length: limits.seeds - 1 }, (_, index) => scenario.seed + index + 1)
    this.#keepsLinks = saysLinks(scenario)
    this.#beyond = Math.max(0, mostFaulty(scenario.schedule) - scenario.maxFaulty)
  }

  get violation(): Violation {
    return this.result.violations.find(({ property }) => property === this.property) as Violation
  }

  get exhausted(): boolean {
    return this.runs >= this.#limits.maxRuns || !this.#limits.proceed(this)
  }

  /**
   * Runs what may be simpler, and goes on from it if it fails in the same way. What is left to the seed falls out differently once anything
   * is changed: so a few seeds are tried. What would make more nodes faulty at a time than before is another failure, and not tried.
   */
  try(simpler: Scenario): boolean {
    const candidate = this.#keepsLinks ? withinModel(simpler) : simpler
    const key = JSON.stringify({ ...candidate, seed: 0 })
    if (this.#tried.has(key) || mostFaulty(candidate.schedule) > candidate.maxFaulty + this.#beyond) return false
    this.#tried.add(key)
    for (const seed of new Set([this.scenario.seed, ...this.#seeds])) {
      if (this.exhausted) return false
      this.runs++
      const seeded = { ...candidate, seed }
      const result = this.#outcome(seeded)
      if (result?.violations.some(({ property }) => property === this.property) !== true) continue
      this.scenario = seeded
      this.result = result
      return true
    }
    return false
  }

  /** A run that throws fails in another way. */
  #outcome(scenario: Scenario): RunResult | undefined {
    try {
      return this.run(scenario, 0)
    } catch (error) {
      if (this.errors.length < 10) this.errors.push(error)
      return undefined
    }
  }
}
