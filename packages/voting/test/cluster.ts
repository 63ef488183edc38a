import type { Agreement, AgreementDefinition, AgreementOptions, NodeId } from '@quorate/core'
import { nodeIds, Simulation, type TraceEntry } from '@quorate/simulation'

const epochMs = 1_000_000_000_000

export interface ClusterOptions {
  readonly nodes: number
  readonly seed?: number
  readonly maxFaulty?: number
  /** What is proposed at the start, in the order of the ids; `undefined`: nothing. */
  readonly values?: readonly (number | undefined)[]
  /** When rounds begin, in virtual milliseconds. Default 100. */
  readonly startsAfterMs?: number
}

/** Nodes that run one agreement on calm links and right clocks, started and given their values. */
export function cluster<M>(definition: AgreementDefinition<M>, options: ClusterOptions) {
  const members = nodeIds(options.nodes)
  const maxFaulty = options.maxFaulty ?? definition.resilience(options.nodes)
  const agreement: AgreementOptions = {
    members,
    maxFaulty,
    maxDelayMs: 10,
    startsAtMs: epochMs + (options.startsAfterMs ?? 100),
  }
  const indicated: { readonly node: NodeId; readonly atMs: number; readonly value: number }[] = []
  const simulation: Simulation<Agreement<unknown>> = new Simulation<Agreement<unknown>>({
    seed: options.seed ?? 1,
    nodes: members,
    epochMs,
    links: { minDelayMs: 1, maxDelayMs: 5 },
    syncMs: [0.5, 1],
    clockBound: { wallErrorMs: 0, ratePpm: 0 },
    traceLimit: 100_000,
    protocol: () => ({ codec: definition.codec, create: (env) => definition.create(env, agreement), listen: () => {} }),
    onIndication: (node, path, indication) => {
      if (path === '') indicated.push({ node, atMs: simulation.now, value: (indication as { value: number }).value })
    },
  })
  simulation.start()
  const propose = (node: NodeId, value: number) =>
    simulation.request(node, `propose ${value}`, (each) => each.propose(value))
  members.forEach((id, index) => {
    const value = options.values?.[index]
    if (value !== undefined) propose(id, value)
  })
  return {
    simulation,
    members,
    indicated,
    propose,
    decisions: () => members.map((id) => simulation.root(id).decision),
  }
}

/** How many messages went from one node to another. */
export function messagesBetween(trace: readonly TraceEntry[]): number {
  return trace.filter((entry) => entry.type === 'send' && entry.from.id !== entry.to).length
}
