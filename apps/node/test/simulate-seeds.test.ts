import { isQuorateError } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNodeCounts, parseSeeds, parseShard, SeedPlan, type PlannedRun } from '../src/simulate/seeds.js'

function planned(plan: SeedPlan): PlannedRun[] {
  const runs: PlannedRun[] = []
  for (let run = plan.at(0); run !== undefined; run = plan.at(runs.length)) runs.push(run)
  return runs
}

function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isQuorateError(error, 'QUORATE_INVALID_OPTION')) return error.message
    throw error
  }
  return 'taken'
}

describe('the seeds of a campaign', () => {
  it.each<[text: string, from: number, to: number]>([
    ['1..1000', 1, 1000],
    ['7', 7, 7],
    ['0 .. 3', 0, 3],
    ['5..', 5, Infinity],
  ])('%s', (text, from, to) => {
    expect(parseSeeds(text)).toEqual({ from, to })
  })

  it.each(['9..1', '', '..5', '1...3', '-1..3', '1.5', 'x', '1..9007199254740993'])('"%s" is refused', (text) => {
    expect(refusal(() => parseSeeds(text))).toMatch(/^--seeds is ".*"; it must be one seed, or the first and the last/)
  })

  it.each<[text: string, counts: number[]]>([
    ['5', [5]],
    ['3,5', [3, 5]],
    ['1..4', [1, 2, 3, 4]],
    ['1..3,2,64', [1, 2, 3, 64]],
  ])('numbers of nodes: %s', (text, counts) => {
    expect(parseNodeCounts(text)).toEqual(counts)
  })

  it.each(['', '0', '65', '5..3', '3,', '1..65', 'five', '2.5'])('numbers of nodes: "%s" is refused', (text) => {
    expect(refusal(() => parseNodeCounts(text))).toMatch(/^--nodes is ".*"; it must be numbers from 1 to 64/)
  })

  it.each(['5/4', '0/4', '1', '1/0', '/', '-1/3', '1/2/3'])('shard "%s" is refused', (text) => {
    expect(refusal(() => parseShard(text))).toMatch(/^--shard is ".*"; it must be I\/N/)
  })
})

describe('the runs of a shard', () => {
  const nodeCounts = fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 7 })

  it('are, all shards together, each seed of the whole once, with the same number of nodes', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(300),
        nodeCounts,
        fc.integer({ min: 1, max: 12 }),
        (from, more, nodes, count) => {
          const range = { from, to: from + more }
          const shards = Array.from({ length: count }, (_, place) =>
            planned(new SeedPlan(range, nodes, { index: place + 1, count })),
          )
          const together = shards.flat().sort((a, b) => a.seed - b.seed)
          expect(together).toEqual(planned(new SeedPlan(range, nodes)))
          expect(together.map(({ seed }) => seed)).toEqual(Array.from({ length: more + 1 }, (_, place) => from + place))
        },
      ),
    )
  })

  it('come in order of their seeds, and are as many as the plan says', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(300),
        nodeCounts,
        fc.integer({ min: 1, max: 12 }),
        (from, more, nodes, count) => {
          for (let index = 1; index <= count; index++) {
            const plan = new SeedPlan({ from, to: from + more }, nodes, { index, count })
            const seeds = planned(plan).map(({ seed }) => seed)
            expect(seeds).toEqual(seeds.toSorted((a, b) => a - b))
            expect(plan.length).toBe(seeds.length)
          }
        },
      ),
    )
  })

  it('have every number of nodes, whatever the number of shards', () => {
    const nodes = [3, 4, 5]
    for (const count of [1, 2, 3, 6]) {
      const seen = planned(new SeedPlan({ from: 1, to: 90 }, nodes, { index: count, count })).map((run) => run.nodes)
      expect(new Set(seen)).toEqual(new Set(nodes))
    }
  })

  it('have as many nodes as their seed says, wherever a campaign begins', () => {
    const [whole, later] = [1, 5].map((from) => planned(new SeedPlan({ from, to: 40 }, [3, 4, 5])))
    expect(later).toEqual(whole?.filter(({ seed }) => seed >= 5))
  })

  it('without an end go on', () => {
    const plan = new SeedPlan({ from: 1, to: Infinity }, [3], { index: 2, count: 2 })
    expect(plan.length).toBe(Infinity)
    expect(plan.at(1_000_000)).toEqual({ seed: 2_000_002, nodes: 3 })
  })
})
