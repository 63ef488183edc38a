import type { FaultAction } from '../fault-action.js'
import type { SimulatedNode } from '../simulated-node.js'
import type { Marks } from './marks.js'

/** Marks what a fault does at once. What strikes later, or message by message, is marked where it strikes. */
export function markFault(action: FaultAction, node: (id: string) => SimulatedNode, marks: Marks): void {
  switch (action.type) {
    case 'cut':
      if (action.shape !== undefined) marks.add(`partition-${action.shape}`)
      return
    case 'pause':
      if (node(action.node).up) marks.add('pause')
      return
    case 'slow':
      if (action.stepMs !== undefined) marks.add('process-slowed')
      return
    case 'disk':
      if (action.syncMs !== undefined) marks.add('disk-slowed')
      return
    case 'clock': {
      const { up, paused } = node(action.node)
      if (up && action.wallErrorMs !== undefined) marks.add(paused ? 'clock-set-in-pause' : 'clock-set')
      return
    }
    default:
  }
}

/** Marks how a process is about to crash. */
export function markCrash(node: SimulatedNode, marks: Marks): void {
  marks.add('crash')
  if (node.dooming) marks.add('crash-mid-broadcast')
  else if (node.doomed) marks.add('crash-after-send')
  if (node.storage.pretends) marks.add('durable-write-lost')
  if (!node.storage.waits) return
  marks.add(node.loss.torn || node.loss.cached ? 'writes-torn' : 'writes-lost')
}
