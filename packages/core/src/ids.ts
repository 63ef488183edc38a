/** A node's name, unique in its cluster. Ids are ordered by code unit, so give them equal lengths: `n10` sorts before `n2`. */
export type NodeId = string

/**
 * One life of a node, from a start to the crash or stop that ends it.
 *
 * A node that restarts is another participant with the same name: what its earlier life sent may still be on its way. The
 * incarnation number rises with every start, also when the node's disk was lost, so that a receiver can tell the lives apart.
 */
export interface Incarnation {
  readonly id: NodeId
  /** A safe integer, greater than that of every earlier life of the same node. */
  readonly incarnation: number
}

/** Orders ids by code unit: the same on every machine, whatever its locale. */
export function compareIds(a: NodeId, b: NodeId): number {
  return a < b ? -1 : a > b ? 1 : 0
}
