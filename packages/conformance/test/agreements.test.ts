import type { AgreementDefinition } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { agreementConformance } from '../src/index.js'
import { flood, wrongAgreements } from './mutants/agreements.js'
import { record } from './mutants/record.js'

const found = (definition: AgreementDefinition<never>) =>
  record((runner) => agreementConformance(definition, { ...runner, seeds: 100 }))

describe('the suite of agreements on one value', () => {
  it('passes one that keeps its word', () => {
    const { passed, failed, skipped } = found(flood as AgreementDefinition<never>)
    expect(failed).toEqual([])
    expect(skipped).toEqual([])
    expect(passed).toContain('determinism: a seed is a run')
  })

  it.each(wrongAgreements)('finds one that %s, by the test of that alone', (_what, definition, fails) => {
    expect(found(definition as AgreementDefinition<never>).failed).toEqual(fails)
  })
})
