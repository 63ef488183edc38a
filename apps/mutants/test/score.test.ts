import { describe, expect, it } from 'vitest'
import { findInSeeds } from '../src/layers/find-in-seeds.js'
import type { Mutant } from '../src/mutant.js'
import { line, markdown, summary } from '../src/render.js'
import { scoreAll, scoreOf, suffices, type Attempt, type Scored } from '../src/score.js'

const attack = { run: 'last-copy' } as const
const violation = (property: string, what = '') => ({ property, atMs: 0, what })

describe('a search through seeds', () => {
  it('ends with the first that finds the property, and counts what else was found before', () => {
    const found = findInSeeds({ attack, property: 'wanted' }, (_, seed) =>
      seed < 5 ? [violation('other')] : [violation('other'), violation('wanted', 'here')],
    )
    expect(found).toEqual({ caught: true, seeds: 5, what: 'here', others: { other: 4 } })
  })

  it('does not take another reason for the one that is meant', () => {
    const search = { attack, property: 'wanted', says: 'twice', seeds: 3 }
    expect(findInSeeds(search, () => [violation('wanted', 'once')])).toEqual({
      caught: false,
      seeds: 3,
      others: { wanted: 3 },
    })
  })

  it('takes a run that throws for one that breaks a property of its own', () => {
    const throws = (): never => {
      throw new RangeError('out of it')
    }
    const found = findInSeeds({ attack, property: 'no-throw', says: 'RangeError: out of it' }, throws)
    expect(found).toMatchObject({ caught: true, seeds: 1 })
  })
})

describe('the score', () => {
  const scored = (of: string, ...attempts: Partial<Attempt>[]): Scored => ({
    mutant: { id: 'a-bug', bug: 'a | b', package: of, edits: [], source: 'own history' } satisfies Mutant,
    attempts: attempts.map((each) => ({ layer: 'simulation', caught: true, by: 'p', seconds: 1, what: '', ...each })),
  })

  it('suffices when all are caught, and four of five of those that the simulator reaches by simulation', () => {
    const four = Array.from({ length: 4 }, () => scored('voting', { seeds: 1 }))
    const byTest = scored('voting', { layer: 'unit' })
    const transport = scored('transport-grpc', { layer: 'unit' })
    const score = scoreOf([...four, byTest, transport])
    expect(score).toEqual({ mutants: 6, failed: 0, caught: 6, reachable: 5, simulated: 4 })
    expect(suffices(score)).toBe(true)
    expect(suffices(scoreOf([...four, byTest, byTest]))).toBe(false)
    expect(suffices(scoreOf([...four, scored('voting', { caught: false })]))).toBe(false)
  })

  it('names a row whose edit no longer fits, goes on with the others, and does not suffice', async () => {
    const edits = [{ file: 'quorum/majority.ts', original: 'nowhere to be found', replacement: '' }]
    const nothingToDo = { id: 'next', bug: 'b', package: 'voting', edits: [], source: 'own history' }
    const stale = { ...nothingToDo, id: 'stale', edits, unit: { file: 'majority.test.ts', test: 'any' } }
    const told: string[] = []
    const all = await scoreAll([stale, nothingToDo], { jobs: 1, told: (scored) => told.push(line(scored)) })
    expect(told).toEqual([
      expect.stringMatching(/^FAILED {2}stale\n.*"nowhere to be found" occurs 0 times in quorum\/majority.ts/),
      'MISSED  next',
    ])
    const score = scoreOf(all)
    expect(score).toMatchObject({ mutants: 2, failed: 1, caught: 0 })
    expect(summary(score)).toContain('1 could not be run')
    expect(suffices(score)).toBe(false)
  })

  it('is a table for the documents, in which a bar in a text ends no cell', () => {
    const all = [scored('voting', { seeds: 1 }, { layer: 'unit', by: 'a title' }), scored('kv', { caught: false })]
    const table = markdown(all, scoreOf(all))
    expect(table).toContain('1 of 2 mutants are caught')
    expect(table).toContain(
      String.raw`| voting | a \| b | own history | simulation: ` + '`p`, 1 seed<br>unit: “a title” |',
    )
    expect(table).toContain('| **nothing** |')
  })
})
