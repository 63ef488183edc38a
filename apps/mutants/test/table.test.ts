import { describe, expect, it } from 'vitest'
import { editedSources } from '../src/edits.js'
import { isBeyondSimulation } from '../src/mutant.js'
import { mutants } from '../src/table/index.js'

describe('the table of known bugs', () => {
  it('has each once, at least forty, and says what is to catch it', () => {
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length)
    expect(mutants.length).toBeGreaterThanOrEqual(40)
    expect(mutants.filter(({ simulation, unit }) => simulation === undefined && unit === undefined)).toEqual([])
  })

  it('has four of five that the simulator reaches caught by simulation alone', () => {
    const reachable = mutants.filter((mutant) => !isBeyondSimulation(mutant))
    expect(reachable.filter(({ simulation }) => simulation !== undefined).length / reachable.length).toBeGreaterThan(
      0.8,
    )
  })

  it.each(mutants.map((mutant) => [mutant.id, mutant] as const))('fits the sources as they are: %s', (_id, mutant) => {
    for (const [path, text] of editedSources(mutant)) expect(text.length, path).toBeGreaterThan(0)
  })

  it('refuses an edit whose place is not there, or there twice', () => {
    const edit = (original: string) => () =>
      editedSources({ package: 'voting', edits: [{ file: 'quorum/majority.ts', original, replacement: '' }] })
    expect(edit('nowhere to be found')).toThrow(/occurs 0 times in quorum\/majority.ts/)
    expect(edit('this.size')).toThrow(/occurs \d times/)
  })
})
