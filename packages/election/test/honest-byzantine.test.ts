import { runElection, type ScheduledFault } from '@quorate/simulation'
import { expect, it } from 'vitest'
import { timestamp } from '../src/timestamp.js'

it('nodes that might lie and do not break nothing of an election by timestamps: most of a quorum may consist of them', () => {
  const [some, others] = [
    ['n1', 'n2', 'n4'],
    ['n3', 'n5'],
  ]
  const schedule: ScheduledFault[] = [
    { atMs: 0, action: { type: 'byzantine', node: 'n2' } },
    { atMs: 0, action: { type: 'byzantine', node: 'n4' } },
    { atMs: 0, action: { type: 'cut', from: some, to: others } },
    { atMs: 0, action: { type: 'cut', from: others, to: some } },
  ]
  for (let seed = 1; seed <= 20; seed++) {
    expect(runElection(timestamp, { nodes: 5, seed, schedule }).violations).toEqual([])
  }
})
