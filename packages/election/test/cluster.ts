import type { Election, ElectionDefinition, NodeId } from '@quorate/core'
import { Simulation, type LinkConditions } from '@quorate/simulation'

export interface ClusterOptions {
  readonly ids: readonly NodeId[]
  readonly seed: number
  /** Default 10. Links keep to it, durable writes included. */
  readonly maxDelayMs?: number
  readonly links?: Partial<LinkConditions>
  readonly traceLimit?: number
  readonly onIndication?: (node: NodeId) => void
}

/** All nodes of an election, simulated, on links that lose nothing. They are not started. */
export function cluster<M>(definition: ElectionDefinition<M>, options: ClusterOptions): Simulation<Election<unknown>> {
  const { ids, seed, maxDelayMs = 10, links, traceLimit = 0, onIndication } = options
  return new Simulation<Election<unknown>>({
    seed,
    nodes: ids,
    links: { minDelayMs: 0.1, maxDelayMs: maxDelayMs - 1, ...links },
    syncMs: [0.1, 1],
    traceLimit,
    protocol: () => ({
      codec: definition.codec,
      create: (env) => definition.create(env, { members: ids, maxDelayMs }),
      listen: () => {},
    }),
    ...(onIndication === undefined ? {} : { onIndication: (node: NodeId) => onIndication(node) }),
  })
}
