import type { ErrorCode } from '@quorate/core'
import type { PlannedRun } from './seeds.js'
import type { Observed } from './task.js'

/** What is wrong with an algorithm: one for each property and each code, from the smallest seed that shows it. */
export interface Finding {
  readonly property?: string
  readonly code?: ErrorCode
  /** Without one it is of no run: the algorithm could not be run at all. */
  readonly seed?: number
  readonly nodes?: number
  readonly what: string
  /** Of the violating run: what `command` comes to again. */
  readonly hash?: string
  /** How many seeds showed it. */
  readonly seeds: number
  /** A command line that shows it again. */
  readonly command: string
  /** What a violation's run was shrunk to, in words, or why it was not, and the files that it is in. */
  readonly shrunk?: string
  readonly scenarioFile?: string
  readonly diagramFile?: string
}

/** Gathers what is wrong, told in order of the seeds: however much it is, of each sort the first is kept and the rest counted. */
export class Findings {
  readonly #found = new Map<string, { readonly finding: Finding; readonly lastSeed: number | undefined }>()
  readonly #commandOf: (run: PlannedRun | undefined) => string

  constructor(commandOf: (run: PlannedRun | undefined) => string) {
    this.#commandOf = commandOf
  }

  /** In order of their seeds. */
  get all(): readonly Finding[] {
    return [...this.#found.values()]
      .map(({ finding }) => finding)
      .sort((a, b) => (a.seed ?? Number.MAX_SAFE_INTEGER) - (b.seed ?? Number.MAX_SAFE_INTEGER))
  }

  add({ seed, nodes, about, what, hash, command = this.#commandOf({ seed, nodes }) }: Observed): void {
    const key = 'code' in about ? about.code : about.property
    const before = this.#found.get(key)
    if (before?.lastSeed === seed) return
    const finding =
      before === undefined
        ? { ...about, seed, nodes, what, seeds: 1, command, ...(hash !== undefined && { hash }) }
        : { ...before.finding, seeds: before.finding.seeds + 1 }
    this.#found.set(key, { finding, lastSeed: seed })
  }

  /** What keeps the algorithm from being run at all. */
  refuse(code: ErrorCode, what: string): void {
    this.#found.set(code, {
      finding: { code, what, seeds: 0, command: this.#commandOf(undefined) },
      lastSeed: undefined,
    })
  }
}
