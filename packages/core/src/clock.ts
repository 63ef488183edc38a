/**
 * What a protocol may know of time.
 *
 * Intervals are measured with `now`, which no operator and no time server moves. `wall` is for agreement with other nodes about
 * instants, and is worth as much as `bound` says: an algorithm of the clock family states what it loses when the bound is a lie.
 */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin; the same value throughout one step. */
  now(): number
  /** Milliseconds since 1970-01-01T00:00Z by this node's wall clock, which may be wrong and may jump either way. */
  wall(): number
  /** How wrong the two may be. It is a declaration of the operator's or of a time service, not a measurement. */
  bound(): ClockBound
}

/** The declared error of a clock. `Infinity` declares nothing: algorithms that need the bound refuse to run on it. */
export interface ClockBound {
  /** The greatest distance of `wall` from true time, in milliseconds, either way. */
  readonly wallErrorMs: number
  /** The greatest error of `now`'s rate, in parts per million. Crystals are within 200; virtual machines are worse. */
  readonly ratePpm: number
}

/** A clock about which nothing is promised. */
export const unboundedClock: ClockBound = { wallErrorMs: Infinity, ratePpm: Infinity }
