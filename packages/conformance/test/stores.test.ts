import { SimulatedStores } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { storeConformance, type TestedStorage } from '../src/index.js'
import { record, unshown } from './mutants/record.js'
import { wrongStores } from './mutants/stores.js'

const found = (open: (submitted: () => void) => TestedStorage) =>
  record((runner) =>
    storeConformance({ name: 'stores', storage: (_, submitted) => open(submitted) }, { ...runner, seeds: 40 }),
  )

describe('the suite of stores', () => {
  it('passes those of the simulator, which stand on no disk', () => {
    const right = found((submitted) => new SimulatedStores(submitted))
    expect(right.failed).toEqual([])
    expect(unshown(right, wrongStores)).toEqual([])
  })

  it.each(wrongStores)(
    'finds some that %s: the test of that fails, and only what follows from it',
    (_what, Class, fails) => {
      expect(found((submitted) => new Class(submitted)).failed).toEqual([fails])
    },
  )
})
