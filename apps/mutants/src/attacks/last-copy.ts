import type { NodeId, Random, ReplicatedLog, ReplicatedLogIndication } from '@quorate/core'
import { nodeIds, type Simulation, type Violation } from '@quorate/simulation'
import type { Violations } from './attack.js'
import { calmLogs, maxDelayMs } from './calm-logs.js'

/**
 * Of three nodes one is cut off, and the disk of another, leader or follower, is slow: what the two are given then is committed once both
 * disks have it, and not before. The slow one crashes when it is told that something is, and goes on with the one that was cut off, while
 * the third, which has it for certain, is away. Nothing that anybody applied may be replaced: `state-machine-safety`.
 */
export function runLastCopy(seed: number): Violations {
  return new LastCopy(seed).run()
}

class LastCopy {
  readonly #ids = nodeIds(3)
  readonly #simulation: Simulation<ReplicatedLog<unknown>>
  readonly #random: Random
  readonly #violations: Violation[] = []
  /** What was applied at each index, by whoever came to it first. */
  readonly #applied: string[] = []

  constructor(seed: number) {
    this.#simulation = calmLogs(seed, this.#ids, (node, indication) => this.#indicated(node, indication))
    this.#random = this.#simulation.random.fork('last-copy')
  }

  run(): Violations {
    const simulation = this.#simulation
    simulation.start()
    simulation.run(10_000, () => this.#leader !== undefined)
    simulation.run(simulation.now + 20 * maxDelayMs * this.#random.fraction())
    const leader = this.#leader
    if (leader === undefined) return this.#violations
    const [follower, away] = this.#random.shuffle(this.#ids.filter((id) => id !== leader)) as [NodeId, NodeId]
    const [slow, sure] = this.#random.chance(0.5) ? [leader, follower] : [follower, leader]
    this.#cutOff(away)
    simulation.apply({ type: 'disk', node: slow, syncMs: [30, 60] })
    const before = this.#applied.length
    this.#propose(leader)
    simulation.run(simulation.now + 20 * maxDelayMs, () => this.#applied.length > before)
    // Usually in time for the next proposal to be on the way to the slow disk.
    this.#propose(leader)
    simulation.run(simulation.now + 4 * maxDelayMs * this.#random.fraction())
    simulation.apply({ type: 'crash', node: slow, restartAfterMs: maxDelayMs * this.#random.fraction() })
    simulation.apply({ type: 'disk', node: slow })
    simulation.apply({ type: 'heal' })
    this.#cutOff(sure)
    simulation.run(simulation.now + 100 * maxDelayMs)
    for (const id of this.#ids) this.#propose(id)
    simulation.run(simulation.now + 30 * maxDelayMs)
    simulation.apply({ type: 'heal' })
    simulation.run(simulation.now + 100 * maxDelayMs)
    return this.#violations
  }

  #propose(node: NodeId): void {
    const command = Uint8Array.of(this.#random.integer(0, 255), this.#random.integer(0, 255))
    this.#simulation.request(node, 'propose', (log) => log.propose([command]))
  }

  #cutOff(node: NodeId): void {
    const others = this.#ids.filter((id) => id !== node)
    this.#simulation.apply({ type: 'cut', from: [node], to: others })
    this.#simulation.apply({ type: 'cut', from: others, to: [node] })
  }

  get #leader(): NodeId | undefined {
    const named = new Set(this.#ids.map((id) => this.#simulation.root(id).leader))
    return named.size === 1 ? [...named][0] : undefined
  }

  #indicated(node: NodeId, indication: ReplicatedLogIndication): void {
    if (indication.type !== 'committed') return
    for (const { index, term, command } of indication.entries) {
      const entry = `${term.number} ${command?.join(' ') ?? ''}`
      const known = (this.#applied[index - 1] ??= entry)
      if (known === entry || this.#violations.length > 0) continue
      const what = `${node} applies [${entry}] at index ${index}, where [${known}] was applied before`
      this.#violations.push({ property: 'state-machine-safety', atMs: this.#simulation.now, what })
    }
  }
}
