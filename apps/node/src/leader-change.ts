import type { NodeId } from '@quorate/core'
import type { NodeEvent } from './node-handle.js'

/** Resolves with true once this node follows another leader that is `wanted`, with false when it does not within `timeoutMs`. */
export function leaderChange(
  onEvent: (listener: (event: NodeEvent) => void) => () => void,
  wanted: (leader: NodeId) => boolean,
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (changed: boolean): void => {
      clearTimeout(timer)
      stopListening()
      resolve(changed)
    }
    const timer = setTimeout(() => end(false), Math.max(0, timeoutMs))
    const stopListening = onEvent((event) => {
      if (event.type === 'leader-changed' && event.leader !== undefined && wanted(event.leader)) end(true)
    })
  })
}
