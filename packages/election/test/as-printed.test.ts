import { describe, expect, it } from 'vitest'
import type { ElectionDefinition, NodeId } from '@quorate/core'
import { asPrinted } from '../src/exhibits/as-printed.js'
import { timestamp } from '../src/timestamp.js'
import { cluster } from './cluster.js'

const ids = ['0', '1', '2', '3', '4']

/** Whom each of the five nodes names after ten quiet seconds. */
function namedBy<M>(definition: ElectionDefinition<M>, seed: number): (NodeId | undefined)[] {
  const simulation = cluster(definition, { ids, seed })
  simulation.start()
  simulation.run(10_000)
  return ids.map((id) => simulation.root(id).leader)
}

describe('the election by timestamp as it was first told', { timeout: 120_000 }, () => {
  it('ends with nodes 0 to 3 naming node 4 and node 4 naming none, where the mended one agrees', () => {
    for (let seed = 1; seed <= 50; seed++) {
      expect(namedBy(asPrinted, seed)).toEqual(['4', '4', '4', '4', undefined])
      const [leader, ...others] = namedBy(timestamp, seed)
      expect(leader).toBeDefined()
      expect(others).toEqual(others.map(() => leader))
    }
  })

  it('compares ids alone: the timestamps, of which node 4 seldom has the greatest, decide nothing', () => {
    let greatest = 0
    for (let seed = 1; seed <= 50; seed++) {
      const simulation = cluster(asPrinted, { ids, seed })
      simulation.start()
      const drawn = ids.map((id) => simulation.inspect(id)?.['timestamp'] as number)
      if (drawn[4] === Math.max(...drawn)) greatest++
      simulation.run(10_000)
      const held = ids.map((id) => simulation.inspect(id)?.['timestamp'] as number)
      // Replies bring timestamps up to what somebody drew, which is far from the value to reach, and node 4's not even there.
      expect(held[4]).toBe(drawn[4])
      expect(Math.max(...held)).toBeLessThanOrEqual(Math.max(...drawn))
    }
    expect(greatest).toBeLessThan(25)
  })

  it('promises nothing', () => {
    expect(asPrinted.guarantees).toEqual([])
    expect(asPrinted.resilience(5)).toBe(0)
    expect(asPrinted.tolerates).toEqual([])
  })
})
