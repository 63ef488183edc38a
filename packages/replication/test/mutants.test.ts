import { isQuorateError } from '@quorate/core'
import { sweep } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { mutants, partsOf, type Mutant } from './mutations.js'
import { run, type Parts } from './support.js'

/** What the first run shows that fails: the properties, or what a step or the opening of a log threw. */
function found({ nodes, options }: Mutant, parts: Parts): readonly string[] {
  const safety = (seed: number) => {
    const result = run(seed, nodes, parts, options)
    // A run in single entries may be too slow.
    return options === undefined ? result : { ...result, violations: result.violations.filter(isSafety) }
  }
  try {
    const { failed } = sweep({ from: 1, to: 2000 }, safety)
    return failed?.violations.map(({ property }) => property) ?? []
  } catch (error) {
    if (isQuorateError(error, 'QUORATE_RUN_FAILED')) return [error.message]
    throw error
  }
}

const isSafety = ({ property }: { readonly property: string }): boolean => property !== 'progress'

describe('2,000 seeds find', () => {
  it.each(mutants)('$mistake', { timeout: 240_000 }, async (mutant) => {
    expect(found(mutant, await partsOf(mutant))).not.toEqual([])
  })
})
