import { phiAccrual } from '@quorate/failure-detection/phi-accrual'
import { timestamp } from '@quorate/election/timestamp'
import { nodeIds, Simulation } from '@quorate/simulation'
import { floodMin } from '@quorate/voting/flood-min'
import { threshold } from '@quorate/voting/threshold'
import { describe, expect, it } from 'vitest'
import { member, type Member, type MemberOptions } from '../src/composition/member.js'

const ids = nodeIds(5)

function cluster(agreement: MemberOptions['agreement'], seed = 1): Simulation<Member> {
  const options = {
    members: ids,
    heartbeatIntervalMs: 100,
    detectionTimeMs: 1000,
    maxDelayMs: 20,
    failureDetector: phiAccrual,
    election: timestamp,
    agreement,
  } as unknown as MemberOptions
  const simulation = new Simulation<Member>({ seed, nodes: ids, protocol: () => member(options, () => {}) })
  simulation.start()
  simulation.run(1000)
  return simulation
}

function call(simulation: Simulation<Member>, node: string): string {
  let name = ''
  simulation.request(node, 'call', (root) => {
    name = root.votes.call()
  })
  return name
}

const decisions = (simulation: Simulation<Member>, name: string): (number | undefined)[] =>
  ids.map((id) => simulation.root(id).votes.decision(name))

/** That all decided, and the same. */
function expectAgreement(simulation: Simulation<Member>, name: string): void {
  const [first, ...others] = decisions(simulation, name)
  expect(first).toBeDefined()
  expect(others).toEqual(others.map(() => first))
}

describe('a vote', () => {
  it.each([
    ['threshold', threshold],
    ['flood-min', floodMin],
  ])('by %s is decided alike by all', (_, agreement) => {
    const simulation = cluster(agreement as unknown as MemberOptions['agreement'])
    const name = call(simulation, 'n2')
    simulation.run(5000)
    expectAgreement(simulation, name)
  })

  it('that was called while a majority was out of reach is decided once it is back', () => {
    const simulation = cluster(threshold as unknown as MemberOptions['agreement'])
    const [few, many] = [ids.slice(0, 2), ids.slice(2)]
    simulation.apply({ type: 'cut', from: few, to: many })
    simulation.apply({ type: 'cut', from: many, to: few })
    const name = call(simulation, 'n1')
    simulation.run(4000)
    expect(decisions(simulation, name)).toEqual(ids.map(() => undefined))
    simulation.apply({ type: 'heal' })
    simulation.run(12_000)
    expectAgreement(simulation, name)
  })

  it('that a member missed while it was down is told to it once it takes part, and stays decided when all restart', () => {
    const simulation = cluster(threshold as unknown as MemberOptions['agreement'])
    const name = call(simulation, 'n1')
    simulation.run(1030)
    simulation.apply({ type: 'crash', node: 'n5' })
    simulation.run(4000)
    const decided = simulation.root('n1').votes.decision(name)
    expect(decided).toBeDefined()
    for (const node of ids) simulation.apply({ type: 'crash', node })
    simulation.start()
    simulation.run(20_000)
    expect(ids.slice(0, 4).map((id) => simulation.root(id).votes.decision(name))).toEqual([
      decided,
      decided,
      decided,
      decided,
    ])
  })

  it('by a clock that is an hour ahead is nobody’s but its own, and blocks no later one', () => {
    const simulation = cluster(floodMin as unknown as MemberOptions['agreement'])
    simulation.apply({ type: 'clock', node: 'n1', wallErrorMs: 3_600_000 })
    const early = call(simulation, 'n1')
    simulation.run(3000)
    expect(decisions(simulation, early).slice(1)).toEqual([undefined, undefined, undefined, undefined])
    const name = call(simulation, 'n2')
    simulation.run(8000)
    const others = decisions(simulation, name).slice(1)
    expect(others[0]).toBeDefined()
    expect(new Set(others).size).toBe(1)
  })
})
