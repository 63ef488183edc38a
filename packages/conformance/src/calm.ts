import type { Codec, Environment, FaultKind, NodeId, Protocol } from '@quorate/core'
import { nodeIds, Simulation, type SimulationOptions } from '@quorate/simulation'
import type { SweepPlan } from './sweep-options.js'

/** How long a write takes at most in a calm run, in milliseconds. */
const syncMs = 1

export interface CalmOptions<Root extends Protocol<unknown>> {
  readonly plan: SweepPlan
  readonly nodes: number
  readonly seed: number
  readonly codec: Codec<never>
  /** The faults that the algorithm survives: it may rely on the order of messages when it does not tolerate reordering. */
  readonly tolerates: readonly FaultKind[]
  readonly create: (env: Environment<never, never>, members: readonly NodeId[]) => Root
  readonly onIndication?: SimulationOptions<Root>['onIndication']
  /** How many of the newest entries of the trace are kept. Default 0. */
  readonly traceLimit?: number
}

/** The longest delay that an algorithm is told of in calm runs, in milliseconds. */
export function calmDelayMs({ run: { maxDelayMs = 10 } }: SweepPlan): number {
  return maxDelayMs
}

/** A cluster to which nothing happens: every message arrives within what the algorithm was told, handling included. It is started. */
export function startCalm<Root extends Protocol<unknown>>(options: CalmOptions<Root>): Simulation<Root> {
  const { plan, nodes, seed, codec, tolerates, create, onIndication, traceLimit = 0 } = options
  const ids = nodeIds(nodes)
  const maxDelayMs = calmDelayMs(plan)
  const simulation = new Simulation<Root>({
    seed,
    nodes: ids,
    links: { minDelayMs: maxDelayMs / 100, maxDelayMs: maxDelayMs * 0.8, ordered: !tolerates.includes('reordering') },
    syncMs: [0, Math.min(syncMs, maxDelayMs / 10)],
    stores: plan.run.stores,
    traceLimit,
    protocol: () => ({
      codec: codec as Codec<unknown>,
      create: (env) => create(env as Environment<never, never>, ids),
      listen: () => {},
    }),
    ...(onIndication === undefined ? {} : { onIndication }),
  })
  simulation.start()
  return simulation
}
