import { expect, it } from 'vitest'
import { threshold } from '../src/threshold.js'
import { cluster } from './cluster.js'

it('an acceptor that crashes when its acknowledgement has just left remembers what it acknowledged, and all decide alike', () => {
  // Of three nodes n1 proposes 50, n2 acknowledges and crashes, n1 is gone, and n2 is back with n3, which has a smaller value.
  const { simulation, indicated } = cluster(threshold, { nodes: 3, values: [50, 60, 1] })
  simulation.apply({ type: 'cut', from: ['n1', 'n2'], to: ['n3'] })
  simulation.apply({ type: 'cut', from: ['n3'], to: ['n1', 'n2'] })
  simulation.apply({ type: 'crash', node: 'n2', afterSends: 1, finishes: true })
  simulation.run(60)
  simulation.apply({ type: 'crash', node: 'n1' })
  simulation.apply({ type: 'heal' })
  simulation.apply({ type: 'restart', node: 'n2' })
  simulation.run(2000)
  expect(indicated.map(({ value }) => value)).toEqual([50, 50, 50])
})
