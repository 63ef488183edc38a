/**
 * The two formulas that define what replicas owe each other, as predicates over what was observed.
 *
 * Consistency: for all times t and all nodes i, j, v_i(t) = v_j(t). Taken literally no system meets it: a change reaches one
 * node before another, and between the two instants the formula is false. It is offered in this strict form all the same, to show when and
 * for how long, and over what has been decided or applied: no two nodes ever hold different values at the same position.
 *
 * Consensus: there are a time t and a node i such that for all nodes j, v_i(t) = v_j(t).
 */
import type { NodeId } from '@quorate/core'

/** From `atMs` on the node holds `value`; `undefined`: none. */
export interface ValueChange {
  readonly atMs: number
  readonly node: NodeId
  readonly value: number | string | undefined
  /** For what was decided or applied, its place in the order, from 1. Default: the one after the node's last. */
  readonly position?: number
}

/** Two nodes that held different values at the same time. */
export interface Divergence {
  readonly atMs: number
  /** Until when; `Infinity` when the history ends with it. */
  readonly untilMs: number
  readonly nodes: readonly [NodeId, NodeId]
  readonly values: readonly [number | string | undefined, number | string | undefined]
}

/**
 * Consistency in the strict form: returns the first time at which two nodes hold different values, with holding none being
 * different from holding any; `undefined` when there is no such time. Changes of the same instant happen together.
 */
export function findDivergence(nodes: readonly NodeId[], history: readonly ValueChange[]): Divergence | undefined {
  let found: Divergence | undefined
  for (const { atMs, values } of instants(nodes, history)) {
    const differing = nodes.find((node) => values.get(node) !== values.get(nodes[0] as NodeId))
    if (differing === undefined) {
      if (found !== undefined) return { ...found, untilMs: atMs }
    } else {
      const first = nodes[0] as NodeId
      found ??= {
        atMs,
        untilMs: Infinity,
        nodes: [first, differing],
        values: [values.get(first), values.get(differing)],
      }
    }
  }
  return found
}

/**
 * Consistency over what was decided or applied: each node's changes are its decisions at positions 1, 2, 3…, or at those that
 * they name, as a node that replays its log or skips to a snapshot must; `undefined` is no decision. Returns the first two that
 * differ at one position, in the order of time, `undefined` when there are none. A node that has decided less than another
 * contradicts nobody.
 */
export function findConflict(history: readonly ValueChange[]):
  | {
      readonly position: number
      readonly nodes: readonly [NodeId, NodeId]
      readonly values: readonly [unknown, unknown]
    }
  | undefined {
  const decided = new Map<number, { readonly node: NodeId; readonly value: unknown }>()
  const last = new Map<NodeId, number>()
  for (const { node, value, position = (last.get(node) ?? 0) + 1 } of sorted(history)) {
    if (value === undefined) continue
    last.set(node, position)
    const known = decided.get(position)
    if (known === undefined) decided.set(position, { node, value })
    else if (known.value !== value) return { position, nodes: [known.node, node], values: [known.value, value] }
  }
  return undefined
}

/** Consensus: returns the first time at which all nodes hold the same value, and that value; `undefined` when there is none. */
export function findAgreement(
  nodes: readonly NodeId[],
  history: readonly ValueChange[],
): { readonly atMs: number; readonly value: number | string } | undefined {
  for (const { atMs, values } of instants(nodes, history)) {
    const value = values.get(nodes[0] as NodeId)
    if (value !== undefined && nodes.every((node) => values.get(node) === value)) return { atMs, value }
  }
  return undefined
}

/** The values that all nodes hold, after each instant at which any changes. */
function* instants(
  nodes: readonly NodeId[],
  history: readonly ValueChange[],
): Generator<{ readonly atMs: number; readonly values: ReadonlyMap<NodeId, number | string | undefined> }> {
  const known = new Set(nodes)
  const values = new Map<NodeId, number | string | undefined>()
  const changes = sorted(history).filter(({ node }) => known.has(node))
  for (let index = 0; index < changes.length; index++) {
    const { atMs, node, value } = changes[index] as ValueChange
    values.set(node, value)
    if (changes[index + 1]?.atMs !== atMs) yield { atMs, values }
  }
}

function sorted(history: readonly ValueChange[]): ValueChange[] {
  return [...history].sort((a, b) => a.atMs - b.atMs)
}
