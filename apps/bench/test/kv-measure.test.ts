import { describe, expect, it } from 'vitest'
import { allCases, selectedCases, wordsOf, type Case } from '../src/kv/cases.js'
import { readLatenciesMs, readSummary } from '../src/kv/h2load.js'
import type { LoadResult } from '../src/kv/load.js'
import { whatIsWrong, type Evidence } from '../src/kv/measure.js'
import { longestGapMs } from '../src/kv/writer.js'
import { cpuSecondsIn } from '../src/processes.js'

const summary = `starting benchmark...
progress: 100% done

finished in 59.86ms, 16704.53 req/s, 5.43MB/s
requests: 1000 total, 1000 started, 1000 done, 998 succeeded, 2 failed, 2 errored, 0 timeout
status codes: 998 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 332.68KB (340668) total, 1.98KB (2024) headers (space savings 94.67%), 301.76KB (309000) data
                     min         max         mean         sd        +/- sd
time for request:     1.29ms     25.02ms     10.41ms      5.40ms    63.30%
`

describe('what h2load says', () => {
  it('is read from its summary', () => {
    expect(readSummary(summary)).toEqual({ perSecond: 16704.53, succeeded: 998, dataBytes: 309000 })
  })

  it('is refused when it is no summary', () => {
    expect(() => readSummary('Could not connect to the host')).toThrow('Could not connect to the host')
  })

  it('is read from its log, in microseconds, of answers only', () => {
    const log = '1795690968543624\t200\t4899\n1795690968545978\t-1\t9\n1795690968543626\t200\t9398\n'
    expect(readLatenciesMs(log)).toEqual([4.899, 9.398])
  })
})

describe('cases', () => {
  it('are 24, each with words of its own', () => {
    expect(allCases).toHaveLength(24)
    expect(new Set(allCases.map((each) => wordsOf(each).join(' '))).size).toBe(24)
    expect(selectedCases([])).toEqual(allCases)
  })

  it('are selected by words, any of each facet', () => {
    const selected = selectedCases(['put', '1x1', '1x100', 'leader', 'one'])
    expect(selected.map((each) => wordsOf(each).join(' '))).toEqual(['put 1x1 leader one', 'put 1x100 leader one'])
    expect(selected[1]).toEqual({ operation: 'put', connections: 1, inFlight: 100, at: 'leader', keys: 1 })
  })

  it('are refused by a word that none has', () => {
    expect(() => selectedCases(['put', 'delete'])).toThrow('no case has "delete"')
  })
})

describe('a measurement', () => {
  const put: Case = { operation: 'put', connections: 1, inFlight: 1, at: 'leader', keys: 1 }
  const read: Case = { ...put, operation: 'read' }
  const result: LoadResult = { perSecond: 1, p50Ms: 1, p99Ms: 1, failed: 0, dataBytes: 3090 }
  const evidence: Evidence = { requests: 10, result, revisionBefore: 5, revisionAfter: 15 }

  it('of puts counts when the revision rose by as many', () => {
    expect(whatIsWrong(put, evidence)).toBeUndefined()
    expect(whatIsWrong(put, { ...evidence, revisionAfter: 14 })).toContain('rose by 9 in 10')
  })

  it('of reads counts when nothing was written and every answer was as long as one that was looked at', () => {
    const reads: Evidence = { ...evidence, revisionAfter: 5, answerBytes: 309 }
    expect(whatIsWrong(read, reads)).toBeUndefined()
    expect(whatIsWrong(read, { ...reads, revisionAfter: 6 })).toContain('rose by 1')
    expect(whatIsWrong(read, { ...reads, answerBytes: 310 })).toContain('3090 bytes, not 310 each')
  })

  it('counts for nothing when a request failed', () => {
    expect(whatIsWrong(put, { ...evidence, result: { ...result, failed: 1 } })).toContain('1 of 10 requests failed')
  })
})

describe('the time without an acknowledged write', () => {
  it('is the longest between two of them, whoever wrote', () => {
    expect(longestGapMs([0, 90, 110, 105, 400, 410, 1000], 100, 405)).toBe(290)
  })

  it('begins at the last before the fault and ends at the first after the watch', () => {
    expect(longestGapMs([0, 90, 500], 100, 450)).toBe(410)
    expect(longestGapMs([0, 90], 100, 450)).toBe(360)
    expect(longestGapMs([], 100, 450)).toBe(350)
  })

  it('leaves out what was longer before', () => {
    expect(longestGapMs([0, 90, 100, 110], 95, 105)).toBe(10)
  })
})

describe('seconds on a processor', () => {
  it('are read behind a name with blanks and parentheses', () => {
    const stat = '42 (a) b (c) S 1 42 42 0 -1 4194304 999 0 0 0 150 75 0 0 20 0 9 0 12345 1 2'
    expect(cpuSecondsIn(stat)).toBe(2.25)
  })

  it('are refused where there are none', () => {
    expect(() => cpuSecondsIn('42 (a) S 1')).toThrow('/proc/PID/stat')
  })
})
