import { SimulatedStores, type Storage } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { storeConformance } from '../src/index.js'
import { record } from './mutants/record.js'
import { wrongStores } from './mutants/stores.js'

const found = (open: (submitted: () => void) => Storage) =>
  record((runner) =>
    storeConformance({ name: 'stores', storage: (_, submitted) => open(submitted) }, { ...runner, seeds: 40 }),
  )

describe('the suite of stores', () => {
  it('passes those of the simulator, which stand on no disk', () => {
    expect(found((submitted) => new SimulatedStores(submitted)).failed).toEqual([])
  })

  it.each(wrongStores)('finds some that %s, by the test of that alone', (_what, Class, fails) => {
    expect(found((submitted) => new Class(submitted)).failed).toEqual([fails])
  })
})
