import { noTerm } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { Remembered } from '../src/remembered.js'
import { TermRuns } from '../src/term-runs.js'

const term = (number: number) => ({ number, id: '' })

function runs(): TermRuns {
  const terms = new TermRuns()
  for (const [from, number] of [
    [1, 1],
    [4, 2],
    [5, 2],
    [8, 5],
  ] as const)
    terms.extend(from, term(number))
  return terms
}

describe('the terms of a log', () => {
  it('are those of the runs that hold the entries, and none before the first', () => {
    expect([0, 1, 3, 4, 7, 8, 20].map((index) => runs().at(index).number)).toEqual([0, 1, 1, 2, 2, 5, 5])
    expect(runs().at(0)).toEqual(noTerm)
  })

  it('begin a run only where the term changes', () => {
    const terms = runs()
    expect(terms.extend(9, term(5))).toBe(false)
    expect(terms.extend(12, term(6))).toBe(true)
    expect(terms.firstOfRun(11)).toBe(8)
  })

  it('know the last entry of a term up to an index', () => {
    expect(runs().lastOf(term(2), 100)).toBe(7)
    expect(runs().lastOf(term(2), 5)).toBe(5)
    expect(runs().lastOf(term(3), 100)).toBe(0)
  })

  it('forget what is truncated and what is compacted, but not the term right before what is left', () => {
    const terms = runs()
    terms.truncate(8)
    expect(terms.at(8).number).toBe(2)
    terms.compact(6)
    expect(terms.at(5).number).toBe(2)
    expect(terms.firstOfRun(6)).toBe(4)
  })

  it('are the same once they were stored', () => {
    expect(TermRuns.decode(runs().encode())).toEqual(runs())
    expect(TermRuns.decode(new Uint8Array([1, 2, 3]))).toBeUndefined()
  })
})

describe('what a leader remembers of forwarded proposals', () => {
  it('tells the first from its doubles', () => {
    const seen = new Remembered(10)
    expect([5, 3, 5, 4, 3].map((number) => seen.add(number))).toEqual([true, true, false, true, false])
  })

  it('takes what it has forgotten for seen, rather than let it through twice', () => {
    const seen = new Remembered(2)
    for (const number of [1, 2, 3, 4]) seen.add(number)
    expect(seen.add(1)).toBe(false)
    expect(seen.add(2)).toBe(false)
    expect(seen.add(5)).toBe(true)
  })
})
