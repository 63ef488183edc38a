import type { NodeId } from '@quorate/core'
import type { ProcessCluster } from '../processes/process-cluster.js'
import type { DemoView } from './demo-view.js'

/** Waits are this long at most; each takes a second or two. */
export const patienceMs = 15_000
/** An agreement counts once it has held for so long. */
const steadyMs = 250

/** What every demonstration plays on: a cluster that runs, those who watch, and waits that are bounded. */
export class Stage {
  readonly cluster: ProcessCluster
  readonly #view: DemoView

  constructor(cluster: ProcessCluster, view: DemoView) {
    this.cluster = cluster
    this.#view = view
  }

  /** Tells those who watch what happens now, or happened at `atMs`. */
  say(says: string, atMs = this.cluster.nowMs): void {
    this.#view.happened(atMs, says)
  }

  /** Rejects with `QUORATE_TIMEOUT` when it does not come about. */
  until(what: string, condition: () => boolean): Promise<void> {
    return this.cluster.until(what, condition, patienceMs)
  }

  /** Waits until all live nodes name the same living leader, steadily. */
  async agreed(): Promise<NodeId> {
    const { observed } = this.cluster
    const untilMs = this.cluster.nowMs + patienceMs
    for (;;) {
      await this.until('all live nodes name the same living leader', () => observed.agreedLeader !== undefined)
      const leader = observed.agreedLeader as NodeId
      await this.cluster.pass(steadyMs)
      if (observed.agreedLeader === leader || this.cluster.nowMs > untilMs) return leader
    }
  }

  /** Since when some living leader has been named by all, without a break. */
  agreedSince(): number {
    let sinceMs = Infinity
    for (const { fromMs, untilMs } of this.cluster.observed.agreements().toReversed()) {
      if (untilMs < sinceMs) break
      sinceMs = fromMs
    }
    return Math.min(sinceMs, this.cluster.nowMs)
  }

  /** Waits for the first leader, and tells of it. */
  async elected(): Promise<NodeId> {
    const leader = await this.agreed()
    const { term } = this.cluster.observed.view(leader)
    this.say(`all ${this.cluster.nodes.length} nodes name ${leader} as leader, term ${term?.number ?? 0}`)
    return leader
  }

  /** Waits until a node that returned at `sinceMs` is one of all again, and says how long after that it was. */
  async back(node: NodeId, sinceMs: number): Promise<{ readonly leader: NodeId; readonly recoveredMs: number }> {
    const { observed, nodes } = this.cluster
    await this.until(`${node} is back and all nodes trust each other`, () => {
      const all = observed.live.length === nodes.length && this.cluster.silent.length === 0
      return all && nodes.every((id) => observed.view(id).suspects.size === 0)
    })
    const trustedMs = this.cluster.nowMs
    const leader = await this.agreed()
    return { leader, recoveredMs: Math.max(trustedMs, this.agreedSince()) - sinceMs }
  }
}
