import type { NodeId } from '@quorate/core'
import { nodeIds, type Violation } from '@quorate/simulation'
import type { Violations } from './attack.js'
import { calmLogs, maxDelayMs } from './calm-logs.js'

/**
 * A follower is cut off while the others commit, comes back, and is handed the leadership at once, on links that are well. Then it leads
 * the next term, or the former leader leads on in its own: `transfer`. A hand-over to a log that lacks something ends the old term and
 * elects nobody.
 */
export function runHandOver(nodes: number, seed: number): Violations {
  const ids = nodeIds(nodes)
  const simulation = calmLogs(seed, ids)
  const random = simulation.random.fork('hand-over')
  const violations: Violation[] = []
  const leaderOf = (id: NodeId): NodeId | undefined => simulation.root(id).leader
  const agreed = (): boolean => leaderOf('n1') !== undefined && ids.every((id) => leaderOf(id) === leaderOf('n1'))
  simulation.start()
  simulation.run(10_000, agreed)
  simulation.run(simulation.now + 20 * maxDelayMs * random.fraction())
  if (!agreed()) return violations
  const former = leaderOf('n1') as NodeId
  const successor = random.pick(ids.filter((id) => id !== former))
  const others = ids.filter((id) => id !== successor)
  simulation.apply({ type: 'cut', from: others, to: [successor] })
  for (let count = random.integer(1, 5); count > 0; count--) {
    simulation.request(former, 'propose', (log) => log.propose([Uint8Array.of(count)]))
    simulation.run(simulation.now + maxDelayMs)
  }
  simulation.apply({ type: 'heal' })
  const { term } = simulation.root(former)
  simulation.request(former, `transfer ${successor}`, (log) => log.transfer(successor))
  simulation.run(simulation.now + 100 * maxDelayMs)
  for (const id of ids) {
    const { leader, term: now } = simulation.root(id)
    const handed = leader === successor && now.number === term.number + 1
    const kept = leader === former && now.number === term.number
    if (handed || kept) continue
    const what = `${former} handed term ${term.number} to ${successor}; now ${id} names ${leader} in term ${now.number}`
    violations.push({ property: 'transfer', atMs: simulation.now, what })
    break
  }
  return violations
}
