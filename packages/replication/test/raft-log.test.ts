import type { FaultKind } from '@quorate/core'
import { bully } from '@quorate/election/bully'
import { raft } from '@quorate/election/raft'
import { timestamp } from '@quorate/election/timestamp'
import { Simulation } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { raftLog } from '../src/index.js'
import { run } from './support.js'

const ofDisks: readonly FaultKind[] = ['torn-write', 'failed-sync', 'full-disk', 'slow-disk', 'bit-rot']

describe('a log on the election of Raft and on write-ahead logs, under all faults of network, nodes and disks', () => {
  it('is attacked with everything that can happen to a disk', () => {
    expect(raftLog.tolerates).toEqual(expect.arrayContaining([...ofDisks]))
    expect(raft.tolerates).toEqual(expect.arrayContaining([...ofDisks]))
  })

  it('loses nodes to damaged disks, and goes on without them', { timeout: 60_000 }, () => {
    let refused = 0
    for (let seed = 1; seed <= 60; seed++) {
      const faults = ['crash-recovery', 'torn-write', 'bit-rot'] as const
      const { trace, violations: found } = run(seed, 3, {}, { faults, traceLimit: 100_000 })
      if (trace.some(({ type }) => type === 'refuse')) refused++
      expect(found).toEqual([])
    }
    expect(refused).toBeGreaterThan(10)
  })
})

describe('a log', () => {
  it('is attacked with nothing that an election which carries it does not declare', () => {
    expect(raft.tolerates).toEqual(expect.arrayContaining([...raftLog.tolerates]))
    expect(timestamp.tolerates).toEqual(expect.arrayContaining([...raftLog.tolerates]))
  })

  it('refuses bully, by its name, for its missing durable terms', () => {
    expect(() => run(1, 3, { election: bully })).toThrow(
      expect.objectContaining({
        code: 'QUORATE_ELECTION_CARRIES_NO_LOG',
        data: { election: 'bully', lacks: 'durable terms' },
        message: expect.stringContaining('the election "bully" cannot carry a replicated log: it has no durable terms'),
      }),
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
