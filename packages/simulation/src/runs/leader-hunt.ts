import type { NodeId, Protocol, Random } from '@quorate/core'
import type { Simulation } from '../simulation.js'
import type { Plan } from './run.js'

/** Whether the seed has leaders hunted. `random` is what the hunt goes on to draw from. */
export function drawHunt({ faults }: Pick<Plan, 'faults'>, random: Random): boolean {
  return random.chance(0.5) && faults.includes('partition')
}

/**
 * In some runs nobody leads for long: whoever is elected is cut off soon after, from all others or all but some, and comes back a
 * while later. So logs part, leaders bring others level with entries of earlier terms, and are cut off over it: what a schedule, which
 * does not know who will lead, rarely finds.
 */
export class LeaderHunt<Root extends Protocol<unknown>> {
  readonly #simulation: Simulation<Root>
  readonly #plan: Plan
  readonly #random: Random
  readonly #on: boolean

  constructor(simulation: Simulation<Root>, plan: Plan) {
    this.#simulation = simulation
    this.#plan = plan
    this.#random = simulation.random.fork('hunt')
    const drawn = drawHunt(plan, this.#random)
    this.#on = plan.huntLeaders ?? drawn
  }

  /** To be told, within the step, who has begun to lead. */
  elected(leader: NodeId): void {
    const { ids, maxDelayMs, chaosMs } = this.#plan
    const simulation = this.#simulation
    const random = this.#random
    const others = random.shuffle(ids.filter((id) => id !== leader))
    const atMs = simulation.now + 4 * maxDelayMs * random.fraction() * random.fraction()
    if (!this.#on || others.length === 0 || atMs >= chaosMs) return
    const untilMs = atMs + maxDelayMs * (8 + 10 * random.fraction())
    const lost = others.slice(0, random.chance(0.5) ? others.length : random.integer(1, others.length))
    const change = (type: 'cut' | 'mend'): void => {
      if (simulation.now >= chaosMs) return
      simulation.apply({ type, from: [leader], to: lost })
      simulation.apply({ type, from: lost, to: [leader] })
    }
    simulation.at(atMs, () => change('cut'))
    simulation.at(untilMs, () => change('mend'))
  }
}
