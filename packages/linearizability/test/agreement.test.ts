import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as checker from '../src/index.js'
import { longWorlds, worlds } from './agreement.js'

describe('the checker agrees with trying all orders of small histories, with its linearization and its shortest prefix', () => {
  for (const { name, arbitrary } of worlds) {
    it(`${name}`, () => {
      const seen = { linearizable: 0, violation: 0 }
      fc.assert(
        fc.property(arbitrary, (compareWith) => {
          const { linearizable, disagreement } = compareWith(checker)
          seen[linearizable ? 'linearizable' : 'violation']++
          expect(disagreement).toBeUndefined()
        }),
        { numRuns: 1500 },
      )
      // Neither verdict is right just because the other never comes up.
      expect(Math.min(seen.linearizable, seen.violation)).toBeGreaterThan(100)
    })
  }
})

/** What spares the search work, above all for operations of unknown outcome, must not keep it from an order that there is. */
describe('a long history that came about one operation at a time is linearizable', () => {
  for (const { name, arbitrary } of longWorlds) {
    it(`${name}`, () => {
      fc.assert(
        fc.property(arbitrary, (compareWith) => {
          expect(compareWith(checker).disagreement).toBeUndefined()
        }),
        { numRuns: 300 },
      )
    })
  }
})
