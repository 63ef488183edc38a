/** What threads are told and tell. All of it can be copied from one to the other. */
import type { ErrorCode } from '@quorate/core'
import type { Scenario, ScenarioSize } from '@quorate/simulation'
import type { Attacked, AttackOptions } from '../run/attacked.js'
import type { PlannedRun } from './seeds.js'

/** What every run of a campaign has in common. */
export type CampaignOptions = Omit<AttackOptions, 'nodes' | 'seed' | 'schedule' | 'traceLimit'>

export interface ThreadSetup {
  readonly attacked: Attacked
  readonly options: CampaignOptions
  /** What every run is, but for its seed, instead of what the seed draws. */
  readonly scenario: Scenario | undefined
  /** Whether real time and randomness are other than they are, and watched. */
  readonly otherWorld: boolean
  /** Two 32-bit integers: how many runs have begun, and the place in its task of the one that is under way. */
  readonly progress: SharedArrayBuffer
}

/** Some runs in a row. */
export interface RunTask {
  readonly runs: readonly TaskRun[]
  /** Whether to go on after a violation. */
  readonly keepGoing: boolean
}

export interface TaskRun extends PlannedRun {
  /** Whether it is run twice, to be compared. */
  readonly compared: boolean
}

/** A violating run, to be made as simple as it gets. */
export interface ShrinkTask {
  readonly shrinks: PlannedRun
  readonly property: string
  readonly maxRuns: number
  /** When to be content with what there is, in milliseconds from the beginning. */
  readonly budgetMs: number
  /** The command that runs again what is left, for its diagram. */
  readonly again: string
}

export type Task = RunTask | ShrinkTask
export type TaskResult = RunTaskResult | Shrunk

/** What a thread says: first whether it has the algorithm, then what came of each task. */
export type ThreadMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'done'; readonly result: TaskResult }

export interface Shrunk {
  /** As `printScenario` writes it. */
  readonly scenario: string
  /** A page for a browser. */
  readonly diagram: string
  readonly from: ScenarioSize
  readonly to: ScenarioSize
  readonly runs: number
  /** Everything that the shrunk run violates. */
  readonly violates: readonly string[]
}

/** How often something rare happened, and in how many runs. */
export interface Mark {
  readonly times: number
  readonly runs: number
}

export interface RunTaskResult {
  readonly runs: number
  readonly events: number
  readonly virtualMs: number
  readonly coverage: Readonly<Record<string, Mark>>
  readonly observed: readonly Observed[]
  readonly compared: readonly Compared[]
  /** Whether it ended early, behind a violation. */
  readonly stopped: boolean
}

/** Something that is wrong with one run. */
export interface Observed {
  readonly seed: number
  readonly nodes: number
  /** The guarantee that did not hold, or the code of an error. */
  readonly about: { readonly property: string } | { readonly code: ErrorCode }
  readonly what: string
  /** Of a violation. */
  readonly hash?: string
  readonly command?: string
}

/** One run, to be compared with the same run in another world. */
export interface Compared {
  readonly seed: number
  readonly nodes: number
  /** The run's hash, or how it threw. */
  readonly outcome: string
  /** What of the real world it touched, where that is watched. */
  readonly touched: readonly string[]
}
