import type { AgreementDefinition } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { agreementConformance } from '../src/index.js'
import { flood, wrongAgreements } from './mutants/agreements.js'
import { ofEveryAlgorithm, record, unshown } from './mutants/record.js'

const found = (definition: AgreementDefinition<never>) =>
  record((runner) => agreementConformance(definition, { ...runner, seeds: 100 }))

describe('the suite of agreements on one value', () => {
  it('passes one that keeps its word', () => {
    const { passed, failed, skipped } = found(flood as AgreementDefinition<never>)
    expect(failed).toEqual([])
    expect(skipped).toEqual([])
    expect(unshown({ passed, failed, skipped }, wrongAgreements)).toEqual(ofEveryAlgorithm)
  })

  it.each(wrongAgreements)(
    'finds one that %s: the test of that fails, and only what follows from it',
    (_what, definition, fails) => {
      expect(found(definition as AgreementDefinition<never>).failed).toEqual(fails)
    },
  )
})
