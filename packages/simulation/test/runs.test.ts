import { isQuorateError, type FaultKind } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import {
  explain,
  runAgreement,
  runElection,
  runFailureDetector,
  sweep,
  type FaultAction,
  type RunOptions,
  type RunResult,
} from '../src/index.js'
import { changRoberts } from './support/chang-roberts.js'
import { floodingVote } from './support/flooding-vote.js'
import { raftElection } from './support/raft-election.js'
import * as wrong from './wrong-algorithms.js'

type Create = Parameters<typeof wrong.firstLeads.create>

const broken = ({ violations }: RunResult) => violations.map(({ property }) => property).sort()
const calm = { nodes: 5, seed: 1, faults: [] } as const

/** The error of ours that `action` throws. */
function refusal(action: () => unknown): { readonly code: string; readonly message: string } {
  try {
    action()
  } catch (error) {
    if (isQuorateError(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('runElection', () => {
  it('sees that all lead in one term', () => {
    expect(broken(runElection(wrong.allLead, calm))).toEqual([
      'eventual-agreement',
      'one-leader-at-a-time',
      'one-leader-per-term',
    ])
  })

  it('sees that all lead, each in a term of its own: no term has two leaders', () => {
    expect(broken(runElection(wrong.allLeadApart, calm))).toEqual(['eventual-agreement', 'one-leader-at-a-time'])
  })

  it('sees that nobody leads', () => {
    const { violations } = runElection(wrong.nobodyLeads, calm)
    expect(violations).toMatchObject([
      { property: 'eventual-agreement', what: expect.stringContaining('n1 names none, n2 names none') },
    ])
  })

  it('sees that the dead are named, and nothing wrong while nobody is dead', () => {
    expect(broken(runElection(wrong.firstLeads, calm))).toEqual([])
    const schedule = [{ atMs: 1, action: { type: 'crash', node: 'n1' } }] as const
    expect(broken(runElection(wrong.firstLeads, { ...calm, schedule }))).toEqual(['eventual-accuracy'])
  })

  it.each([
    ['paused', [{ type: 'pause', node: 'n1', forGood: true }]],
    ['cut off', [{ type: 'cut', from: ['n1'], to: ['n2', 'n3', 'n4', 'n5'], forGood: 'n1' }]],
  ] satisfies [string, FaultAction[]][])('sees that one is named who is %s for good', (_, actions) => {
    const schedule = actions.map((action) => ({ atMs: 1, action }))
    expect(broken(runElection(wrong.firstLeads, { ...calm, schedule }))).toEqual(['eventual-accuracy'])
  })

  it('sees an invariant violated, on the states of all nodes', () => {
    const { violations } = runElection(wrong.selfContradictory, calm)
    expect(violations[0]).toEqual({ property: 'nobody-leads', atMs: 0, what: 'n1 of 5 leads' })
  })

  it('holds an algorithm to nothing that it does not guarantee', () => {
    const modest = { ...wrong.allLead, guarantees: ['eventual-accuracy'] as const }
    expect(broken(runElection(modest, calm))).toEqual([])
  })

  it('sees the quorum of a term forget it, of an election that carries a log', () => {
    // Everybody promises what it likes; the leader's own promise does not make a majority.
    const carrying = {
      ...wrong.firstLeads,
      carriesLog: true as const,
      guarantees: ['quorum-support'] as const,
      create: (env: Create[0], options: Create[1]) =>
        Object.assign(wrong.firstLeads.create(env, options), {
          promised: { number: env.self.id === 'n1' ? 1 : 0, id: '' },
          follow: () => true,
          transfer: () => {},
        }),
    }
    expect(runElection(carrying, calm).violations).toMatchObject([
      { property: 'quorum-support', what: expect.stringContaining('n1 of 5 remember') },
    ])
  })

  it('puts violations into the trace, at their time', () => {
    const { trace, violations } = runElection(wrong.allLead, { ...calm, traceLimit: 10_000 })
    const traced = trace.flatMap((entry) =>
      entry.type === 'violation' ? [{ property: entry.property, atMs: entry.at }] : [],
    )
    expect(traced).toEqual(violations.map(({ property, atMs }) => ({ property, atMs })))
  })
})

describe('runAgreement', () => {
  it('sees every one decide its own', () => {
    expect(broken(runAgreement(wrong.firstHeard, calm))).toEqual(['agreement', 'uniform-agreement'])
  })

  it('sees a decision that nobody proposed', () => {
    expect(broken(runAgreement(wrong.unheardOf, calm))).toEqual(['validity'])
    expect(broken(runAgreement(wrong.unheardOf, { ...calm, values: [1000, 2, 3, 4, 5] }))).toEqual([])
  })

  it('sees nodes decide twice, also when it is the same', () => {
    const values = [7, 7, 7, 8, 8]
    expect(broken(runAgreement(wrong.undecided, { ...calm, values }))).toContain('integrity')
    expect(broken(runAgreement(wrong.twice, { ...calm, values }))).toEqual(['integrity'])
  })

  it('sees nobody decide, or not tell', () => {
    expect(broken(runAgreement(wrong.never, calm))).toEqual(['termination'])
    const { violations } = runAgreement(wrong.secretive, { ...calm, values: [7, 7, 7, 7, 7] })
    expect(violations).toMatchObject([{ property: 'termination', what: 'n1 did not tell the decision' }])
  })

  it('tells uniform agreement from agreement: what the dead decided counts for one only', () => {
    const values = [8, 7, 7, 7, 7]
    const schedule = [{ atMs: 20, action: { type: 'crash', node: 'n1', forGood: true } }] as const
    expect(broken(runAgreement(wrong.rash, { ...calm, values, schedule }))).toEqual(['uniform-agreement'])
    expect(broken(runAgreement(wrong.rash, { ...calm, values }))).toEqual(['agreement', 'uniform-agreement'])
  })

  it('proposes what it is given, or integers from 1 to 100, and tells who decided what', () => {
    const given = runAgreement(floodingVote, { ...calm, values: [5, 4, 3, 2, 9] })
    expect([...given.proposals]).toEqual([5, 4, 3, 2, 9].map((value, index) => [`n${index + 1}`, value]))
    expect([...given.decisions.values()]).toEqual([2, 2, 2, 2, 2])
    const drawn = Array.from({ length: 50 }, (_, seed) => runAgreement(wrong.never, { ...calm, seed }).proposals)
    const values = drawn.flatMap((proposals) => [...proposals.values()])
    expect(Math.min(...values)).toBeLessThan(10)
    expect(Math.max(...values)).toBeGreaterThan(90)
    expect(values.every((value) => Number.isInteger(value) && value >= 1 && value <= 100)).toBe(true)
  })
})

describe('runFailureDetector', () => {
  const crashed = { ...calm, schedule: [{ atMs: 100, action: { type: 'crash', node: 'n2' } }] } as const

  it('sees the dead trusted', () => {
    expect(broken(runFailureDetector(wrong.suspectsNobody, calm))).toEqual([])
    const { violations, detectionTimesMs } = runFailureDetector(wrong.suspectsNobody, crashed)
    expect(violations).toMatchObject([{ property: 'strong-completeness', what: 'n1 trusts n2, which is down' }])
    expect(detectionTimesMs).toEqual([])
  })

  it.each([
    ['paused', { type: 'pause', node: 'n2', forGood: true }],
    ['cut off', { type: 'cut', from: ['n2'], to: ['n1', 'n3', 'n4', 'n5'], forGood: 'n2' }],
  ] satisfies [string, FaultAction][])('sees one trusted who is %s for good', (_, action) => {
    const { violations } = runFailureDetector(wrong.suspectsNobody, { ...calm, schedule: [{ atMs: 100, action }] })
    expect(violations).toMatchObject([
      { property: 'strong-completeness', what: 'n1 trusts n2, of which it will hear nothing more' },
    ])
  })

  it('sees the living suspected, and counts the mistakes', () => {
    const { violations, mistakes } = runFailureDetector(wrong.suspectsAll, crashed)
    expect(violations).toMatchObject([{ property: 'eventual-strong-accuracy', what: 'n1 suspects n3, which is alive' }])
    expect(mistakes).toBe(20)
  })

  it('measures the time from each crash to each suspicion', () => {
    // The dead are suspected by those that start, again, after they died.
    const schedule = [
      { atMs: 100, action: { type: 'crash', node: 'n2' } },
      { atMs: 200, action: { type: 'crash', node: 'n1', restartAfterMs: 50 } },
    ] as const
    const { detectionTimesMs } = runFailureDetector(wrong.suspectsAll, { ...calm, schedule })
    expect(detectionTimesMs).toEqual([150])
  })
})

describe('a run', () => {
  it('is the same again from the same seed and options, and another from any other', () => {
    const runs = (seed: number, options: Partial<RunOptions> = {}) => [
      runElection(raftElection, { nodes: 5, seed, ...options }),
      runAgreement(floodingVote, { nodes: 5, seed, ...options }),
    ]
    expect(runs(7)).toEqual(runs(7))
    const hashes = [runs(7), runs(8), runs(7, { maxDelayMs: 20 }), runs(7, { nodes: 4 })].flat().map(({ hash }) => hash)
    expect(new Set(hashes).size).toBe(8)
  })

  it.each([
    ['no nodes', { nodes: 0 }, 'QUORATE_INVALID_OPTION'],
    ['a crowd', { nodes: 65 }, 'QUORATE_INVALID_OPTION'],
    ['more faulty nodes than nodes', { maxFaulty: 6 }, 'QUORATE_INVALID_OPTION'],
    ['no delay', { maxDelayMs: 0 }, 'QUORATE_INVALID_OPTION'],
    ['a fault that it cannot inject', { faults: ['byzantine'] }, 'QUORATE_FAULT_NOT_IMPLEMENTED'],
    ['a fault of disks where there are none', { faults: ['bit-rot'] }, 'QUORATE_FAULT_NOT_IMPLEMENTED'],
    ['a fault that nobody knows', { faults: ['gremlins' as FaultKind] }, 'QUORATE_UNKNOWN_FAULT'],
    [
      'a schedule that goes on after its time',
      { chaosMs: 10, schedule: [{ atMs: 11, action: { type: 'heal' } }] },
      'QUORATE_INVALID_OPTION',
    ],
  ] satisfies [string, Partial<RunOptions>, string][])('is refused %s', (_, options, code) => {
    expect(refusal(() => runElection(raftElection, { nodes: 5, seed: 1, ...options })).code).toBe(code)
  })

  it.each([
    [{}, '--nodes 5 --seed 7 --faults declared'],
    [{ faults: [] }, '--nodes 5 --seed 7 --faults none'],
    [{ faults: ['loss', 'delay'] }, '--nodes 5 --seed 7 --faults loss,delay'],
    [{ maxFaulty: 3 }, '--nodes 5 --seed 7 --faults declared --max-faulty 3'],
    [{ maxFaulty: 2, traceLimit: 10 }, '--nodes 5 --seed 7 --faults declared'],
    [{ maxDelayMs: 20 }, '--nodes 5 --seed 7 --faults declared --max-delay 20ms'],
    [{ chaosMs: 50 }, '--nodes 5 --seed 7 --faults declared --chaos 50ms'],
    [
      { schedule: [], clockBound: { wallErrorMs: 1, ratePpm: 1 } },
      '--nodes 5 --seed 7 --faults declared # and schedule, clockBound as the caller gave them',
    ],
  ] satisfies [Partial<RunOptions>, string][])('with %j tells how to run it again', (options, expected) => {
    const { command } = runElection(raftElection, { nodes: 5, seed: 7, ...options })
    expect(command).toBe(`npx quorate run election --algorithm raft-election ${expected}`)
  })
})

describe('sweep', () => {
  it('runs every seed and sums what happened, while nothing is violated', () => {
    const seeds: number[] = []
    const result = sweep({ from: 3, to: 6 }, (seed) => {
      seeds.push(seed)
      return {
        ...runElection(wrong.firstLeads, { ...calm, seed }),
        events: 10,
        coverage: { crash: 2, restart: seed % 2 },
      }
    })
    expect(seeds).toEqual([3, 4, 5, 6])
    expect(result).toEqual({ runs: 4, events: 40, coverage: { crash: 8, restart: 2 }, failed: undefined })
    expect(explain(result)).toBeUndefined()
  })

  it('stops at the first seed that fails, and explains how to replay it', () => {
    const run = (seed: number) => runElection(seed < 5 ? wrong.firstLeads : wrong.nobodyLeads, { ...calm, seed })
    const result = sweep({ from: 3, to: 9 }, run)
    expect(result.runs).toBe(3)
    expect(explain(result)).toBe(
      [
        `seed 5 (hash ${result.failed?.hash}):`,
        `  eventual-agreement at ${result.failed?.virtualMs.toFixed(3)} ms: once faults have ceased n1 names none, n2 names none, n3 names none, n4 names none, n5 names none`,
        'replay: npx quorate run election --algorithm nobody-leads --nodes 5 --seed 5 --faults none',
      ].join('\n'),
    )
  })

  it('names the seed of a run that threw', () => {
    const error = refusal(() =>
      sweep({ from: 1, to: 9 }, (seed) => {
        if (seed === 4) throw new TypeError('no such field')
        return runElection(wrong.firstLeads, { ...calm, seed })
      }),
    )
    expect(error).toMatchObject({
      code: 'QUORATE_RUN_FAILED',
      message: 'the run of seed 4 threw: TypeError: no such field',
      data: { seed: 4 },
    })
  })

  it('is refused a range of no seeds', () => {
    expect(refusal(() => sweep({ from: 2, to: 1 }, () => runElection(wrong.firstLeads, calm))).code).toBe(
      'QUORATE_INVALID_OPTION',
    )
  })
})

describe("an election's oracle", () => {
  it('tells a node that was to crash and was spared that its peer is back', () => {
    // The ring does not mind crashes of one who is not asked: only what n1 is told matters here.
    const schedule = [
      { atMs: 100, action: { type: 'crash', node: 'n2' } },
      { atMs: 150, action: { type: 'crash', node: 'n1', afterSends: 1000 } },
      { atMs: 300, action: { type: 'restart', node: 'n1' } },
      { atMs: 350, action: { type: 'restart', node: 'n2' } },
    ] as const
    const { trace } = runElection(changRoberts, { nodes: 3, seed: 1, maxFaulty: 2, schedule, traceLimit: 10_000 })
    const told = trace.flatMap((entry) => {
      const about = entry.type === 'request' && entry.node === 'n1' && entry.what.endsWith(' n2')
      return about ? [entry.what] : []
    })
    expect(told.filter((what) => what.startsWith('suspect')).length).toBeGreaterThan(0)
    expect(told.at(-1)).toBe('restore n2')
  })

  it('tells a new life whom to suspect, though the former knew', () => {
    const schedule = [
      { atMs: 100, action: { type: 'crash', node: 'n2', forGood: true } },
      { atMs: 300, action: { type: 'crash', node: 'n1', restartAfterMs: 100 } },
    ] as const
    const { trace } = runElection(changRoberts, { nodes: 3, seed: 1, maxFaulty: 2, schedule, traceLimit: 10_000 })
    const told = trace.flatMap((entry) =>
      entry.type === 'request' && entry.node === 'n1' && entry.what === 'suspect n2' ? [entry.at] : [],
    )
    expect(told).toHaveLength(2)
    expect(told[1]).toBeGreaterThan(400)
  })
})
