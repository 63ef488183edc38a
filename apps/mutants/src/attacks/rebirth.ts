import type { NodeId, Random, ReplicatedLog, ReplicatedLogIndication } from '@quorate/core'
import { nodeIds, type Simulation, type Violation } from '@quorate/simulation'
import type { Violations } from './attack.js'
import { calmLogs, maxDelayMs } from './calm-logs.js'

/**
 * A follower proposes to a leader that hands over and so refuses it, crashes, and proposes again in its next life, with the numbers of the
 * last one, on links that are late: a refusal finds another life than the one that it was meant for. What is refused may never be
 * committed: `state-machine-safety`.
 */
export function runRebirth(seed: number): Violations {
  return new Rebirth(seed).run()
}

class Rebirth {
  readonly #ids = nodeIds(3)
  readonly #simulation: Simulation<ReplicatedLog<unknown>>
  readonly #random: Random
  /** Of the follower: the proposals of its present life, by their numbers. */
  readonly #proposed = new Map<number, number>()
  readonly #rejected = new Set<number>()
  readonly #committed = new Set<number>()
  #commands = 0
  #follower: NodeId | undefined

  constructor(seed: number) {
    this.#simulation = calmLogs(seed, this.#ids, (node, indication) => this.#indicated(node, indication))
    this.#random = this.#simulation.random.fork('rebirth')
  }

  run(): Violations {
    const simulation = this.#simulation
    simulation.start()
    simulation.run(10_000, () => this.#ids.every((id) => simulation.root(id).leader !== undefined))
    const follower = this.#random.pick(this.#ids.filter((id) => id !== simulation.root(id).leader))
    this.#follower = follower
    simulation.apply({ type: 'links', conditions: { minDelayMs: 0.1, maxDelayMs: 6 * maxDelayMs } })
    for (let life = 0; life < 10; life++) {
      const { leader } = simulation.root(follower)
      const successor = this.#ids.find((id) => id !== follower && id !== leader)
      if (leader !== undefined && successor !== undefined)
        simulation.request(leader, 'transfer', (log) => log.transfer(successor))
      this.#propose(follower)
      simulation.run(simulation.now + 6 * maxDelayMs * this.#random.fraction())
      simulation.apply({ type: 'crash', node: follower, restartAfterMs: 1 })
      simulation.run(simulation.now + 2)
      this.#proposed.clear()
      simulation.run(simulation.now + 20 * maxDelayMs, () => simulation.root(follower).leader !== undefined)
      this.#propose(follower)
      simulation.run(simulation.now + 20 * maxDelayMs * this.#random.fraction())
    }
    const wrong = [...this.#rejected].find((command) => this.#committed.has(command))
    if (wrong === undefined) return []
    const what = `the ${wrong}th proposal of ${follower} was rejected and is committed`
    const violation: Violation = { property: 'state-machine-safety', atMs: simulation.now, what }
    return [violation]
  }

  #propose(node: NodeId): void {
    for (let count = this.#random.integer(1, 3); count > 0; count--) {
      this.#simulation.request(node, 'propose', (log) => {
        const command = ++this.#commands
        this.#proposed.set(log.propose([Uint8Array.of(command)]), command)
      })
    }
  }

  #indicated(node: NodeId, indication: ReplicatedLogIndication): void {
    if (indication.type === 'committed')
      for (const { command } of indication.entries) if (command !== undefined) this.#committed.add(command[0] as number)
    if (indication.type !== 'proposal-ended' || node !== this.#follower) return
    const command = this.#proposed.get(indication.proposal)
    if (indication.outcome.outcome === 'rejected' && command !== undefined) this.#rejected.add(command)
  }
}
