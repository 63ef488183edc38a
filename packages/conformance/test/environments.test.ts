import { describe, expect, it } from 'vitest'
import { environmentConformance, type EnvironmentSubject } from '../src/index.js'
import { drive, simulated, wrongEnvironments } from './mutants/environments.js'
import { record, unshown } from './mutants/record.js'

const found = (subject: EnvironmentSubject) => record((runner) => environmentConformance(subject, { ...runner, drive }))

describe('the suite of environments', () => {
  it('passes the simulator', () => {
    const right = found(simulated)
    expect(right.failed).toEqual([])
    expect(unshown(right, wrongEnvironments)).toEqual([])
  })

  it.each(wrongEnvironments)(
    'finds one that %s: the test of that fails, and only what follows from it',
    (_what, subject, fails) => {
      expect(found(subject).failed).toEqual(fails)
    },
  )
})
