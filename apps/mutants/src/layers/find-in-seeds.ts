import { isQuorateError } from '@quorate/core'
import type { Attack, Violations } from '../attacks/attack.js'
import type { BySearch } from '../mutant.js'

/** What a search through seeds came to. */
export interface Found {
  readonly caught: boolean
  /** How many seeds were run, the one that caught it included. */
  readonly seeds: number
  /** What the violation says. */
  readonly what?: string
  /** Other properties that runs found violated before, and in how many. */
  readonly others: Readonly<Record<string, number>>
}

export const defaultSeeds = 2000

/** What a run that throws violates: every step of an algorithm must come to its end. */
export const threw = 'no-throw'

/** Runs seeds from 1 on until one finds the property violated that is looked for. Whatever else is found is counted, and goes on. */
export function findInSeeds(
  { attack, property, says = '', seeds = defaultSeeds }: BySearch,
  run: (attack: Attack, seed: number) => Violations,
): Found {
  const others: Record<string, number> = {}
  for (let seed = 1; seed <= seeds; seed++) {
    const violations = violationsOf(() => run(attack, seed))
    const wanted = violations.find((violation) => violation.property === property && violation.what.includes(says))
    if (wanted !== undefined) return { caught: true, seeds: seed, what: wanted.what, others }
    for (const { property: other } of violations) others[other] = (others[other] ?? 0) + 1
  }
  return { caught: false, seeds, others }
}

function violationsOf(run: () => Violations): Violations {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const what = isQuorateError(error) ? `${error.code}: ${error.message}` : `${error.name}: ${error.message}`
    return [{ property: threw, atMs: 0, what }]
  }
}
