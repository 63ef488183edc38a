import type { FaultKind } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { explain, nodeIds, runAgreement, runElection, Simulation, sweep, type RunResult } from '../src/index.js'
import { importMutant } from './mutant.js'
import { changRoberts } from './support/chang-roberts.js'
import { floodingVote } from './support/flooding-vote.js'
import type * as flooding from './support/flooding-vote.js'
import { raftElection } from './support/raft-election.js'
import type * as raft from './support/raft-election.js'

/** The first of 2,000 seeds by which `property` is violated, whatever else is violated before. */
function seedBreaking(property: string, run: (seed: number) => RunResult): number | undefined {
  const only = (result: RunResult): RunResult => ({
    ...result,
    violations: result.violations.filter((violation) => violation.property === property),
  })
  return sweep({ from: 1, to: 2000 }, (seed) => only(run(seed))).failed?.seed
}

const broken = (result: { readonly failed: RunResult | undefined }) =>
  result.failed?.violations.map(({ property }) => property) ?? []

describe('the ring election of Chang and Roberts', () => {
  it.each([1, 2, 5, 9])('elects the greatest id of %d nodes, whoever stands when', (nodes) => {
    const run = (seed: number) => runElection(changRoberts, { nodes, seed, chaosMs: 100 })
    expect(explain(sweep({ from: 1, to: 200 }, run))).toBeUndefined()
  })

  it.each([1, 2, 5, 8])(
    'sends n(n + 1)/2 + n messages when all of %d stand at once in a ring ordered against them',
    (nodes) => {
      const members = nodeIds(nodes)
      const simulation = new Simulation({
        seed: 1,
        nodes: members,
        links: { minDelayMs: 1, maxDelayMs: 1 },
        traceLimit: 1000,
        protocol: () => ({
          codec: changRoberts.codec,
          create: (env) => changRoberts.create(env, { members, maxDelayMs: 1 }),
          listen: () => {},
        }),
      })
      simulation.start()
      for (const id of members) simulation.request(id, 'stand', (election) => election.stand())
      simulation.run(100)
      expect(simulation.trace.filter(({ type }) => type === 'send')).toHaveLength(
        changRoberts.worstCaseMessages?.(nodes) as number,
      )
      expect(members.map((id) => simulation.root(id).leader)).toEqual(members.map(() => members.at(-1)))
    },
  )

  it.each([
    { faults: ['loss'] as FaultKind[], maxFaulty: 0 },
    { faults: ['crash-stop'] as FaultKind[], maxFaulty: 1 },
  ])('names nobody any more when the ring breaks by $faults', ({ faults, maxFaulty }) => {
    // When the leader alone is lost, after it was named, nobody finds out: that is inaccurate, and agreed upon.
    const { failed } = sweep({ from: 1, to: 50 }, (seed) => {
      const result = runElection(changRoberts, { nodes: 5, seed, faults, maxFaulty })
      return { ...result, violations: result.violations.filter(({ property }) => property === 'eventual-agreement') }
    })
    expect(failed?.violations[0]?.what).toContain('names none')
  })
})

describe("Raft's election", () => {
  it.each([1, 2, 3, 5])('elects one leader per term of %d nodes, through all that it declares', (nodes) => {
    const run = (seed: number) => runElection(raftElection, { nodes, seed })
    expect(explain(sweep({ from: 1, to: 300 }, run))).toBeUndefined()
  })

  it('elects nobody without a majority', () => {
    const run = (seed: number) => runElection(raftElection, { nodes: 5, seed, maxFaulty: 3, faults: ['crash-stop'] })
    expect(broken(sweep({ from: 1, to: 50 }, run))).toEqual(['eventual-agreement'])
  })

  it.each([
    [
      'forgets its vote in a crash',
      "this.#env.store.put('ballot', memory.encode({ type: 'ballot', term, votedFor }))",
      '',
      'quorum-support',
    ],
    [
      'votes before its vote is durable',
      "this.#env.send(from.id, { type: 'vote', term: this.#term, granted })",
      "this.#env.send(from.id, { type: 'vote', term: this.#term, granted }, 0 as never)",
      'quorum-support',
    ],
    ['votes twice in a term', 'current && (this.#votedFor ?? from.id) === from.id', 'current', 'one-leader-per-term'],
    ['counts votes of earlier terms', 'if (!current || !message.granted', 'if (!message.granted', 'quorum-support'],
    [
      'counts half the votes as a majority',
      '> this.#members.length / 2',
      '>= Math.floor(this.#members.length / 2)',
      'quorum-support',
    ],
  ])('is seen to be wrong when it %s', async (_, original, mistake, property) => {
    const mutant = await importMutant<typeof raft>('support/raft-election.ts', original, mistake)
    const run = (seed: number) => runElection(mutant.raftElection, { nodes: 5, seed })
    expect(seedBreaking(property, run)).toBeDefined()
  })
})

describe('the flooding vote', () => {
  it.each([
    [1, 0],
    [3, 1],
    [3, 2],
    [5, 2],
    [5, 4],
  ])('agrees among %d nodes through %d crashes', (nodes, maxFaulty) => {
    const run = (seed: number) => runAgreement(floodingVote, { nodes, maxFaulty, seed })
    expect(explain(sweep({ from: 1, to: 300 }, run))).toBeUndefined()
  })

  it('decides the smallest of all values when nobody crashes', () => {
    const { decisions } = runAgreement(floodingVote, { nodes: 5, seed: 1, faults: [], values: [7, 3, 9, 5, 4] })
    expect([...decisions.values()]).toEqual([3, 3, 3, 3, 3])
  })

  it.each(floodingVote.counterexamples)('loses $breaks to $fault', ({ fault, breaks }) => {
    const faults = ['crash-stop', fault as FaultKind] as const
    const run = (seed: number) => runAgreement(floodingVote, { nodes: 5, maxFaulty: 2, seed, faults })
    expect(seedBreaking(breaks, run)).toBeDefined()
  })

  it('is seen to be wrong with f rounds', async () => {
    const mutant = await importMutant<typeof flooding>(
      'support/flooding-vote.ts',
      'this.#last = options.maxFaulty + 1',
      'this.#last = Math.max(1, options.maxFaulty)',
    )
    const run = (seed: number) => runAgreement(mutant.floodingVote, { nodes: 4, maxFaulty: 1, seed })
    expect(seedBreaking('uniform-agreement', run)).toBeDefined()
  })

  it('refuses more faults than it survives', () => {
    expect(() => runAgreement(floodingVote, { nodes: 3, maxFaulty: 3, seed: 1 })).toThrow(
      expect.objectContaining({ code: 'QUORATE_TOO_MANY_FAULTS' }),
    )
  })
})
