import { compareIds, type NodeId } from '@quorate/core'

/** Ids for `count` nodes, in ascending order: `n1`, `n2`… or, from ten on, `n01`… */
export function nodeIds(count: number): NodeId[] {
  const digits = String(count).length
  return Array.from({ length: count }, (_, index) => `n${String(index + 1).padStart(digits, '0')}`).sort(compareIds)
}
