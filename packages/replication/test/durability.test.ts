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
  /** How many commands each step of each node indicated. */
  const parts = new Map<string, number[]>()
  let events = 0
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
      if (each.type === 'committed') {
        committed.set(node, each.entries.at(-1)?.index ?? 0)
        const commands = each.entries.filter(({ command }) => command !== undefined).length
        const counts = parts.get(node) ?? []
        if (events === simulation.events) counts.push((counts.pop() ?? 0) + commands)
        else counts.push(commands)
        events = simulation.events
        parts.set(node, counts)
      }
      if (each.type === 'proposal-ended') ended.push(each.outcome.outcome)
    },
  })
  simulation.start()
  simulation.run(500)
  expect(members.map((id) => simulation.root(id).leader)).toEqual(['n1', 'n1', 'n1'])
  const propose = (): void => simulation.request('n1', 'propose', (log) => void log.propose([new Uint8Array([1])]))
  const slow = (node: string): void => simulation.apply({ type: 'disk', node, syncMs: [1000, 1000] })
  return { simulation, committed, ended, parts, propose, slow }
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

  it('is not what a write that failed was to make durable', () => {
    const { simulation, committed, ended, propose } = cluster()
    const before = committed.get('n1')
    // n1 alone is left with its own disk to count.
    simulation.apply({ type: 'cut', from: ['n3'], to: ['n1'] })
    simulation.apply({ type: 'disk', node: 'n1', syncMs: [50, 50] })
    simulation.apply({ type: 'fail-sync', node: 'n1' })
    propose()
    simulation.run(600)
    expect(simulation.isUp('n1')).toBe(false)
    expect({ committed: committed.get('n1'), ended }).toEqual({ committed: before, ended: [] })
  })
})

describe('leadership that is handed over', () => {
  it('goes to a member that was behind once it is level, so that it wins', () => {
    const { simulation, propose } = cluster()
    simulation.apply({ type: 'cut', from: ['n1'], to: ['n3'] })
    for (let count = 0; count < 3; count++) propose()
    simulation.run(520)
    expect(simulation.root('n3').position.index).toBeLessThan(simulation.root('n1').position.index)
    simulation.apply({ type: 'heal' })
    const { term } = simulation.root('n1')
    simulation.request('n1', 'transfer', (log) => log.transfer('n3'))
    simulation.run(620)
    expect(members.map((id) => simulation.root(id).leader)).toEqual(['n3', 'n3', 'n3'])
    expect(simulation.root('n3').term.number).toBe(term.number + 1)
  })

  it('goes to a member that nobody suspects, however level another one is', () => {
    const { simulation } = cluster()
    simulation.apply({ type: 'crash', node: 'n2', forGood: true })
    simulation.request('n1', 'suspect n2', (log) => log.suspect('n2', 'gone'))
    simulation.request('n1', 'resign', (log) => log.resign())
    simulation.run(600)
    expect(['n1', 'n3'].map((id) => simulation.root(id).leader)).toEqual(['n3', 'n3'])
  })

  it('is let go of after a while when it goes to a member that does not take it', () => {
    const { simulation, propose, ended } = cluster()
    // n2, first in order, is dead, and n1 does not know it yet.
    simulation.apply({ type: 'crash', node: 'n2', forGood: true })
    simulation.request('n1', 'resign', (log) => log.resign())
    propose()
    simulation.run(1500)
    expect(ended).toEqual(['rejected'])
    expect(['n1', 'n3'].map((id) => simulation.root(id).leader)).toEqual(['n3', 'n3'])
  })
})

describe('a log that is far ahead of its state', () => {
  it('indicates a bounded part of it in a step', () => {
    const { simulation, parts } = cluster()
    const command = new Uint8Array(1.5 * 1024 * 1024)
    for (let count = 0; count < 5; count++) simulation.request('n1', 'propose', (log) => void log.propose([command]))
    simulation.run(2000)
    parts.clear()
    simulation.apply({ type: 'crash', node: 'n3' })
    simulation.apply({ type: 'restart', node: 'n3' })
    simulation.run(4000)
    const again = parts.get('n3') ?? []
    expect(again.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(5)
    // With the third the bound of 4 MiB is exceeded.
    expect(Math.max(...again)).toBeLessThanOrEqual(3)
  }, 30_000)
})
