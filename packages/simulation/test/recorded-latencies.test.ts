import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { nodeIds, recordedLatencies, runElection, type LinkConditions } from '../src/index.js'
import { Marks } from '../src/marks/marks.js'
import { Network } from '../src/network.js'
import { quantile } from '../src/recorded-latencies.js'
import { raftElection } from './support/raft-election.js'

const { seattle } = recordedLatencies
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number

/** Delays of 200 messages on each link among 20 nodes, by link. */
function delays(conditions: Partial<LinkConditions>, seed = 1): ReadonlyMap<string, readonly number[]> {
  const network = new Network(20, conditions, seededRandom(seed), new Marks())
  const links = nodeIds(20).flatMap((_, from) => nodeIds(20).flatMap((__, to) => (from === to ? [] : [[from, to]])))
  return new Map(
    (links as [number, number][]).map(([from, to]) => [
      `${from} ${to}`,
      Array.from({ length: 200 }, () => network.arrival(from, to, 0)),
    ]),
  )
}

describe('recorded delays', () => {
  const recorded = delays({ minDelayMs: 0, maxDelayMs: seattle.longestMs, latency: 'seattle' })

  it('are as long as they were, and never longer than the longest', () => {
    const all = [...recorded.values()].flat()
    expect(Math.max(...all)).toBeLessThanOrEqual(seattle.longestMs)
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0)
    const expected = quantile(seattle.pairMs, 0.5)
    expect(median(all)).toBeGreaterThan(expected * 0.7)
    expect(median(all)).toBeLessThan(expected * 1.4)
  })

  it('make near pairs and far ones, in both directions alike', () => {
    const medians = new Map([...recorded].map(([link, times]) => [link, median(times)]))
    const sorted = [...medians.values()].sort((a, b) => a - b)
    expect(
      (sorted[Math.floor(sorted.length * 0.9)] as number) / (sorted[Math.floor(sorted.length * 0.1)] as number),
    ).toBeGreaterThan(5)
    for (const [link, there] of medians) {
      const back = medians.get(link.split(' ').reverse().join(' ')) as number
      expect(Math.max(there, back) / Math.min(there, back)).toBeLessThan(1.5)
    }
  })

  it('are shrunk alike to another longest delay', () => {
    const shrunk = delays({ minDelayMs: 0, maxDelayMs: seattle.longestMs / 100, latency: 'seattle' })
    const [one, other] = [recorded.get('3 4'), shrunk.get('3 4')] as [number[], number[]]
    other.forEach((delay, place) => expect(delay * 100).toBeCloseTo(one[place] as number))
  })

  it('are the same for the same seed, and others for another', () => {
    const again = delays({ minDelayMs: 0, maxDelayMs: seattle.longestMs, latency: 'seattle' })
    expect(again).toEqual(recorded)
    expect(delays({ minDelayMs: 0, maxDelayMs: seattle.longestMs, latency: 'seattle' }, 2)).not.toEqual(recorded)
  })

  it('are refused by a name that there is not', () => {
    const unknown = 'boston' as 'seattle'
    for (const attempt of [
      () => delays({ latency: unknown }),
      () => runElection(raftElection, { nodes: 3, seed: 1, latency: unknown }),
    ]) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'QUORATE_INVALID_OPTION' }))
    }
  })

  it('set the bound that an algorithm may count on, and it keeps its promises under them', () => {
    const faults = ['crash-recovery', 'loss', 'reordering'] as const
    for (let seed = 1; seed <= 5; seed++) {
      const { violations, virtualMs, command } = runElection(raftElection, {
        nodes: 5,
        seed,
        faults,
        latency: 'seattle',
      })
      expect(violations).toEqual([])
      expect(virtualMs).toBeGreaterThan(100 * seattle.longestMs)
      expect(command).toMatch(/ --faults crash-recovery,loss,reordering --latency seattle$/)
    }
  })
})

const folder = join(
  process.env['QUORATE_VECTORS'] ?? join(import.meta.dirname, '../../../../shared/vectors'),
  'latency',
)

describe('the figures of seattle', () => {
  it.skipIf(!existsSync(folder))(
    'are those of the recordings (skipped without the recordings in QUORATE_VECTORS)',
    () => {
      const slices = readdirSync(folder).map((file) =>
        readFileSync(join(folder, file), 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.split('\t').map(Number)),
      )
      const usual: number[] = []
      const factors: number[] = []
      for (let one = 0; one < 99; one++) {
        for (let other = 0; other < 99; other++) {
          const readings = slices
            .map((slice) => ((slice[one] as number[])[other] as number) * 500)
            .filter((delay) => delay > 0 && delay <= seattle.longestMs)
          if (one === other || readings.length < 4) continue
          usual.push(median(readings))
          for (const reading of readings) factors.push(reading / median(readings))
        }
      }
      for (const [measured, figures] of [
        [usual, seattle.pairMs],
        [factors, seattle.factors],
      ] as const) {
        measured.sort((a, b) => a - b)
        figures.forEach((figure, place) => {
          const expected = measured[Math.round((place / 100) * (measured.length - 1))] as number
          expect(Math.abs(figure / expected - 1)).toBeLessThan(0.006)
        })
      }
    },
  )
})
