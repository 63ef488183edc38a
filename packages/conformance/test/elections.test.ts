import type { ElectionDefinition } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { electionConformance } from '../src/index.js'
import { leastLeads, wrongElections } from './mutants/elections.js'
import { record } from './mutants/record.js'

const found = (definition: ElectionDefinition<never>) =>
  record((runner) => electionConformance(definition, { ...runner, seeds: 100, counterexampleSeeds: 300 }))

describe('the suite of elections', () => {
  it('passes one that keeps its word, with a test for each property', () => {
    const { passed, failed, skipped } = found(leastLeads as ElectionDefinition<never>)
    expect(failed).toEqual([])
    expect(skipped).toEqual([])
    expect(passed).toEqual(expect.arrayContaining(['one leader per term', 'quorum support', 'eventual accuracy']))
  })

  it.each(wrongElections)('finds one that %s, by the test of that alone', (_what, definition, fails) => {
    expect(found(definition as ElectionDefinition<never>).failed).toEqual(fails)
  })

  it('skips what is not claimed, and says so', () => {
    const modest = { ...leastLeads, guarantees: ['eventual-agreement'] } as unknown as ElectionDefinition<never>
    expect(found(modest).skipped).toContain('quorum support (not claimed by least-leads)')
  })
})
