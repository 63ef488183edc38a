import { describe, expect, it } from 'vitest'
import { runStore } from '../src/attacks/store/run-store.js'

describe('a run of the replicated store', () => {
  it('is the same run again from the same seed', () => {
    const run = (seed: number): unknown => {
      const { hash, history } = runStore({ nodes: 3, seed })
      return { hash, history }
    }
    expect(run(7)).toEqual(run(7))
    expect(run(8)).not.toEqual(run(7))
  })

  it('has its clients put, delete, read and compare, most of them answered, and some not', () => {
    const types = new Map<string, { answered: number; unanswered: number }>()
    for (let seed = 1; seed <= 10; seed++) {
      const { history, violations } = runStore({ nodes: 3, seed })
      expect(violations).toEqual([])
      for (const { input, output } of history) {
        const count = types.get(input.type) ?? { answered: 0, unanswered: 0 }
        count[output === undefined ? 'unanswered' : 'answered']++
        types.set(input.type, count)
      }
    }
    for (const type of ['put', 'deleteRange', 'range', 'txn']) expect(types.get(type)?.answered).toBeGreaterThan(50)
    expect(types.get('put')?.unanswered).toBeGreaterThan(0)
    expect(types.get('txn')?.unanswered).toBeGreaterThan(0)
  })

  it('makes no progress with one node more down than it survives', () => {
    // The same faults, of which one more node may have its share at a time, and none comes back.
    const faults = ['crash-stop'] as const
    const found = new Set<string>()
    for (let seed = 1; seed <= 10; seed++)
      for (const { property } of runStore({ nodes: 3, seed, faults, maxFaulty: 2 }).violations) found.add(property)
    expect([...found]).toEqual(['progress'])
  })
})
