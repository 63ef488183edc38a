import { describe, expect, it } from 'vitest'
import { transportConformance, type TransportSubject } from '../src/index.js'
import { record, unshown } from './mutants/record.js'
import { drive, links, wrongTransports } from './mutants/transports.js'

const found = (subject: TransportSubject) => record((runner) => transportConformance(subject, { ...runner, drive }))

describe('the suite of transports', () => {
  it('passes links in memory', () => {
    const right = found(links)
    expect(right.failed).toEqual([])
    expect(unshown(right, wrongTransports)).toEqual([])
  })

  it.each(wrongTransports)(
    'finds one that %s: the test of that fails, and only what follows from it',
    (_what, subject, fails) => {
      expect(found(subject).failed).toEqual(fails)
    },
  )
})
