import { QuorateError, seededRandom, type Random } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Campaign, type CampaignRequest, type CampaignResult, type RunThread } from '../src/simulate/campaign.js'
import type { Ended } from '../src/simulate/campaign-thread.js'
import { perform, type Ran } from '../src/simulate/perform.js'
import type { RunTask, RunTaskResult } from '../src/simulate/task.js'

/** What is wrong with an imagined algorithm, by seed. */
interface Wrong {
  readonly violates: readonly number[]
  readonly throws: readonly number[]
  readonly blocks: readonly number[]
  /** Is another run in another world. */
  readonly differs: readonly number[]
}

const harmless: Wrong = { violates: [], throws: [], blocks: [], differs: [] }

/** What leaves a task where it is: of all that a run throws, only what refuses the algorithm is passed on. */
const blocked = new QuorateError('QUORATE_UNKNOWN_FAULT', 'this run does not end')

/** A thread in which that algorithm runs, and whose answers come when they like. */
class ImaginedThread implements RunThread {
  idle = true
  readonly #wrong: Wrong
  readonly #otherWorld: boolean
  readonly #random: Random
  readonly #onReady: () => void

  constructor(wrong: Wrong, otherWorld: boolean, random: Random, onReady: () => void) {
    this.#wrong = wrong
    this.#otherWorld = otherWorld
    this.#random = random
    this.#onReady = onReady
  }

  async perform(task: RunTask): Promise<Ended<RunTaskResult>> {
    this.idle = false
    for (let turns = this.#random.integer(0, 6); turns > 0; turns--) await new Promise(setImmediate)
    this.#onReady()
    this.idle = true
    return this.#ended(task)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #ended(task: RunTask): Ended<RunTaskResult> {
    let place = 0
    try {
      const run = ({ seed }: { seed: number }): Ran => this.#run(seed)
      return { type: 'done', result: perform(run, task, (at) => (place = at)) }
    } catch (error) {
      if (error !== blocked) throw error
      return { type: 'blocked', place, afterMs: 100 }
    }
  }

  #run(seed: number): Ran {
    const { violates, throws, blocks, differs } = this.#wrong
    if (blocks.includes(seed)) throw blocked
    if (throws.includes(seed)) throw new Error('a defect')
    const violations = violates.includes(seed) ? [{ property: 'agreement', atMs: 1, what: `of seed ${seed}` }] : []
    const hash = `${seed}${this.#otherWorld && differs.includes(seed) ? ' elsewhere' : ''}`
    return { hash, events: seed, virtualMs: 1, violations, coverage: { mark: seed % 3 } }
  }
}

async function campaign(wrong: Wrong, more: Partial<CampaignRequest> = {}, order = 1): Promise<CampaignResult> {
  const random = seededRandom(order)
  const request: CampaignRequest = {
    attacked: { kind: 'vote', algorithm: 'imagined', election: 'raft' },
    options: {},
    scenario: undefined,
    seeds: { from: 1, to: 60 },
    nodes: [3, 5],
    shard: undefined,
    jobs: 1,
    durationMs: undefined,
    runTimeoutMs: 100,
    keepGoing: false,
    expected: [],
    commandOf: (run) => `again ${run?.seed}`,
    ...more,
  }
  const threads = (otherWorld: boolean, onReady: () => void): RunThread =>
    new ImaginedThread(wrong, otherWorld, random, onReady)
  return new Campaign(request, threads).run(new AbortController().signal)
}

const timeless = ({ request: _request, elapsedMs: _elapsedMs, ...result }: CampaignResult): object => result

const seeds = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 4 })
const wrongs = fc.record({ violates: seeds, throws: seeds, blocks: seeds, differs: seeds })

describe('a campaign', () => {
  it('finds and counts the same with any number of threads, in whatever order they answer', async () => {
    await fc.assert(
      fc.asyncProperty(
        wrongs,
        fc.boolean(),
        fc.integer({ min: 2, max: 5 }),
        fc.nat(),
        async (wrong, keepGoing, jobs, order) => {
          const one = await campaign(wrong, { keepGoing })
          const several = await campaign(wrong, { keepGoing, jobs }, order)
          expect(timeless(several)).toEqual(timeless(one))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('runs each seed once, those behind one that does not end as well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 2 }),
        fc.nat(),
        async (blocks, order) => {
          const { runs, events, lastSeed, ended, findings } = await campaign(
            { ...harmless, blocks },
            { jobs: 3 },
            order,
          )
          const lost = blocks.reduce((sum, seed) => sum + seed, 0)
          expect({ runs, events, lastSeed, ended }).toEqual({
            runs: 60,
            events: 1830 - lost,
            lastSeed: 60,
            ended: undefined,
          })
          expect(findings.map(({ code, seed, seeds: count }) => [code, seed, count])).toEqual(
            blocks.length === 0 ? [] : [['QUORATE_ALGORITHM_BLOCKED', Math.min(...blocks), blocks.length]],
          )
        },
      ),
      { numRuns: 100 },
    )
  })

  it('ends with the smallest seed that violates something, and tells what was wrong before', async () => {
    const wrong = { ...harmless, violates: [41, 17], throws: [5, 9, 30] }
    const { runs, lastSeed, ended, findings } = await campaign(wrong, { jobs: 4 }, 7)
    expect({ runs, lastSeed, ended }).toEqual({ runs: 17, lastSeed: 17, ended: 'violation' })
    expect(findings.map(({ property, code, seed, seeds: count }) => [property ?? code, seed, count])).toEqual([
      ['QUORATE_RUN_FAILED', 5, 2],
      ['agreement', 17, 1],
    ])
  })

  it('is given up after three runs that do not end', async () => {
    const { lastSeed, ended, findings } = await campaign({ ...harmless, blocks: [4, 8, 20, 30] }, { jobs: 2 })
    expect({ lastSeed, ended }).toEqual({ lastSeed: 20, ended: 'given up' })
    expect(findings).toMatchObject([{ code: 'QUORATE_ALGORITHM_BLOCKED', seed: 4, seeds: 3, command: 'again 4' }])
  })

  it('compares the first three runs and every fiftieth, of its own seeds', async () => {
    const wrong = { ...harmless, differs: Array.from({ length: 200 }, (_, place) => place + 1) }
    const [whole] = (await campaign(wrong, { seeds: { from: 1, to: 120 } })).findings
    expect([whole?.code, whole?.seed, whole?.seeds]).toEqual(['QUORATE_NOT_DETERMINISTIC', 1, 5])
    const [shard] = (await campaign(wrong, { shard: { index: 2, count: 2 } })).findings
    expect([shard?.seed, shard?.seeds]).toEqual([3, 3])
  })

  it('counts marks', async () => {
    const { coverage } = await campaign(harmless, { jobs: 3 })
    expect(coverage).toEqual({ mark: { times: 60, runs: 40 } })
  })

  it('without any seed ends', async () => {
    const { runs, ended } = await campaign(harmless, { seeds: { from: 1, to: 2 }, shard: { index: 3, count: 3 } })
    expect({ runs, ended }).toEqual({ runs: 0, ended: undefined })
  })
})
