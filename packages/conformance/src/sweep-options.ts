import { requireInteger } from '@quorate/core'
import type { RunOptions } from '@quorate/simulation'

/** How an algorithm is attacked. */
export interface SweepOptions extends Pick<RunOptions, 'stores' | 'maxDelayMs' | 'chaosMs' | 'clockBound'> {
  /**
   * Sizes of clusters. All seeds are run with the first, a fifth as many with each other. Default: 5, 3, 4, 2 and 1.
   */
  readonly nodes?: number | readonly number[]
  /** How many seeds are run with the first size, from 1 on. Default 200. */
  readonly seeds?: number
  /** How many seeds are looked through for each declared counterexample, until it is found. Default 5000. */
  readonly counterexampleSeeds?: number
}

/** A size of a cluster, and how many runs it gets. */
export interface World {
  readonly nodes: number
  readonly seeds: number
}

/** The options of a sweep with every default filled in. */
export interface SweepPlan {
  readonly worlds: readonly [World, ...World[]]
  readonly counterexampleSeeds: number
  /** What every run gets. */
  readonly run: Pick<RunOptions, 'stores' | 'maxDelayMs' | 'chaosMs' | 'clockBound'>
}

/** Throws `QUORATE_INVALID_OPTION` for what is no number of nodes or seeds. */
export function planSweep(options: SweepOptions): SweepPlan {
  const { nodes = [5, 3, 4, 2, 1], stores, maxDelayMs, chaosMs, clockBound } = options
  const seeds = requireInteger('seeds', options.seeds ?? 200, { min: 1 })
  const [first, ...others] = typeof nodes === 'number' ? [nodes] : nodes
  const world = (size: unknown, count: number): World => {
    return { nodes: requireInteger('nodes', size, { min: 1, max: 64 }), seeds: count }
  }
  return {
    worlds: [world(first, seeds), ...others.map((size) => world(size, Math.ceil(seeds / 5)))],
    counterexampleSeeds: requireInteger('counterexampleSeeds', options.counterexampleSeeds ?? 5000, { min: 1 }),
    run: {
      ...(stores === undefined ? {} : { stores }),
      ...(maxDelayMs === undefined ? {} : { maxDelayMs }),
      ...(chaosMs === undefined ? {} : { chaosMs }),
      ...(clockBound === undefined ? {} : { clockBound }),
    },
  }
}
