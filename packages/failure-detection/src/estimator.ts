import type { Inspection } from '@quorate/core'

/**
 * What a detector makes of the gaps between a peer's heartbeats: how long a silence is still ordinary. One estimator watches
 * one life of one peer; the next life gets a new one.
 */
export interface Estimator {
  /** Two heartbeats in succession arrived `gapMs` apart, and neither was held up by a stall of its sender or of this node. */
  add(gapMs: number): void
  /** The silence that is no longer ordinary, in milliseconds. `Infinity`: only the contract on detection time bounds it. */
  suspectAfterMs(): number
  /** How suspicious a silence is: 0 when it has just begun, 1 at `suspectAfterMs()`, never less for a longer one. */
  level(silentMs: number): number
  /** What the estimate is made of, for status pages. */
  inspect(): Inspection
}
