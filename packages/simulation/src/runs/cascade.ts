import { seededRandom } from '@quorate/core'
import type { ScheduledFault } from '../fault-action.js'
import { nodeIds } from '../node-ids.js'

/**
 * The schedule and the values of a vote that are the hardest for one that floods: one node crashes after the other, each in the midst of
 * one broadcast more. The first has the smallest value: what it told a few before it died, the next of them tells a few others.
 */
export function cascade(
  seed: number,
  nodes: number,
  crashes: number,
): { readonly schedule: readonly ScheduledFault[]; readonly values: readonly number[] } {
  const random = seededRandom(seed)
  const ids = nodeIds(nodes)
  // Broadcasts go out in the order of the ids: down that order a value is passed on most easily.
  const doomed = (random.chance(0.5) ? ids : random.shuffle(ids)).slice(0, crashes)
  return {
    values: ids.map((id) => (id === doomed[0] ? 1 : random.integer(2, 100))),
    schedule: doomed.map((node, place) => ({
      atMs: 0,
      action: { type: 'crash', node, afterSends: place * nodes + random.integer(0, nodes - 1) },
    })),
  }
}
