import type { Attack } from './attacks/attack.js'

/** One place of one file, and what stands there instead. */
export interface Edit {
  /** Below the package's `src`. */
  readonly file: string
  /** Occurs exactly once. */
  readonly original: string
  readonly replacement: string
}

/** Layers of the laboratory that run a package's tests on sources with a bug in them: of its own, and the suite of what it implements. */
export const testing = ['unit', 'conformance'] as const
/** Layers that run attacks on a bundle of all of ours with a bug in it: seed by seed, and in every order that there is. */
export const searching = ['simulation', 'explore'] as const
export const layers = [...testing, ...searching] as const
export type Layer = (typeof layers)[number]

/** The attack that catches a bug, and by what. */
export interface BySearch {
  readonly attack: Attack
  /** What a run must find violated. Whatever else it finds counts for nothing. */
  readonly property: string
  /** What the violation says in any case, where its property alone does not tell it from others. */
  readonly says?: string
  /** How many seeds are tried. Default 2000. */
  readonly seeds?: number
}

/** The test that catches a bug. */
export interface ByTest {
  /** The package that has the test. Default: that of the bug. */
  readonly package?: string
  /** Below the package's `test`. */
  readonly file: string
  /** The whole title of the test that must fail, with those of what it stands in. */
  readonly test: string
}

/** A known bug, put into a copy of a package's sources on purpose, with what is to catch it in each layer. */
export interface Mutant
  extends
    Readonly<Partial<Record<(typeof testing)[number], ByTest>>>,
    Readonly<Partial<Record<(typeof searching)[number], BySearch>>> {
  /** Unique, kebab-case. */
  readonly id: string
  /** The bug, in words that go on from the name of the package. */
  readonly bug: string
  /** The folder of the package below `packages` or `apps`. */
  readonly package: string
  readonly edits: readonly Edit[]
  /** Where it is known from: a paper, another project's issue, or this project's own history. */
  readonly source: string
}

/** Bugs outside the simulator's reach: it has its own network in the place of this one. */
export function isBeyondSimulation(mutant: Mutant): boolean {
  return mutant.package === 'transport-grpc'
}
