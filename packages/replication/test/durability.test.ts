import type { ReplicatedLog, ReplicatedLogIndication } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { Simulation } from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { describe, expect, it } from 'vitest'
import { raftLog } from '../src/index.js'

const members = ['n1', 'n2', 'n3']

/** Three nodes on their write-ahead logs, of which n1 leads, and what each has indicated as committed. */
function cluster() {
  const committed = new Map<string, number>()
  const ended: string[] = []
  const simulation: Simulation<ReplicatedLog<unknown>> = new Simulation<ReplicatedLog<unknown>>({
    seed: 1,
    nodes: members,
    stores: openWriteAheadLog,
    syncMs: [0.1, 0.1],
    protocol: () => ({
      codec: raftLog.codec,
      create: (env) => raftLog.create(env, { members, maxDelayMs: 10, election: raft }),
      listen: () => {},
    }),
    onIndication: (node, path, indication) => {
      if (path !== '') return
      const each = indication as ReplicatedLogIndication
      if (each.type === 'committed') committed.set(node, each.entries.at(-1)?.index ?? 0)
      if (each.type === 'proposal-ended') ended.push(each.outcome.outcome)
    },
  })
  simulation.start()
  simulation.run(500)
  expect(members.map((id) => simulation.root(id).leader)).toEqual(['n1', 'n1', 'n1'])
  const propose = (): void => simulation.request('n1', 'propose', (log) => void log.propose(new Uint8Array([1])))
  const slow = (node: string): void => simulation.apply({ type: 'disk', node, syncMs: [1000, 1000] })
  return { simulation, committed, ended, propose, slow }
}

describe('what a log indicates as committed', () => {
  it('is on its own disk, also when a former life wrote it and only the operating system has it', () => {
    const { simulation, committed, propose, slow } = cluster()
    const before = committed.get('n2') as number
    slow('n2')
    propose()
    simulation.run(510)
    expect(committed.get('n1')).toBe(before + 1)
    // The process dies, the machine lives: the entry is found again, and is still not synced.
    simulation.apply({ type: 'crash', node: 'n2', survivors: 1, cached: true })
    simulation.apply({ type: 'restart', node: 'n2' })
    const { index: found } = simulation.root('n2').position
    simulation.run(600)
    expect({ found, committed: committed.get('n2') }).toEqual({ found: before + 1, committed: before })
    simulation.run(2000)
    expect(committed.get('n2')).toBe(before + 1)
  })
})
