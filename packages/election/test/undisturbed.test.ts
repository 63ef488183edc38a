import { describe, expect, it } from 'vitest'
import type { Election, ElectionDefinition, NodeId } from '@quorate/core'
import { nodeIds, type Simulation } from '@quorate/simulation'
import { bully } from '../src/bully.js'
import { asPrinted } from '../src/exhibits/as-printed.js'
import { timestamp } from '../src/timestamp.js'
import { cluster } from './cluster.js'

const maxDelayMs = 10
const sizes = [1, 2, 3, 4, 5, 7, 12]

/** Messages between different nodes so far. */
function sent(simulation: Simulation<Election<unknown>>): number {
  return simulation.trace.filter((entry) => entry.type === 'send' && entry.from.id !== entry.to).length
}

function agreed(simulation: Simulation<Election<unknown>>): NodeId | undefined {
  const [first, ...others] = simulation.live.map((id) => simulation.root(id).leader)
  return first !== undefined && simulation.isUp(first) && others.every((leader) => leader === first) ? first : undefined
}

/** Lets time pass until all name the same living leader. */
function agree(simulation: Simulation<Election<unknown>>): void {
  const done = (): boolean => agreed(simulation) !== undefined
  expect(done() || simulation.run(simulation.now + 1000, done)).toBe(true)
}

function start<M>(definition: ElectionDefinition<M>, n: number, seed: number): Simulation<Election<unknown>> {
  const simulation = cluster(definition, { ids: nodeIds(n), seed, maxDelayMs, traceLimit: 10_000 })
  simulation.start()
  return simulation
}

/** A leader's process ends, and every other node is told so within 2 ms. Returns how long it takes until all name the next. */
function failover<M>(definition: ElectionDefinition<M>, n: number, seed: number): { ms: number; messages: number } {
  const simulation = start(definition, n, seed)
  agree(simulation)
  simulation.run(simulation.now + maxDelayMs)
  const dead = agreed(simulation) as NodeId
  const [since, before] = [simulation.now, sent(simulation)]
  simulation.apply({ type: 'crash', node: dead })
  for (const id of simulation.live) {
    simulation.at(since + 2 * simulation.random.fraction(), () => {
      simulation.request(id, 'suspect', (election) => election.suspect(dead, 'gone'))
    })
  }
  agree(simulation)
  return { ms: simulation.now - since, messages: sent(simulation) - before }
}

describe('a start of all nodes as it was first told', () => {
  it.each(sizes)('costs %d nodes exactly the messages that it declares', (n) => {
    const simulation = start(asPrinted, n, 1)
    simulation.run(1000)
    expect(sent(simulation)).toBe(asPrinted.worstCaseMessages?.(n))
  })
})

describe('timestamp', { timeout: 120_000 }, () => {
  it.each(sizes)('meets the declared number of messages exactly with %d nodes', (n) => {
    const simulation = start(timestamp, n, 1)
    agree(simulation)
    expect(sent(simulation)).toBe(timestamp.worstCaseMessages?.(n))
  })

  it('names the next leader three messages after the verdict, by one candidacy', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { ms, messages } = failover(timestamp, 5, seed)
      expect(ms).toBeLessThanOrEqual(2 + 3 * maxDelayMs)
      // Requests, acknowledgements of the three others, announcements.
      expect(messages).toBe(4 + 3 + 4)
    }
  })

  it('once all agree sends nothing but announcements', () => {
    const simulation = start(timestamp, 5, 1)
    simulation.run(1000)
    const before = sent(simulation)
    simulation.run(2000)
    expect(sent(simulation) - before).toBe((1000 / (10 * maxDelayMs)) * 4)
  })
})

describe('bully', { timeout: 120_000 }, () => {
  it('names the next leader after the wait for the dead and five messages', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { ms } = failover(bully, 5, seed)
      expect(ms).toBeGreaterThanOrEqual(2 * maxDelayMs)
      expect(ms).toBeLessThanOrEqual(2 + 5 * maxDelayMs)
    }
  })

  it('once all agree sends nothing', () => {
    const simulation = start(bully, 5, 1)
    simulation.run(1000)
    const before = sent(simulation)
    simulation.run(10_000)
    expect(sent(simulation)).toBe(before)
  })
})
