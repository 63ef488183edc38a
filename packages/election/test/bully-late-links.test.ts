import { describe, expect, it } from 'vitest'
import { bully } from '../src/bully.js'
import { cluster } from './cluster.js'

describe('bully, on links that come up only after its nodes', () => {
  it('ends with the greatest id leading everybody, once its connections tell whom it had missed', () => {
    const ids = ['n1', 'n2', 'n3']
    const simulation = cluster(bully, { ids, seed: 1 })
    simulation.apply({ type: 'cut', from: ['n1'], to: ['n2', 'n3'] })
    simulation.apply({ type: 'cut', from: ['n2', 'n3'], to: ['n1'] })
    simulation.start()
    simulation.run(500)
    expect(ids.map((id) => simulation.root(id).leader)).toEqual(['n1', 'n3', 'n3'])

    simulation.apply({ type: 'heal' })
    for (const [one, other] of [
      ['n1', 'n3'],
      ['n3', 'n1'],
    ] as const) {
      simulation.peerEvent(one, { type: 'connected', peer: simulation.incarnation(other) })
    }
    simulation.run(1000)
    expect(ids.map((id) => simulation.root(id).leader)).toEqual(['n3', 'n3', 'n3'])
  })
})
