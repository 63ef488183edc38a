import { afterAll, describe, expect, it } from 'vitest'
import { Control } from '../src/layers/search.js'
import type { Layer, Mutant } from '../src/mutant.js'
import { attemptsOn } from '../src/score.js'
import { mutants } from '../src/table/index.js'

const control = new Control()
afterAll(() => control.close())

/** Of the layers that a row has, all that need no process of their own; tests of a package where there is no other. */
function layersOf({ simulation, explore }: Mutant): readonly Layer[] {
  return [simulation === undefined ? 'unit' : 'simulation', ...(explore === undefined ? [] : (['explore'] as const))]
}

const rows = mutants.flatMap((mutant) => layersOf(mutant).map((layer) => [mutant.id, layer, mutant] as const))

describe('a known bug is caught by the property that is meant, which what ships keeps under the same attack:', () => {
  // Long enough for a machine that has much else to do.
  it.each(rows)('%s, by %s', { timeout: 600_000 }, async (_id, layer, mutant) => {
    const [attempt] = await attemptsOn(mutant, [layer], control)
    expect(attempt).toMatchObject({ layer, caught: true })
    expect(attempt).not.toHaveProperty('falseAlarm')
  })
})
