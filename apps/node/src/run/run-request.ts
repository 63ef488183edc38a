import { invalidOption, type NodeId } from '@quorate/core'
import type { TraceEntry } from '@quorate/simulation'
import { defaults } from '../node-settings.js'
import type { FaultFlags } from './fault-flags.js'
import type { Observations } from './observations.js'

export const runKinds = ['election', 'vote', 'detector'] as const
export type RunKind = (typeof runKinds)[number]

/** What members run where nothing else is asked for: an election that stands on its own, since a run replicates nothing. */
export const usualAlgorithms = {
  election: 'timestamp',
  vote: defaults.agreement,
  detector: defaults.failureDetector,
} as const

/** What is to be run: one algorithm in members whose other parts are the default ones. */
export interface RunRequest {
  readonly kind: RunKind
  /** A short name or a module. */
  readonly algorithm: string
  readonly nodes: readonly NodeId[]
  /** The nodes' values in a vote, in the order of their ids. Default: random integers from 1 to 100. */
  readonly values: readonly number[] | undefined
  /** How many faulty nodes the vote must survive. Default: what the algorithm does, at most a minority. */
  readonly maxFaulty: number | undefined
  readonly faults: FaultFlags
  readonly seed: number
  /** How long it runs, in virtual or real milliseconds. */
  readonly maxTimeMs: number
  /** The longest time that the algorithms assume a message to take, in milliseconds. */
  readonly maxDelayMs: number
  /** How many of the newest entries of a simulation's trace are kept. */
  readonly traceLimit: number
}

/** What came of it. */
export interface RunOutcome {
  readonly request: RunRequest
  readonly observed: Observations
  /** The vote that was called, if one was. */
  readonly vote: string | undefined
  /** The values that the nodes held at the end without having decided, as far as their algorithm shows it. */
  readonly held: ReadonlyMap<NodeId, number>
  readonly endMs: number
  /** What only a simulation knows. */
  readonly simulated: { readonly hash: string; readonly events: number } | undefined
  /** Of a simulation: the newest entries of its trace. */
  readonly trace: readonly TraceEntry[]
}

/** Reads `5,9,3`: one safe integer for each node. */
export function parseValues(text: string, nodes: readonly NodeId[]): readonly number[] {
  const values = text.split(',').map((part) => (/^\s*-?\d+\s*$/.test(part) ? Number(part) : NaN))
  const wrong = values.findIndex((value) => !Number.isSafeInteger(value))
  if (wrong !== -1) {
    throw invalidOption('--values', text, `safe integers, separated by commas; "${text.split(',')[wrong]}" is none`)
  }
  if (values.length !== nodes.length) {
    throw invalidOption('--values', text, `${nodes.length} values, one for each node; these are ${values.length}`)
  }
  return values
}
