/**
 * Accrual by the normal distribution: the gaps between a peer's heartbeats are taken to be normally distributed, and the longer a
 * silence, the less likely that it is one of them. Suspicion is φ(t) = −log₁₀(½·erfc((t − μ)/(σ√2))): at φ = 8, by this model,
 * one gap in a hundred million is as long.
 *
 * A threshold on φ is a silence of μ + z·σ, with z solved once. Gaps are bounded below in their deviation, since a network that
 * is perfectly calm today says nothing about its next hiccup, and a few gaps say nothing at all: until there are enough, and
 * always beyond it, the contract's `detectionTimeMs` decides.
 *
 * Assumes, guarantees, costs and breaks as the heartbeat protocol does.
 *
 * N. Hayashibara, X. Défago, R. Yared and T. Katayama, "The φ accrual failure detector", SRDS 2004.
 */
import {
  invalidOption,
  requireInteger,
  requireNumber,
  type FailureDetectorDefinition,
  type Inspection,
} from '@quorate/core'
import { defineHeartbeatDetector } from './define.js'
import type { Estimator } from './estimator.js'
import type { Heartbeat } from './heartbeat-message.js'
import { deviationOfPhi, phiOfDeviation } from './normal-distribution.js'
import { SlidingWindow } from './sliding-window.js'

export interface PhiAccrualParameters {
  /** Where suspicion begins, on the φ scale. From 0.5 to 300; default 8. */
  readonly threshold?: number
  /**
   * The least standard deviation that is assumed, in milliseconds. Default: two thirds of a heartbeat interval. With a threshold of 8 a peer on
   * a calm network is then suspected after 4.7 intervals of silence: three heartbeats lost in a row, and the fourth late by
   * 0.7 intervals, are forgiven.
   */
  readonly minStdDevMs?: number
  /** How many gaps are remembered, from 2 to 100,000; default 1,000. A longer memory is steadier and adapts more slowly. */
  readonly windowSize?: number
  /** How many gaps an estimate takes, up to `windowSize`; default 10. Until then only `detectionTimeMs` bounds silence. */
  readonly minSamples?: number
}

class NormalGaps implements Estimator {
  readonly #window: SlidingWindow
  readonly #threshold: number
  /** The threshold in standard deviations. */
  readonly #deviations: number
  readonly #minStdDevMs: number
  readonly #minSamples: number

  constructor(threshold: number, deviations: number, minStdDevMs: number, windowSize: number, minSamples: number) {
    this.#window = new SlidingWindow(windowSize)
    this.#threshold = threshold
    this.#deviations = deviations
    this.#minStdDevMs = minStdDevMs
    this.#minSamples = minSamples
  }

  add(gapMs: number): void {
    this.#window.add(gapMs)
  }

  suspectAfterMs(): number {
    if (this.#window.size < this.#minSamples) return Infinity
    return this.#window.mean + this.#deviations * this.#stdDevMs()
  }

  level(silentMs: number): number {
    return this.#phi(silentMs) / this.#threshold
  }

  inspect(): Inspection {
    const suspectAfterMs = this.suspectAfterMs()
    return {
      samples: this.#window.size,
      meanMs: this.#window.mean,
      stdDevMs: this.#window.standardDeviation,
      suspectAfterMs: Number.isFinite(suspectAfterMs) ? suspectAfterMs : null,
    }
  }

  #phi(silentMs: number): number {
    if (this.#window.size < this.#minSamples) return 0
    return phiOfDeviation((silentMs - this.#window.mean) / this.#stdDevMs())
  }

  #stdDevMs(): number {
    return Math.max(this.#window.standardDeviation, this.#minStdDevMs)
  }
}

/** φ-accrual with parameters of one's own. Throws `QUORATE_INVALID_OPTION` for one outside its range. */
export function phiAccrualWith(parameters: PhiAccrualParameters): FailureDetectorDefinition<Heartbeat> {
  const threshold = requireNumber('threshold', parameters.threshold ?? 8, { min: 0.5, max: 300 })
  const windowSize = requireInteger('windowSize', parameters.windowSize ?? 1000, { min: 2, max: 100_000 })
  const minSamples = requireInteger('minSamples', parameters.minSamples ?? Math.min(10, windowSize), {
    min: 1,
    max: windowSize,
  })
  const { minStdDevMs } = parameters
  if (minStdDevMs !== undefined && !(minStdDevMs > 0 && minStdDevMs < Infinity)) {
    throw invalidOption('minStdDevMs', minStdDevMs, 'a finite number above 0')
  }
  // Rounded, as logarithms may differ in their last digits between machines, and the times of a run must not.
  const deviations = Math.round(deviationOfPhi(threshold) * 1e9) / 1e9
  return defineHeartbeatDetector({
    name: 'phi-accrual',
    estimator: ({ heartbeatIntervalMs }) =>
      new NormalGaps(threshold, deviations, minStdDevMs ?? (2 / 3) * heartbeatIntervalMs, windowSize, minSamples),
  })
}

/** φ-accrual with the defaults of `PhiAccrualParameters`. */
export const phiAccrual = phiAccrualWith({})
