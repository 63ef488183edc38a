import { afterAll, describe, expect, it } from 'vitest'
import { Control } from '../src/layers/search.js'
import { attemptsOn } from '../src/score.js'
import { mutants } from '../src/table/index.js'

const control = new Control()
afterAll(() => control.close())

describe('a known bug is caught by the property that is meant, which what ships keeps under the same attack:', () => {
  it.each(mutants.map((mutant) => [mutant.id, mutant.bug, mutant] as const))(
    '%s: %s',
    { timeout: 240_000 },
    async (_id, _bug, mutant) => {
      const layer = mutant.simulation === undefined ? 'unit' : 'simulation'
      const [attempt] = await attemptsOn(mutant, [layer], control)
      expect(attempt).toMatchObject({ layer, caught: true })
      expect(attempt).not.toHaveProperty('falseAlarm')
    },
  )
})
