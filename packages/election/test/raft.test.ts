import { describe, expect, it } from 'vitest'
import { raft } from '../src/raft.js'
import { cluster } from './cluster.js'

const ids = ['n1', 'n2', 'n3']

/** Three nodes of which all name one leader. */
function elected() {
  const simulation = cluster(raft, { ids, seed: 1 })
  simulation.start()
  simulation.run(500)
  const leader = simulation.root('n1').leader as string
  expect(ids.map((id) => simulation.root(id).leader)).toEqual([leader, leader, leader])
  const cutOff = (node: string): void => {
    const others = ids.filter((id) => id !== node)
    simulation.apply({ type: 'cut', from: [node], to: others })
    simulation.apply({ type: 'cut', from: others, to: [node] })
    simulation.run(1500)
  }
  return { simulation, leader, followers: ids.filter((id) => id !== leader), cutOff }
}

describe("Raft's election", () => {
  it('has a leader give up that no quorum acknowledges any more, and the majority elect another', () => {
    const { simulation, leader, followers, cutOff } = elected()
    cutOff(leader)
    expect(simulation.root(leader).leader).toBeUndefined()
    const [one, other] = followers.map((id) => simulation.root(id).leader)
    expect(followers).toContain(one)
    expect(other).toBe(one)
  })

  it('is not disturbed by a node that was cut off and comes back: it asks first, and who hears a leader does not answer', () => {
    const { simulation, leader, followers, cutOff } = elected()
    const { term } = simulation.root(leader)
    cutOff(followers[0] as string)
    simulation.apply({ type: 'heal' })
    simulation.run(2500)
    expect(ids.map((id) => simulation.root(id).leader)).toEqual([leader, leader, leader])
    expect(ids.map((id) => simulation.root(id).term)).toEqual([term, term, term])
  })
})
