import type { FailureDetectorDefinition } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { failureDetectorConformance } from '../src/index.js'
import { plainTimeout, wrongDetectors } from './mutants/detectors.js'
import { ofEveryAlgorithm, record, unshown } from './mutants/record.js'

const found = (definition: FailureDetectorDefinition<never>) =>
  record((runner) => failureDetectorConformance(definition, { ...runner, seeds: 100 }))

describe('the suite of failure detectors', () => {
  it('passes one that keeps its word', () => {
    const { passed, failed, skipped } = found(plainTimeout as FailureDetectorDefinition<never>)
    expect(failed).toEqual([])
    expect(skipped).toEqual([])
    expect(unshown({ passed, failed, skipped }, wrongDetectors)).toEqual(ofEveryAlgorithm)
  })

  it.each(wrongDetectors)(
    'finds one that %s: the test of that fails, and only what follows from it',
    (_what, definition, fails) => {
      expect(found(definition as FailureDetectorDefinition<never>).failed).toEqual(fails)
    },
  )
})
