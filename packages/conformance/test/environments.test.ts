import { describe, expect, it } from 'vitest'
import { environmentConformance, type EnvironmentSubject } from '../src/index.js'
import { drive, simulated, wrongEnvironments } from './mutants/environments.js'
import { record } from './mutants/record.js'

const found = (subject: EnvironmentSubject): readonly string[] =>
  record((runner) => environmentConformance(subject, { ...runner, drive })).failed

describe('the suite of environments', () => {
  it('passes the simulator', () => {
    expect(found(simulated)).toEqual([])
  })

  it.each(wrongEnvironments)('finds one that %s, by the test of that alone', (_what, subject, fails) => {
    expect(found(subject)).toEqual(fails)
  })
})
