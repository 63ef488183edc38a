import type { NodeId } from '@quorate/core'
import { ProcessCluster } from 'quorate'

/** Waits are this long at most. */
const patienceMs = 30_000
/** Long enough for detectors to have learnt their peers' heartbeats. */
const settleMs = 2_000

/** Five nodes, or as many as given, each a process of its own, connected and settled on a leader. */
export async function launch(nodes: number): Promise<ProcessCluster> {
  const ids = Array.from({ length: nodes }, (_, index) => `n${index + 1}`)
  const cluster = await ProcessCluster.launch({ nodes: ids })
  try {
    await cluster.meshed(patienceMs)
    await settled(cluster)
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** Waits until all nodes run, trust each other and name one leader, and have done so for a while; returns the leader. */
export async function settled(cluster: ProcessCluster): Promise<NodeId> {
  const { observed, nodes } = cluster
  const calm = (): boolean =>
    observed.live.length === nodes.length &&
    cluster.silent.length === 0 &&
    observed.agreedLeader !== undefined &&
    nodes.every((id) => observed.view(id).suspects.size === 0)
  for (;;) {
    await cluster.until('all nodes run, trust each other and name one leader', calm, patienceMs)
    await cluster.pass(settleMs)
    if (calm()) return observed.agreedLeader as NodeId
  }
}

/** From `sinceMs` until all live nodes suspected `node`. */
export async function detection(cluster: ProcessCluster, node: NodeId, sinceMs: number): Promise<number> {
  const { observed } = cluster
  await cluster.until(`all live nodes suspect ${node}`, () => observed.suspectsEverywhere(node), patienceMs)
  return (observed.suspectedByAll(node, sinceMs) ?? sinceMs) - sinceMs
}

/** From `sinceMs` until all live nodes named the same living leader, and kept to it for a while. */
export async function agreement(cluster: ProcessCluster, sinceMs: number): Promise<number> {
  const { observed } = cluster
  const steadyMs = 300
  for (;;) {
    await cluster.until('all live nodes name one living leader', () => observed.agreedLeader !== undefined, patienceMs)
    const leader = observed.agreedLeader
    await cluster.pass(steadyMs)
    if (observed.agreedLeader !== leader) continue
    const spell = observed.agreements().at(-1)
    return Math.max(0, (spell?.fromMs ?? sinceMs) - sinceMs)
  }
}
