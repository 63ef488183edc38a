import type { ElectionDefinition, ReplicatedLogDefinition } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { replicatedLogConformance } from '../src/index.js'
import { leastLeads } from './mutants/elections.js'
import { firstLeads, wrongLogs } from './mutants/logs.js'
import { ofEveryAlgorithm, record, unshown } from './mutants/record.js'

const election = leastLeads as ElectionDefinition<unknown>

const found = (definition: ReplicatedLogDefinition<never>) =>
  record((runner) =>
    replicatedLogConformance(definition, { ...runner, election, nodes: [5, 1], seeds: 10, chaosMs: 300 }),
  )

describe('the suite of replicated logs', () => {
  it('passes one that keeps its word', () => {
    const { passed, failed, skipped } = found(firstLeads as ReplicatedLogDefinition<never>)
    expect(failed).toEqual([])
    expect(skipped).toEqual([])
    expect(unshown({ passed, failed, skipped }, wrongLogs)).toEqual(ofEveryAlgorithm)
  })

  it.each(wrongLogs)(
    'finds one that %s: the test of that fails, and only what follows from it',
    (_what, definition, fails) => {
      expect(found(definition as ReplicatedLogDefinition<never>).failed).toEqual(fails)
    },
  )
})
