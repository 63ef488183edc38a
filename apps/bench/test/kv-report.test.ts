import { describe, expect, it } from 'vitest'
import { kvFailoverReport } from '../src/kv/kv-failover.js'
import type { Measurement } from '../src/kv/measure.js'
import { speedReport } from '../src/kv/speed.js'
import type { Target } from '../src/kv/targets.js'
import { markdown } from '../src/report.js'

const etcd: Target = { name: 'etcd', command: ['etcd'] }
const ours: Target = { name: 'ours', command: ['node'] }

function rounds(...perSecond: readonly number[]): readonly Measurement[] {
  return perSecond.map((rate) => ({
    requests: 100,
    perSecond: rate,
    p50Ms: 1,
    p99Ms: 2000 / rate,
    cpuSecondsPer1000: rate / 10_000,
  }))
}

describe('the table of speed', () => {
  const options = { rounds: 3, seconds: 1, cases: ['put'], targets: ['etcd', 'ours'] } as const
  const words = ['put', '1x100', 'leader', 'many']

  it('has medians of the rounds, and how much faster ours is', () => {
    const result = { words, rounds: { etcd: rounds(1000, 5000, 2000), ours: rounds(3000, 100, 9000) } }
    const report = speedReport(options, [etcd, ours], [result])
    expect(report.rows).toEqual([
      ['put', '1 × 100', 'leader', '10,000', '2,000', '3,000', '1.50', '1.0 ms', '0.7 ms', '0.200', '0.300'],
    ])
    expect(report.columns).toHaveLength(11)
    expect(report.data['cases']).toMatchObject([{ case: 'put 1x100 leader many', ratio: 1.5 }])
    expect(markdown(report)).toContain('`npm run bench -- kv --rounds 3 --seconds 1 --cases put`')
  })

  it('has no ratio of one program, and says so in its command', () => {
    const one = { ...options, targets: ['ours'] } as const
    const report = speedReport(one, [ours], [{ words, rounds: { ours: rounds(1000) } }])
    expect(report.columns).not.toContain('ratio')
    expect(report.rows[0]).toHaveLength(report.columns.length)
    expect(report.command).toContain('--targets ours')
  })

  it('names another program that stands in our place', () => {
    const report = speedReport({ ...options, ours: 'etcd' }, [etcd, ours], [])
    expect(report.columns).toContain('ours (etcd), a second')
    expect(report.command).toContain('--ours etcd')
  })
})

describe('the table of failover', () => {
  it('has a row for each fault and program', () => {
    const outage = (unavailableMs: number, failedWrites: number) =>
      ({ fault: 'kill', unavailableMs, failedWrites }) as const
    const outages = new Map([
      [etcd, [outage(1000, 3), outage(3000, 4), outage(2000, 0)]],
      [ours, [outage(10.4, 0), outage(20, 1), outage(12, 0)]],
    ])
    const { rows, columns } = kvFailoverReport({ rounds: 3, targets: ['etcd', 'ours'] }, 99, outages)
    expect(rows).toHaveLength(8)
    expect(rows[0]).toEqual(['killed (SIGKILL)', 'etcd', '3', '2000 ms', '3000 ms', '7'])
    expect(rows[1]).toEqual(['killed (SIGKILL)', 'ours', '3', '12 ms', '20 ms', '1'])
    expect(rows.every((row) => row.length === columns.length)).toBe(true)
  })
})
