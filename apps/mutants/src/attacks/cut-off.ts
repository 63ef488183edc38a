import { compareTerms, type Election, type NodeId, type Random } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { nodeIds, Simulation, type Violation } from '@quorate/simulation'
import type { Violations } from './attack.js'

const maxDelayMs = 10
/** Within which a leader without a quorum gives up: two silences and an announcement, and some. */
const givesUpWithinMs = 60 * maxDelayMs

/**
 * One node is cut off for a while, in one direction or both, on links that are well otherwise.
 *
 * Where it is a follower, leader and term stay as they were, while it is away and once it is back: `stability`. Where it is the leader and
 * hears nobody, it stops leading in time: `leader-with-quorum`.
 */
export function runCutOff(nodes: number, seed: number): Violations {
  return new CutOff(nodes, seed).run()
}

class CutOff {
  readonly #ids: readonly NodeId[]
  readonly #simulation: Simulation<Election<unknown>>
  readonly #random: Random
  readonly #violations: Violation[] = []

  constructor(nodes: number, seed: number) {
    this.#ids = nodeIds(nodes)
    this.#simulation = new Simulation<Election<unknown>>({
      seed,
      nodes: this.#ids,
      links: { minDelayMs: 0.1, maxDelayMs: maxDelayMs - 1 },
      syncMs: [0.1, 1],
      protocol: () => ({
        codec: raft.codec,
        create: (env) => raft.create(env, { members: this.#ids, maxDelayMs }),
        listen: () => {},
      }),
    })
    this.#random = this.#simulation.random.fork('cut-off')
  }

  run(): Violations {
    const simulation = this.#simulation
    simulation.start()
    if (!simulation.run(10_000, () => this.#leader() !== undefined)) {
      this.#violated('eventual-agreement', 'nobody leads, though all is well')
      return this.#violations
    }
    simulation.run(simulation.now + 300 * this.#random.fraction())
    const leader = this.#leader()
    // It may have changed since: then there is nothing to be seen in this run.
    if (leader === undefined) return this.#violations
    const followers = this.#ids.filter((id) => id !== leader)
    if (followers.length >= 2 && this.#random.chance(0.6)) this.#cutFollower(leader, this.#random.pick(followers))
    else this.#cutLeader(leader)
    return this.#violations
  }

  #cutFollower(leader: NodeId, follower: NodeId): void {
    const simulation = this.#simulation
    const { term } = simulation.root(leader)
    this.#cut(follower, this.#random.pick(['both', 'from', 'to'] as const))
    simulation.run(simulation.now + 100 * maxDelayMs * this.#random.fraction())
    simulation.apply({ type: 'heal' })
    simulation.run(simulation.now + 100 * maxDelayMs)
    for (const id of this.#ids) {
      const now = simulation.root(id)
      if (now.leader === leader && compareTerms(now.term, term) === 0) continue
      const what = `${follower} was cut off, and ${leader} led on in term ${term.number}; now ${id} names ${now.leader} in term ${now.term.number}`
      this.#violated('stability', what)
      return
    }
  }

  #cutLeader(leader: NodeId): void {
    const simulation = this.#simulation
    this.#cut(leader, this.#random.pick(['both', 'to'] as const))
    const untilMs = simulation.now + givesUpWithinMs
    const gaveUp = simulation.run(untilMs, () => simulation.root(leader).leader !== leader)
    if (!gaveUp) this.#violated('leader-with-quorum', `${leader} heard nobody for ${givesUpWithinMs} ms and leads on`)
  }

  #cut(id: NodeId, ways: 'both' | 'from' | 'to'): void {
    const others = this.#ids.filter((other) => other !== id)
    if (ways !== 'to') this.#simulation.apply({ type: 'cut', from: [id], to: others })
    if (ways !== 'from') this.#simulation.apply({ type: 'cut', from: others, to: [id] })
  }

  /** Whom all name. */
  #leader(): NodeId | undefined {
    const named = new Set(this.#ids.map((id) => this.#simulation.root(id).leader))
    return named.size === 1 ? [...named][0] : undefined
  }

  #violated(property: string, what: string): void {
    this.#violations.push({ property, atMs: this.#simulation.now, what })
  }
}
