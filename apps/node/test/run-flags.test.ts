import { seededRandom } from '@quorate/core'
import { nodeIds } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../src/run/duration.js'
import {
  lastFaultMs,
  parseClockSkew,
  parseCrash,
  parseDelay,
  parseLoss,
  parsePartition,
  scheduleOf,
  type FaultFlags,
} from '../src/run/fault-flags.js'
import { parseValues } from '../src/run/run-request.js'

const nodes = nodeIds(5)
const none: FaultFlags = { crashes: [], partitions: [], clockSkews: [], links: {} }
const schedule = (flags: Partial<FaultFlags>) => scheduleOf({ ...none, ...flags }, nodes, seededRandom(1))

/** The code and message of what `action` throws. */
function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`
  }
  return 'not refused'
}

describe('a time', () => {
  it.each([
    ['30ms', 30],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['0ms', 0],
    ['0.25ms', 0.25],
  ])('%s is read in milliseconds', (text, ms) => {
    expect(parseDuration('--at', text)).toBe(ms)
  })

  it.each(['30', 'ms', '', '-1s', '1e3ms', '3 s', '1.s', '2h', '25000m', 'Infinityms', '1,5s'])(
    '"%s" is refused by name',
    (text) => {
      expect(refusal(() => parseDuration('--at', text))).toBe(
        `QUORATE_INVALID_OPTION: --at is "${text}"; it must be a time of at most a day with its unit, like 30ms, 1.5s or 2m`,
      )
    },
  )

  it.each([
    [0, '0 ms'],
    [4.26, '4.3 ms'],
    [312.4, '312 ms'],
    [1_240, '1.24 s'],
  ])('%d ms is told as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

describe('a crash', () => {
  it('is for good, or with a second time until a restart', () => {
    expect(schedule({ crashes: [parseCrash('n2@30ms', nodes), parseCrash('n1@10ms..1.5s', nodes)] })).toEqual([
      { atMs: 10, action: { type: 'crash', node: 'n1' } },
      { atMs: 30, action: { type: 'crash', node: 'n2' } },
      { atMs: 1_500, action: { type: 'restart', node: 'n1' } },
    ])
  })

  it.each([
    ['n2', 'QUORATE_INVALID_OPTION: --crash is "n2"'],
    ['n2@', 'QUORATE_INVALID_OPTION: --crash is "n2@"; it must be one with a time of at most a day'],
    ['n2@30', 'QUORATE_INVALID_OPTION: --crash is "n2@30"'],
    ['n2@30ms@40ms', 'QUORATE_INVALID_OPTION: --crash is "n2@30ms@40ms"'],
    [
      'n2@30ms..20ms',
      'QUORATE_INVALID_OPTION: --crash is "n2@30ms..20ms"; it must be a fault that ends after it begins',
    ],
    ['n2@30ms..40ms..50ms', 'QUORATE_INVALID_OPTION: --crash is "n2@30ms..40ms..50ms"'],
    [
      'n9@30ms',
      'QUORATE_UNKNOWN_NODE: --crash names "n9", which is none of the nodes n1, n2, n3, n4, n5; did you mean n1?',
    ],
  ])('"%s" is refused', (text, says) => {
    expect(refusal(() => parseCrash(text, nodes))).toContain(says)
  })
})

describe('a partition', () => {
  it('cuts both ways between all its groups', () => {
    const { cuts } = parsePartition('n1,n2|n3|n4,n5@10ms..50ms', nodes)
    expect(cuts.map(({ from, to }) => `${from}>${to}`)).toEqual([
      'n1,n2>n3',
      'n1,n2>n4,n5',
      'n3>n1,n2',
      'n3>n4,n5',
      'n4,n5>n1,n2',
      'n4,n5>n3',
    ])
  })

  it('with an arrow cuts one way only, and without times for good', () => {
    expect(schedule({ partitions: [parsePartition('n1>n2,n3', nodes)] })).toEqual([
      { atMs: 0, action: { type: 'cut', from: ['n1'], to: ['n2', 'n3'] } },
    ])
  })

  it('that ends takes its own cuts back and no others', () => {
    const partitions = [parsePartition('n1>n2@10ms..50ms', nodes), parsePartition('n3>n4@20ms..80ms', nodes)]
    expect(schedule({ partitions }).slice(2)).toEqual([
      { atMs: 50, action: { type: 'mend', from: ['n1'], to: ['n2'] } },
      { atMs: 80, action: { type: 'mend', from: ['n3'], to: ['n4'] } },
    ])
  })

  it.each([
    ['n1,n2', 'QUORATE_INVALID_OPTION: --partition is "n1,n2"; it must be groups of nodes'],
    ['n1>n2>n3', 'QUORATE_INVALID_OPTION'],
    ['n1>n2|n3', 'QUORATE_INVALID_OPTION'],
    ['n1|n1,n2', 'n1 is named twice'],
    ['n1|', 'QUORATE_UNKNOWN_NODE: --partition names ""'],
    ['n1|n2@', 'QUORATE_INVALID_OPTION: --partition is "n1|n2@"'],
    ['n1|m2@1s', 'QUORATE_UNKNOWN_NODE: --partition names "m2"'],
  ])('"%s" is refused', (text, says) => {
    expect(refusal(() => parsePartition(text, nodes))).toContain(says)
  })
})

describe('clocks and links', () => {
  it('one clock is wrong by what is said, ahead or behind', () => {
    const clockSkews = [parseClockSkew('n2=80ms', nodes), parseClockSkew('n3=-1s', nodes)]
    expect(schedule({ clockSkews }).map(({ action }) => action)).toEqual([
      { type: 'clock', node: 'n2', wallErrorMs: 80 },
      { type: 'clock', node: 'n3', wallErrorMs: -1_000 },
    ])
  })

  it('a bound without a node makes all clocks wrong within it, by the seed', () => {
    const errors = schedule({ clockSkews: [parseClockSkew('80ms', nodes)] }).map(({ action }) =>
      action.type === 'clock' ? (action.wallErrorMs ?? NaN) : NaN,
    )
    expect(errors).toHaveLength(5)
    expect(errors.every((error) => Math.abs(error) <= 80)).toBe(true)
    expect(new Set(errors).size).toBe(5)
  })

  it('read delays as a range or a most, and loss as a fraction or per cent', () => {
    expect(parseDelay('5ms..50ms')).toEqual({ minDelayMs: 5, maxDelayMs: 50 })
    expect(parseDelay('1s')).toEqual({ minDelayMs: 0, maxDelayMs: 1_000 })
    expect([parseLoss('0.1'), parseLoss('.5'), parseLoss('10%'), parseLoss('1')]).toEqual([
      { loss: 0.1 },
      { loss: 0.5 },
      { loss: 0.1 },
      { loss: 1 },
    ])
  })

  it.each([
    ['--clock-skew', () => parseClockSkew('n2=', nodes), 'is "n2="'],
    ['--clock-skew', () => parseClockSkew('n2=1s=2s', nodes), 'is "n2=1s=2s"'],
    ['--clock-skew', () => parseClockSkew('n2', nodes), 'is "n2"'],
    ['--delay', () => parseDelay('50ms..5ms'), 'is "50ms..5ms"'],
    ['--delay', () => parseDelay('fast'), 'is "fast"'],
    ['--loss', () => parseLoss('1.5'), 'is "1.5"'],
    ['--loss', () => parseLoss('150%'), 'is "150%"'],
    ['--loss', () => parseLoss('-0.1'), 'is "-0.1"'],
    ['--loss', () => parseLoss('NaN'), 'is "NaN"'],
    ['--loss', () => parseLoss(''), 'is ""'],
  ])('%s outside its domain is refused by name (%#)', (option, action, says) => {
    expect(refusal(action)).toContain(`QUORATE_INVALID_OPTION: ${option} ${says}`)
  })
})

describe('values', () => {
  it('are safe integers, one for each node', () => {
    expect(parseValues('5, -9,0,9007199254740991,7', nodes)).toEqual([5, -9, 0, Number.MAX_SAFE_INTEGER, 7])
  })

  it.each([
    ['1,2,3', '5 values, one for each node; these are 3'],
    ['1,2,3,4,x', '"x" is none'],
    ['1,2,3,4,', '"" is none'],
    ['1,2,3,4,1.5', '"1.5" is none'],
    ['1,2,3,4,9007199254740992', '"9007199254740992" is none'],
  ])('"%s" are refused', (text, says) => {
    expect(refusal(() => parseValues(text, nodes))).toContain(says)
  })
})

it('the last fault is over when the last of them ends', () => {
  const crashes = [parseCrash('n1@10ms..900ms', nodes), parseCrash('n2@50ms', nodes)]
  expect(lastFaultMs({ ...none, crashes, partitions: [parsePartition('n1|n2@1s', nodes)] })).toBe(1_000)
  expect(lastFaultMs({ ...none, crashes })).toBe(900)
  expect(lastFaultMs(none)).toBe(0)
})
