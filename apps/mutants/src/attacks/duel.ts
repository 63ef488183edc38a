import type { Election, ElectionIndication, NodeId } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { nodeIds, Simulation, type Violation } from '@quorate/simulation'
import type { Violations } from './attack.js'

const maxDelayMs = 10

/**
 * Two nodes stand in the same term, and whoever else has a vote crashes about when it votes, to be back while the other's request is still
 * on its way: `one-leader-per-term`. A schedule that does not know who votes when comes to that in few runs of a thousand.
 */
export function runDuel(nodes: number, seed: number): Violations {
  const ids = nodeIds(nodes)
  const violations: Violation[] = []
  const leaders = new Map<number, NodeId>()
  const simulation = new Simulation<Election<unknown>>({
    seed,
    nodes: ids,
    links: { minDelayMs: 0.1, maxDelayMs: maxDelayMs - 1 },
    syncMs: [0.1, 1],
    protocol: () => ({
      codec: raft.codec,
      create: (env) => raft.create(env, { members: ids, maxDelayMs }),
      listen: () => {},
    }),
    onIndication: (node, path, indication) => {
      const { leader, term } = indication as ElectionIndication
      if (path !== '' || leader === undefined) return
      const known = leaders.get(term.number) ?? leader
      leaders.set(term.number, known)
      if (known === leader || violations.length > 0) return
      const what = `term ${term.number}: ${node} names ${leader}, ${known} was named before`
      violations.push({ property: 'one-leader-per-term', atMs: simulation.now, what })
    },
  })
  const random = simulation.random.fork('duel')
  const [one, other, ...voters] = random.shuffle(ids) as [NodeId, NodeId, ...NodeId[]]
  simulation.start()
  for (const candidate of [one, other]) {
    simulation.at(5 * random.fraction(), () => simulation.request(candidate, 'stand', (election) => election.stand()))
  }
  for (const node of voters) {
    // An answer to each of two questions, then votes.
    const afterSends = random.integer(0, 3)
    const restartAfterMs = 3 * random.fraction()
    simulation.apply({ type: 'crash', node, afterSends, finishes: random.chance(0.5), restartAfterMs })
  }
  simulation.run(20 * maxDelayMs)
  return violations
}
