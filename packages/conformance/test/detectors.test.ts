import type { FailureDetectorDefinition } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { failureDetectorConformance } from '../src/index.js'
import { plainTimeout, wrongDetectors } from './mutants/detectors.js'
import { record } from './mutants/record.js'

const found = (definition: FailureDetectorDefinition<never>) =>
  record((runner) => failureDetectorConformance(definition, { ...runner, seeds: 100 }))

describe('the suite of failure detectors', () => {
  it('passes one that keeps its word', () => {
    const { passed, failed, skipped } = found(plainTimeout as FailureDetectorDefinition<never>)
    expect(failed).toEqual([])
    expect(skipped).toEqual([])
    expect(passed).toContain('determinism: a seed is a run')
  })

  it.each(wrongDetectors)('finds one that %s, by the test of that alone', (_what, definition, fails) => {
    expect(found(definition as FailureDetectorDefinition<never>).failed).toEqual(fails)
  })
})
