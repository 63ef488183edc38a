import { describe, expect, it } from 'vitest'
import { runStore } from '../src/attacks/store/run-store.js'

describe('the replicated store, as a node composes it, under everything that its log declares to survive', () => {
  it.each([
    { nodes: 3, seeds: 300 },
    { nodes: 5, seeds: 60 },
    { nodes: 1, seeds: 20 },
  ])(
    'is linearizable, equal on all replicas, keeps its history and makes progress: $nodes nodes, $seeds seeds',
    { timeout: 240_000 },
    ({ nodes, seeds }) => {
      for (let seed = 1; seed <= seeds; seed++) {
        expect({ seed, violations: runStore({ nodes, seed }).violations }).toEqual({ seed, violations: [] })
      }
    },
  )
})
