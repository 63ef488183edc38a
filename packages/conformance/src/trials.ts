import { requireInteger, seededRandom, type Random } from '@quorate/core'
import { fail, type Suite } from './runner.js'

/** What trials found, the first of each property. */
export class Findings {
  readonly #found = new Map<string, string>()
  #where = ''

  /** From here on findings belong to this place. */
  begin(where: string): void {
    this.#where = where
  }

  add(property: string, what: string): void {
    if (!this.#found.has(property)) this.#found.set(property, `${this.#where}: ${what}`)
  }

  /** Fails when anything was found of `property`. */
  require(property: string): void {
    const what = this.#found.get(property)
    if (what !== undefined) fail(what, { property })
  }
}

/** One random trial of a subject: it adds what it finds, and ends early when what comes after it would only follow from that. */
export type Trial = (random: Random, findings: Findings) => void

const unthrown = 'does what it is asked without throwing'

/**
 * Registers a test for each property that the trial looks for. All trials are made when the first test asks for them, and shared.
 * A trial that throws fails a test of its own.
 */
export function testByTrials(suite: Suite, seeds: number, properties: readonly string[], trial: Trial): void {
  requireInteger('seeds', seeds, { min: 1 })
  let made: Findings | undefined
  const findings = (): Findings => (made ??= runTrials(seeds, trial))
  for (const property of [unthrown, ...properties]) {
    suite.test(property, () => findings().require(property))
  }
}

function runTrials(seeds: number, trial: Trial): Findings {
  const findings = new Findings()
  for (let seed = 1; seed <= seeds; seed++) {
    findings.begin(`seed ${seed}`)
    try {
      trial(seededRandom(seed), findings)
    } catch (error) {
      findings.add(unthrown, String(error))
    }
  }
  return findings
}
