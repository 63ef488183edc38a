import type { ClockBound, FaultKind } from '@quorate/core'
import type { ScheduledFault } from '../fault-action.js'
import type { RunKind } from '../runs/run.js'
import type { ScheduledRequest } from '../scheduled-request.js'

/**
 * A run as data that a person can read and edit: everything that was drawn of its faults and requests stands in it. What is left to the
 * seed is listed by `leftToSeed`.
 */
export interface Scenario {
  /** Of this format. */
  readonly version: 1
  readonly kind: RunKind
  /** The name or module of what is run. */
  readonly algorithm: string
  /** Of the election that a log is carried by. */
  readonly election?: string
  readonly nodes: number
  readonly seed: number
  /** How many nodes may be faulty at the same time: some algorithms are told. */
  readonly maxFaulty: number
  /** Kinds of faults that are within the model of this run: they decide what ends when faults cease, and whether there are disks. */
  readonly faults: readonly FaultKind[]
  readonly maxDelayMs: number
  /** When faults cease. */
  readonly chaosMs: number
  /** What clocks declare of their error. */
  readonly clockBound?: ClockBound
  /** Of a vote: what the nodes propose, in the order of their ids. */
  readonly values?: readonly number[]
  /** Of a detector: the time between heartbeats and the bound on silence. */
  readonly heartbeatIntervalMs?: number
  readonly detectionTimeMs?: number
  /** Of a log: whether the seed has whoever is elected cut off soon after. */
  readonly huntLeaders?: boolean
  /** The properties that it violates, if it is kept for that. */
  readonly violates?: readonly string[]
  readonly schedule: readonly ScheduledFault[]
  readonly requests: readonly ScheduledRequest[]
}
