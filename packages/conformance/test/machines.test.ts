import { describe, expect, it } from 'vitest'
import { stateMachineConformance, type StateMachineSubject } from '../src/index.js'
import { summing, wrongMachines, type Summing } from './mutants/machines.js'
import { record, unshown } from './mutants/record.js'

const found = (subject: StateMachineSubject<Summing>) =>
  record((runner) => stateMachineConformance(subject, { ...runner, seeds: 100 }))

describe('the suite of state machines', () => {
  it('passes one that is right', () => {
    expect(found(summing).failed).toEqual([])
    expect(unshown(found(summing), wrongMachines)).toEqual([])
  })

  it('compares the bytes of snapshots when it is not told how a state shows', () => {
    const { name, create, command } = summing
    expect(record((runner) => stateMachineConformance({ name, create, command }, runner)).failed).toEqual([])
  })

  it.each(wrongMachines)(
    'finds one that %s: the test of that fails, and only what follows from it',
    (_what, subject, fails) => {
      expect(found(subject).failed).toEqual(fails)
    },
  )
})
