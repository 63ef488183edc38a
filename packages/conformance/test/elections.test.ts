import type { ElectionDefinition } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { electionConformance } from '../src/index.js'
import { election, LeastLeads, leastLeads, wrongElections } from './mutants/elections.js'
import { record, unshown } from './mutants/record.js'

const found = (definition: ElectionDefinition<never>) =>
  record((runner) => electionConformance(definition, { ...runner, seeds: 100, counterexampleSeeds: 300 }))

describe('the suite of elections', () => {
  it('passes one that keeps its word, with a test for each property', () => {
    const { passed, failed, skipped } = found(leastLeads as ElectionDefinition<never>)
    expect(failed).toEqual([])
    expect(skipped).toEqual([])
    expect(passed).toEqual(expect.arrayContaining(['one leader per term', 'quorum support', 'eventual accuracy']))
    expect(unshown({ passed, failed, skipped }, wrongElections)).toEqual([])
  })

  it.each(wrongElections)(
    'finds one that %s: the test of that fails, and only what follows from it',
    (_what, definition, fails) => {
      expect(found(definition as ElectionDefinition<never>).failed).toEqual(fails)
    },
  )

  it('skips what is not claimed, and says so', () => {
    const modest = { ...leastLeads, guarantees: ['eventual-agreement'] } as unknown as ElectionDefinition<never>
    expect(found(modest).skipped).toContain('quorum support (not claimed by least-leads)')
  })

  it('fails what is guaranteed and nobody has heard of', () => {
    const strange = { ...leastLeads, guarantees: ['eventual-agreement', 'eternal-peace'] }
    expect(found(strange as unknown as ElectionDefinition<never>).failed).toEqual(['eternal peace'])
  })

  it('makes its runs when the first test asks for them, and once for all tests', () => {
    let lives = 0
    const counted = election((env, options) => {
      lives++
      return new LeastLeads(env, options)
    })
    const bodies = new Map<string, () => void>()
    const it = Object.assign((title: string, _: object, body: () => void) => void bodies.set(title, body), {
      skip: () => {},
    })
    electionConformance(counted, { describe: (_title, body) => body(), it, nodes: 3, seeds: 5 })
    expect(lives).toBe(0)
    bodies.get('one leader per term')?.()
    const made = lives
    expect(made).toBeGreaterThanOrEqual(5 * 3)
    for (const title of ['one leader at a time', 'quorum support', 'eventual agreement']) bodies.get(title)?.()
    expect(lives).toBe(made)
  })

  it('holds nothing for shown when no run comes to its end', () => {
    const create = () => {
      throw new Error('it cannot begin')
    }
    const { passed } = found({ ...leastLeads, create } as unknown as ElectionDefinition<never>)
    expect(passed).toEqual([])
  })
})
