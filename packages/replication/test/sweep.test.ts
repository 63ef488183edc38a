import type { FaultKind } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { timestamp } from '@quorate/election/timestamp'
import { nodeIds, Simulation } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { raftLog } from '../src/index.js'
import { run, violations } from './support.js'

const ofDisks: readonly FaultKind[] = ['torn-write', 'failed-sync', 'full-disk', 'slow-disk', 'bit-rot']

describe('a log on the election of Raft and on write-ahead logs, under all faults of network, nodes and disks', () => {
  it.each([
    { nodes: 3, seeds: { from: 1, to: 1300 } },
    { nodes: 5, seeds: { from: 1, to: 600 } },
    { nodes: 4, seeds: { from: 1, to: 60 } },
    { nodes: 1, seeds: { from: 1, to: 40 } },
  ])(
    'keeps the five properties, reads linearizably and makes progress: $nodes nodes, seeds $seeds.from to $seeds.to',
    ({ nodes, seeds }) => {
      expect(violations(seeds, nodes)).toBeUndefined()
    },
    240_000,
  )

  it('is attacked with everything that can happen to a disk', () => {
    expect(raftLog.tolerates).toEqual(expect.arrayContaining([...ofDisks]))
    expect(raft.tolerates).toEqual(expect.arrayContaining([...ofDisks]))
  })

  it('commits, refuses and answers reads, so that a sweep in which nothing happens is not taken for a good one', () => {
    const total = { committed: 0, rejected: 0, answered: 0 }
    for (let seed = 1; seed <= 20; seed++) {
      const { outcomes, barriers } = run(seed, 3, {}, { chaosMs: 1000 })
      total.committed += outcomes.committed
      total.rejected += outcomes.rejected
      total.answered += barriers.answered
    }
    expect(total.committed).toBeGreaterThan(500)
    expect(total.rejected).toBeGreaterThan(100)
    expect(total.answered).toBeGreaterThan(100)
  })

  it('loses nodes to damaged disks, and goes on without them', () => {
    let refused = 0
    for (let seed = 1; seed <= 60; seed++) {
      const faults = ['crash-recovery', 'torn-write', 'bit-rot'] as const
      const { trace, violations: found } = run(seed, 3, {}, { faults, traceLimit: 100_000 })
      if (trace.some(({ type }) => type === 'refuse')) refused++
      expect(found).toEqual([])
    }
    expect(refused).toBeGreaterThan(10)
  })

  it('loses what it had applied to disks that lie about what is durable', () => {
    const found = Array.from(
      { length: 20 },
      (_, seed) => run(seed, 3, {}, { faults: ['lost-write'] }).violations,
    ).flat()
    expect(found.map(({ property }) => property)).toContain('state-machine-safety')
  })

  it('makes no progress with one node more down than it survives', () => {
    const down = nodeIds(3)
      .slice(0, 2)
      .map((node) => ({ atMs: 1, action: { type: 'crash', node, forGood: true } as const }))
    const { violations: found } = run(1, 3, {}, { schedule: down })
    expect(found.map(({ property }) => property)).toEqual(['progress'])
  })
})

describe('a log', () => {
  it('refuses an election that cannot carry one, by its name', () => {
    const simulation = (): unknown =>
      new Simulation({
        seed: 1,
        nodes: ['n1'],
        protocol: () => ({
          codec: raftLog.codec,
          create: (env) => raftLog.create(env, { members: ['n1'], maxDelayMs: 10, election: timestamp }),
          listen: () => {},
        }),
      })
    expect(simulation).toThrow(
      expect.objectContaining({ code: 'QUORATE_ELECTION_CARRIES_NO_LOG', data: { election: 'timestamp' } }),
    )
  })

  it('refuses a state that is ahead of it', () => {
    const simulation = (): unknown =>
      new Simulation({
        seed: 1,
        nodes: ['n1'],
        protocol: () => ({
          codec: raftLog.codec,
          create: (env) => raftLog.create(env, { members: ['n1'], maxDelayMs: 10, election: raft, appliedIndex: 7 }),
          listen: () => {},
        }),
      })
    expect(simulation).toThrow(expect.objectContaining({ code: 'QUORATE_LOG_BEHIND_STATE' }))
  })
})
