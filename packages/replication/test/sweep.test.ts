import { raft } from '@quorate/election/raft'
import { timestamp } from '@quorate/election/timestamp'
import { nodeIds, runReplicatedLog, Simulation } from '@quorate/simulation'
import { describe, expect, it } from 'vitest'
import { raftLog } from '../src/index.js'
import { shipped, violations } from './support.js'

describe('a log on the election of Raft', () => {
  it.each([
    { nodes: 3, seeds: { from: 1, to: 300 } },
    { nodes: 5, seeds: { from: 1, to: 150 } },
    { nodes: 1, seeds: { from: 1, to: 20 } },
  ])(
    'keeps the five properties, reads linearizably and makes progress: $nodes nodes, seeds $seeds.from to $seeds.to',
    ({ nodes, seeds }) => {
      expect(violations(shipped, seeds, nodes)).toBeUndefined()
    },
    120_000,
  )

  // A doubled message reached a leader that had appended the proposal and was handing over: it refused what was then committed.
  it.each([25])('tells no proposer that what may be committed was refused: seed %i', (seed) => {
    expect(runReplicatedLog(shipped, { nodes: 3, seed, election: raft }).violations).toEqual([])
  })

  it('commits, refuses and answers reads, so that a sweep in which nothing happens is not taken for a good one', () => {
    const total = { committed: 0, rejected: 0, answered: 0 }
    for (let seed = 1; seed <= 20; seed++) {
      const { outcomes, barriers } = runReplicatedLog(shipped, { nodes: 3, seed, election: raft })
      total.committed += outcomes.committed
      total.rejected += outcomes.rejected
      total.answered += barriers.answered
    }
    expect(total.committed).toBeGreaterThan(500)
    expect(total.rejected).toBeGreaterThan(100)
    expect(total.answered).toBeGreaterThan(100)
  })

  it('makes no progress with one node more down than it survives', () => {
    const down = nodeIds(3)
      .slice(0, 2)
      .map((node) => ({ atMs: 1, action: { type: 'crash', node, forGood: true } as const }))
    const { violations: found } = runReplicatedLog(shipped, { nodes: 3, seed: 1, election: raft, schedule: down })
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
