import type { NodeId } from '@quorate/core'
import { formatDuration } from './duration.js'
import type { Observations } from './observations.js'
import type { Statement } from './verdict.js'

export interface DetectionVerdict {
  /** From each end of a process to the moment when all live nodes suspected it; `undefined` when they did not. */
  readonly detections: readonly {
    readonly node: NodeId
    readonly atMs: number
    readonly detectedMs: number | undefined
  }[]
  readonly holds: boolean
  readonly differs: readonly string[]
  readonly statements: readonly Statement[]
}

/** Judges a detector: at the end every live node suspects all that are down, and none that lives. */
export function judgeDetection(observed: Observations): DetectionVerdict {
  const { nodes, live } = observed
  const missed: string[] = []
  const mistaken: string[] = []
  for (const observer of live) {
    for (const peer of nodes.filter((id) => id !== observer)) {
      const suspected = observed.view(observer).suspects.has(peer)
      if (suspected && live.includes(peer)) mistaken.push(`${observer} suspects ${peer}, which lives`)
      if (!suspected && !live.includes(peer)) missed.push(`${observer} trusts ${peer}, which is down`)
    }
  }
  const downs = observed.history.filter((each) => each.type === 'process' && each.state === 'down')
  const detections = downs.map(({ node, atMs }) => {
    const at = observed.suspectedByAll(node, atMs)
    return { node, atMs, detectedMs: at === undefined ? undefined : at - atMs }
  })
  const told = detections.map(({ node, detectedMs }) =>
    detectedMs === undefined
      ? `${node} was not suspected by all that lived`
      : `all that lived suspected ${node} after ${formatDuration(detectedMs)}`,
  )
  return {
    detections,
    holds: missed.length + mistaken.length === 0,
    differs: [...missed, ...mistaken],
    statements: [
      {
        about: 'completeness',
        holds: missed.length === 0,
        says: missed.length === 0 ? 'who is down is suspected by all' : 'somebody is missed',
      },
      {
        about: 'accuracy',
        holds: mistaken.length === 0,
        says: mistaken.length === 0 ? 'nobody who lives is suspected' : 'somebody is accused who lives',
      },
      ...told.map((says) => ({ about: 'detection', holds: undefined, says })),
    ],
  }
}
