import { describe, expect, it } from 'vitest'
import {
  addCoverage,
  coverageMarks,
  coverageMarksOf,
  possibleMarks,
  runAgreement,
  runElection,
  sweep,
  type CoverageMark,
  type ScheduledFault,
} from '../src/index.js'
import { CandidacyMarks, LeadershipMarks } from '../src/marks/leadership-marks.js'
import { Marks } from '../src/marks/marks.js'
import { PipelineMarks } from '../src/marks/pipeline-marks.js'
import { floodingVote } from './support/flooding-vote.js'
import { raftElection } from './support/raft-election.js'
import { note, probes } from './probe.js'

const term = (number: number, id = '') => ({ number, id })

describe('coverage', () => {
  it('counts what happened, in the order of the names, and leaves out what did not', () => {
    const marks = new Marks()
    marks.add('restart')
    marks.add('crash', 2)
    marks.add('crash')
    marks.add('pause', 0)
    expect(Object.entries(marks.counts)).toEqual([
      ['crash', 3],
      ['restart', 1],
    ])
    expect(addCoverage(marks.counts, { pause: 1, crash: 1 })).toEqual({ crash: 4, pause: 1, restart: 1 })
  })

  it('says what each mark means, and which kinds of runs can have it', () => {
    const kinds = Object.values(coverageMarksOf).flat()
    expect([...new Set(kinds)].sort()).toEqual(Object.keys(coverageMarks).sort())
    for (const mark of kinds)
      expect([mark, coverageMarks[mark]]).toEqual([expect.stringMatching(/^[a-z-]+$/), expect.any(String)])
  })

  it('is of a run, and equal for equal runs, and has only marks of its kind', () => {
    const election = (seed: number) => runElection(raftElection, { nodes: 5, seed }).coverage
    const vote = (seed: number) => runAgreement(floodingVote, { nodes: 5, seed }).coverage
    for (const [run, kind] of [
      [election, 'election'],
      [vote, 'vote'],
    ] as const) {
      for (let seed = 1; seed <= 20; seed++) {
        const names = Object.keys(run(seed)) as CoverageMark[]
        expect(names.filter((name) => !coverageMarksOf[kind].includes(name))).toEqual([])
        expect(run(seed)).toEqual(run(seed))
      }
    }
  })

  it('is summed over a sweep, in which the rare events of an election happen', () => {
    const { coverage } = sweep({ from: 1, to: 60 }, (seed) => runElection(raftElection, { nodes: 5, seed }))
    const expected: CoverageMark[] = [
      'leader-elected',
      'leader-crashed',
      'leader-superseded',
      'leaderless-term',
      'crash-mid-broadcast',
      'message-of-a-former-life',
      'duplicate-delivered',
      'left-behind',
      'partition-majority-ring',
    ]
    for (const mark of expected)
      expect([mark, coverage[mark] ?? 0]).toEqual([mark, expect.toSatisfy((count) => count > 0)])
  })

  it('can be named for the faults that there are: what happens is possible, and what takes another fault is not', () => {
    expect(possibleMarks('detector', ['pause'])).toEqual([
      'left-behind',
      'pause',
      'false-suspicion',
      'suspicion-withdrawn',
      'own-stall-noticed',
    ])
    expect(possibleMarks('election', ['pause', 'clock-jump'])).toContain('clock-set-in-pause')
    for (const faults of [['pause'], ['crash-stop', 'delay'], ['partition', 'loss'], ['crash-recovery']] as const) {
      const { coverage } = sweep({ from: 1, to: 40 }, (seed) => runElection(raftElection, { nodes: 5, seed, faults }))
      const possible = possibleMarks('election', faults)
      expect(Object.keys(coverage).filter((mark) => !possible.includes(mark as CoverageMark))).toEqual([])
    }
  })

  it('marks what a run without faults does not have as not happened', () => {
    const { coverage } = runElection(raftElection, { nodes: 3, seed: 1, schedule: [] as ScheduledFault[] })
    expect(Object.keys(coverage).filter((mark) => /crash|restart|lost|cut|pause|duplicate|left/.test(mark))).toEqual([])
  })
})

describe('what a simulation marks', () => {
  it('are messages of a former life, second copies, and those into a partition', () => {
    const simulation = probes(3, {}, { links: { minDelayMs: 2, maxDelayMs: 2, duplication: 1 } })
    simulation.apply({ type: 'cut', from: ['n1'], to: ['n3'], shape: 'one-way' })
    simulation.request('n1', 'say', ({ env }) => env.send(['n2', 'n3'], note('a')))
    simulation.at(1, () => simulation.apply({ type: 'crash', node: 'n1' }))
    simulation.run(10)
    expect(simulation.marks.counts).toEqual({
      crash: 1,
      'duplicate-delivered': 1,
      'message-cut-off': 1,
      'message-of-a-former-life': 2,
      'partition-one-way': 1,
    })
  })

  it('are how processes crash and what their disks lose', () => {
    const simulation = probes(2, {})
    simulation.apply({ type: 'crash', node: 'n1', afterSends: 0 })
    simulation.request('n1', 'put and say', (each) => {
      each.put('key', 'value')
      each.env.send('n2', note('held until the write is durable'))
    })
    simulation.request('n2', 'put', (each) => void each.put('key', 'value'))
    simulation.apply({ type: 'crash', node: 'n2' })
    simulation.run(10)
    expect(simulation.marks.counts).toEqual({ crash: 2, 'crash-mid-broadcast': 1, 'writes-lost': 1 })
  })
})

describe('what becomes of leaders', () => {
  function watched() {
    const marks = new Marks()
    return { marks, leaders: new LeadershipMarks({ marks, incarnation: () => ({ incarnation: 2 }) }) }
  }

  it('is marked: superseded, crashed, handed over, terms without any', () => {
    const { marks, leaders } = watched()
    leaders.started('n1')
    leaders.indicated('n1', 'n1', term(1))
    leaders.started('n3')
    leaders.handsOver('n2')
    leaders.indicated('n2', 'n2', term(4))
    leaders.indicated('n1', 'n2', term(4))
    leaders.crashed('n1')
    leaders.crashed('n2')
    expect(marks.counts).toEqual({
      'hand-over': 1,
      'leader-crashed': 1,
      'leader-elected': 2,
      'leader-superseded': 1,
      'leaderless-term': 2,
      'restart-without-leader': 1,
    })
  })

  it('says nothing of terms in between where each has an owner', () => {
    const { marks, leaders } = watched()
    leaders.indicated('n1', 'n1', term(100, 'n1'))
    expect(marks.counts).toEqual({ 'leader-elected': 1 })
  })

  it('is marked where a follower refuses an append while others are under way', () => {
    const marks = new Marks()
    const pipelines = new PipelineMarks(marks)
    const state = (probing: boolean, count: number) => () => ({
      leadership: { followers: { n2: { probing, inflight: Array.from({ length: count }, () => ({})) } } },
    })
    const gets = (type: string, before: () => object, after: () => object) => {
      pipelines.receives('n1', { type }, before as never)
      pipelines.stepped('n1', after as never)
    }
    gets('conflict', state(false, 2), state(true, 1))
    expect(marks.counts).toEqual({ 'pipelined-append-refused': 1 })
    // A single one was not sent ahead; one that says nothing new changes nothing; and there is nothing that is refused.
    gets('conflict', state(false, 1), state(true, 1))
    gets('conflict', state(false, 2), state(false, 2))
    gets('appended', state(false, 2), state(true, 1))
    gets('conflict', () => ({ leadership: null }), state(true, 1))
    expect(marks.counts).toEqual({ 'pipelined-append-refused': 1 })
  })

  it('is marked of candidates: two at a time, and those who fail', () => {
    const marks = new Marks()
    const candidacies = new CandidacyMarks(marks)
    candidacies.stepped('n1', true, false)
    candidacies.stepped('n1', true, false)
    candidacies.stepped('n2', true, false)
    candidacies.stepped('n1', false, true)
    candidacies.stepped('n2', false, false)
    expect(marks.counts).toEqual({ 'candidacy-failed': 1, 'two-candidates': 1 })
  })
})
