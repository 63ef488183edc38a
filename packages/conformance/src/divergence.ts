import type { NodeId } from '@quorate/core'
import { findDivergence, type Divergence, type ValueChange } from '@quorate/simulation'

/** The last time during which two nodes held different values; `undefined` when there is none. */
export function lastDivergence(nodes: readonly NodeId[], history: readonly ValueChange[]): Divergence | undefined {
  let last: Divergence | undefined
  let rest = [...history]
  for (;;) {
    const next = findDivergence(nodes, rest)
    if (next === undefined) return last
    last = next
    const { untilMs } = next
    if (untilMs === Infinity) return last
    // What happened up to then is one change, after which all held the same.
    rest = rest.map((change) => (change.atMs < untilMs ? { ...change, atMs: untilMs } : change))
  }
}
