import { invalidOption } from '@quorate/core'

/** Seeds from one to another, both included; `Infinity`: without end. */
export interface SeedRange {
  readonly from: number
  readonly to: number
}

/** One of `count` parts of a campaign, from 1 on. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** Reads `1..1000`, one seed, or, for campaigns that end by time, `1..`. */
export function parseSeeds(text: string): SeedRange {
  const [, first, dots, last] = /^\s*(\d+)\s*(?:(\.\.)\s*(\d*))?\s*$/.exec(text) ?? []
  const from = Number(first)
  const to = dots === undefined ? from : last === '' ? Infinity : Number(last)
  const safe = (seed: number): boolean => Number.isSafeInteger(seed) || seed === Infinity
  if (!safe(from) || !safe(to) || to < from) {
    throw invalidOption('--seeds', text, 'one seed, or the first and the last, not smaller: 1..1000')
  }
  return { from, to }
}

const maxNodes = 64

/** Reads numbers of nodes: `5`, `3,5`, `1..7`. */
export function parseNodeCounts(text: string): readonly number[] {
  const counts = text.split(',').flatMap((part) => {
    const [, first, last = first] = /^\s*(\d+)\s*(?:\.\.\s*(\d+))?\s*$/.exec(part) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (!(from >= 1 && to <= maxNodes && from <= to)) {
      throw invalidOption(
        '--nodes',
        text,
        `numbers from 1 to ${maxNodes}, with commas between them, or ranges of them like 3..5`,
      )
    }
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
  return [...new Set(counts)]
}

/** Reads `2/8`: the second of eight. */
export function parseShard(text: string): Shard {
  const [, index, count] = (/^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text) ?? []).map(Number)
  if (index === undefined || count === undefined || index < 1 || index > count || !Number.isSafeInteger(count)) {
    throw invalidOption('--shard', text, 'I/N, with I from 1 to N, like 2/8')
  }
  return { index, count }
}

export interface PlannedRun {
  readonly seed: number
  readonly nodes: number
}

/**
 * The runs of one shard, in order of their seeds. How many nodes a run has depends on its seed alone. Shards are dealt turns of as many
 * seeds as there are numbers of nodes: so each of them has all numbers, and together they are the whole.
 */
export class SeedPlan {
  readonly #range: SeedRange
  readonly #nodes: readonly number[]
  readonly #shard: Shard

  constructor(range: SeedRange, nodes: readonly number[], shard: Shard = { index: 1, count: 1 }) {
    this.#range = range
    this.#nodes = nodes
    this.#shard = shard
  }

  /** How many runs there are. */
  get length(): number {
    const { from, to } = this.#range
    if (to === Infinity) return Infinity
    const turn = this.#nodes.length
    const { index, count } = this.#shard
    const all = to - from + 1
    const round = turn * count
    const inLastRound = Math.min(turn, Math.max(0, (all % round) - (index - 1) * turn))
    return Math.floor(all / round) * turn + inLastRound
  }

  /** The run at a place, from 0 on; `undefined` behind the last. */
  at(place: number): PlannedRun | undefined {
    const turn = this.#nodes.length
    const { index, count } = this.#shard
    const seed = this.#range.from + (Math.floor(place / turn) * count + index - 1) * turn + (place % turn)
    if (seed > this.#range.to) return undefined
    return { seed, nodes: this.#nodes[seed % turn] as number }
  }
}
