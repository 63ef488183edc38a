import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as checker from '../src/index.js'
import type { Model, Operation } from '../src/index.js'
import { worlds } from './agreement.js'
import { longEtcdHistories, longPutHistories, longRegisterHistories } from './histories.js'
import { etcd, faultOf, registers, texts, type Specification } from './specification.js'

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
  function holds<Input, Output, State>(
    name: string,
    model: Model<Input, Output>,
    specification: Specification<Input, Output, State>,
    histories: fc.Arbitrary<Operation<Input, Output>[]>,
  ): void {
    it(name, () => {
      fc.assert(
        fc.property(histories, (history) => {
          const result = checker.checkHistory(model, history)
          if (result.verdict !== 'linearizable') return expect.fail(result.verdict)
          for (const { key, order } of result.linearizations) {
            const part = history.filter(({ input }) => model.key?.(input) === key)
            expect(faultOf(specification, part, order)).toBeUndefined()
          }
        }),
        { numRuns: 200 },
      )
    })
  }
  holds('cas-register', checker.casRegisterModel(), registers, longRegisterHistories)
  holds('kv-append with puts', checker.kvAppendModel(), texts, longPutHistories)
  holds('etcd', checker.etcdModel(), etcd, longEtcdHistories)
})
