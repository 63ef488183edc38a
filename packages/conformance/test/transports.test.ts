import { describe, expect, it } from 'vitest'
import { transportConformance, type TransportSubject } from '../src/index.js'
import { record } from './mutants/record.js'
import { drive, links, wrongTransports } from './mutants/transports.js'

const found = (subject: TransportSubject): readonly string[] =>
  record((runner) => transportConformance(subject, { ...runner, drive })).failed

describe('the suite of transports', () => {
  it('passes links in memory', () => {
    expect(found(links)).toEqual([])
  })

  it.each(wrongTransports)('finds one that %s, by the test of that alone', (_what, subject, fails) => {
    expect(found(subject)).toEqual(fails)
  })
})
