/**
 * The fixed timeout: a peer is suspected once it has been silent for `detectionTimeMs`.
 *
 * Nothing is learnt and nothing adapts: one knob, and a detection time that depends on nothing else. It detects no faster on a
 * calm network than the contract demands.
 *
 * Assumes, guarantees, costs and breaks as the heartbeat protocol does.
 *
 * T. Chandra and S. Toueg, "Unreliable failure detectors for reliable distributed systems", Journal of the ACM 43(2), 1996, 5.1
 * (without the timeout's growth after a mistake, which the contract on detection time forbids).
 */
import { defineHeartbeatDetector } from './define.js'
import type { Estimator } from './estimator.js'

const nothingLearnt: Estimator = {
  add() {},
  suspectAfterMs: () => Infinity,
  level: () => 0,
  inspect: () => ({}),
}

export const timeout = defineHeartbeatDetector({ name: 'timeout', estimator: () => nothingLearnt })
