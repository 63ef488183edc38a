import type { Attack } from './attacks/attack.js'

/** One place of one file, and what stands there instead. */
export interface Edit {
  /** Below the package's `src`. */
  readonly file: string
  /** Occurs exactly once. */
  readonly original: string
  readonly replacement: string
}

/** The parts of the laboratory that may catch a bug. */
export const layers = ['unit', 'simulation'] as const
export type Layer = (typeof layers)[number]

/** The simulation that catches a bug, and by what. */
export interface InSimulation {
  readonly attack: Attack
  /** What a run must find violated. Whatever else it finds counts for nothing. */
  readonly property: string
  /** What the violation says in any case, where its property alone does not tell it from others. */
  readonly says?: string
  /** How many seeds are tried. Default 2000. */
  readonly seeds?: number
}

/** The test of the package itself that catches a bug. */
export interface InUnit {
  /** Below the package's `test`. */
  readonly file: string
  /** The whole title of the test that must fail, with those of what it stands in. */
  readonly test: string
}

/** A known bug, put into a copy of a package's sources on purpose. */
export interface Mutant {
  /** Unique, kebab-case. */
  readonly id: string
  /** The bug, in words that go on from the name of the package. */
  readonly bug: string
  /** The folder of the package below `packages` or `apps`. */
  readonly package: string
  readonly edits: readonly Edit[]
  /** Where it is known from: a paper, another project's issue, or this project's own history. */
  readonly source: string
  readonly simulation?: InSimulation
  readonly unit?: InUnit
}

/** Bugs outside the simulator's reach: it has its own network in the place of this one. */
export function isBeyondSimulation(mutant: Mutant): boolean {
  return mutant.package === 'transport-grpc'
}
