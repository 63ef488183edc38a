import {
  defineFailureDetector,
  type FailureDetectorDefinition,
  type FailureDetectorOptions,
  type Invariant,
} from '@quorate/core'
import type { Estimator } from './estimator.js'
import { HeartbeatDetector } from './heartbeat.js'
import { forge, heartbeatCodec, type Heartbeat } from './heartbeat-message.js'

export interface HeartbeatDetectorDefinition {
  /** Unique among failure detectors, kebab-case. */
  readonly name: string
  /** An estimator for one life of one peer. Throws `QUORATE_INVALID_OPTION` for what it cannot work with. */
  readonly estimator: (options: FailureDetectorOptions) => Estimator
}

interface PeerState {
  readonly incarnation: number | null
  readonly heardIncarnation: number | null
}

const newestLife: Invariant = {
  name: 'newest-life',
  check(nodes) {
    for (const [observer, state] of nodes) {
      const peers = state['peers'] as unknown as Readonly<Record<string, PeerState>>
      for (const peer in peers) {
        const { incarnation, heardIncarnation } = peers[peer] as PeerState
        if (heardIncarnation !== null && heardIncarnation !== incarnation) {
          return `${observer} listens to life ${heardIncarnation} of ${peer} although it knows of life ${incarnation}`
        }
      }
    }
    return undefined
  },
}

/**
 * A failure detector that is the heartbeat protocol with an estimator of its own: what silence is ordinary is all that it adds.
 *
 * @example
 * export const threeIntervals = defineHeartbeatDetector({
 *   name: 'three-intervals',
 *   estimator: ({ heartbeatIntervalMs }) => ({
 *     add() {},
 *     suspectAfterMs: () => 3 * heartbeatIntervalMs,
 *     level: (silentMs) => silentMs / (3 * heartbeatIntervalMs),
 *     inspect: () => ({}),
 *   }),
 * })
 */
export function defineHeartbeatDetector({
  name,
  estimator,
}: HeartbeatDetectorDefinition): FailureDetectorDefinition<Heartbeat> {
  return defineFailureDetector<Heartbeat>({
    name,
    family: 'clocks',
    relies: 'rate',
    // A clock that runs twice too fast halves every silence allowed: that costs mistakes only where delays leave no such room.
    brokenClockBreaks: [],
    synchrony: 'partially-synchronous',
    tolerates: [
      'crash-stop',
      'crash-recovery',
      'loss',
      'duplication',
      'reordering',
      'partition',
      'one-way-partition',
      'delay',
      'pause',
      'slow-process',
      'clock-skew',
      'clock-drift',
      'clock-jump',
    ],
    resilience: (n) => n - 1,
    guarantees: ['strong-completeness', 'eventual-strong-accuracy'],
    counterexamples: [{ fault: 'corruption', breaks: 'eventual-strong-accuracy' }],
    codec: heartbeatCodec,
    forge,
    invariants: [newestLife],
    create: (env, options) => new HeartbeatDetector(env, options, () => estimator(options)),
  })
}
