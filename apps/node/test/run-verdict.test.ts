import { describe, expect, it } from 'vitest'
import { judgeDetection } from '../src/run/detection-verdict.js'
import { Observations, type Observation } from '../src/run/observations.js'
import { judgeElection, judgeVote } from '../src/run/verdict.js'

const nodes = ['n1', 'n2', 'n3']

function observed(...seen: Observation[]): Observations {
  const observations = new Observations(nodes)
  for (const node of nodes) observations.record({ atMs: 0, node, type: 'process', state: 'up' })
  for (const each of seen) observations.record(each)
  return observations
}

const leads = (atMs: number, node: string, leader: string | undefined, number = 1): Observation => ({
  atMs,
  node,
  type: 'leader-changed',
  leader,
  term: { number, id: '' },
})
const down = (atMs: number, node: string): Observation => ({ atMs, node, type: 'process', state: 'down' })
const up = (atMs: number, node: string): Observation => ({ atMs, node, type: 'process', state: 'up' })
const opened = (node: string, value: number): Observation => ({ atMs: 1, node, type: 'vote-opened', vote: 'v', value })
const decided = (atMs: number, node: string, value: number): Observation => ({
  atMs,
  node,
  type: 'decided',
  vote: 'v',
  value,
})
const suspects = (atMs: number, node: string, peer: string): Observation => ({
  atMs,
  node,
  type: 'suspect',
  peer,
  verdict: 'silent',
  level: 1,
  silentMs: 1,
})

describe('the verdict on an election', () => {
  it('holds once all live nodes name the same living leader, and says since when', () => {
    const { agreed, consistent, differs, differing } = judgeElection(
      observed(leads(10, 'n1', 'n1'), leads(12, 'n2', 'n1'), leads(15, 'n3', 'n1')),
      100,
    )
    expect({ agreed, consistent, differs }).toEqual({
      agreed: { leader: 'n1', sinceMs: 15 },
      consistent: true,
      differs: [],
    })
    expect(differing).toEqual({ totalMs: 5, times: 1 })
  })

  it('does not hold when the leader that all name is down', () => {
    const { agreed, differs } = judgeElection(
      observed(leads(10, 'n1', 'n1'), leads(10, 'n2', 'n1'), leads(10, 'n3', 'n1'), down(50, 'n1')),
      100,
    )
    expect(agreed).toBeUndefined()
    expect(differs).toEqual([
      'at the end not all live nodes name the same living leader: n1 is down, n2 names n1, n3 names n1',
    ])
  })

  it('does not count what a process that ended had named', () => {
    const observations = observed(leads(10, 'n2', 'n2'), leads(10, 'n3', 'n2'), leads(10, 'n1', 'n3'), down(50, 'n1'))
    expect(judgeElection(observations, 100).agreed).toEqual({ leader: 'n2', sinceMs: 50 })
    observations.record(up(60, 'n1'))
    expect(judgeElection(observations, 100).agreed).toBeUndefined()
  })

  it('names the two nodes that named different leaders for one term', () => {
    const { consistent, differs } = judgeElection(
      observed(
        leads(10, 'n1', 'n1'),
        leads(11, 'n2', 'n2'),
        leads(12, 'n1', 'n2', 2),
        leads(12, 'n2', 'n2', 2),
        leads(12, 'n3', 'n2', 2),
      ),
      100,
    )
    expect(consistent).toBe(false)
    expect(differs).toEqual(['for term 1 n1 named n1, n2 named n2'])
  })

  it('finds a node that named two leaders for one term by itself', () => {
    const { consistent, differs } = judgeElection(
      observed(leads(10, 'n3', 'n1'), leads(11, 'n3', 'n2'), leads(11, 'n1', 'n1'), leads(12, 'n2', 'n1')),
      100,
    )
    expect(consistent).toBe(false)
    expect(differs).toContain('for term 1 n3 named n1, then n2')
  })

  it('adds up all times at which nodes differed', () => {
    const all = (atMs: number, leader: string, number: number): Observation[] =>
      nodes.map((node) => leads(atMs, node, leader, number))
    const { differing } = judgeElection(
      observed(
        leads(10, 'n1', 'n1'),
        leads(15, 'n2', 'n1'),
        leads(20, 'n3', 'n1'),
        down(50, 'n2'),
        up(80, 'n2'),
        ...all(85, 'n1', 2),
        leads(95, 'n3', undefined, 2),
      ),
      100,
    )
    expect(differing).toEqual({ totalMs: 10 + 35 + 5, times: 3 })
  })

  it('takes what was seen in the order of its times, not of its arrival', () => {
    const { agreed } = judgeElection(observed(leads(10, 'n1', 'n1'), leads(30, 'n2', 'n1'), leads(20, 'n3', 'n1')), 100)
    expect(agreed).toEqual({ leader: 'n1', sinceMs: 30 })
  })
})

describe('the verdict on a vote', () => {
  const entered = [opened('n1', 5), opened('n2', 9), opened('n3', 7)]

  it('holds once all live nodes decided the same value that some node had', () => {
    const { agreed, consistent, differs } = judgeVote(
      observed(...entered, down(2, 'n3'), decided(10, 'n1', 5), decided(20, 'n2', 5)),
      'v',
      100,
    )
    expect({ agreed, consistent, differs }).toEqual({ agreed: { value: 5, atMs: 20 }, consistent: true, differs: [] })
  })

  it.each<[title: string, seen: Observation[], differs: string[]]>([
    [
      'two nodes that decide differently',
      [decided(10, 'n1', 5), decided(11, 'n2', 7), decided(12, 'n3', 5)],
      ['n1 decided 5, n2 decided 7'],
    ],
    [
      'a node that decides twice',
      [decided(10, 'n1', 5), decided(11, 'n2', 5), decided(12, 'n3', 5), decided(13, 'n1', 9)],
      ['n1 decided 5, then 9'],
    ],
    [
      'a node that decides differently and crashes',
      [decided(10, 'n1', 9), down(11, 'n1'), decided(12, 'n2', 5), decided(12, 'n3', 5)],
      ['n1 decided 9, n2 decided 5'],
    ],
    [
      "a decision on nobody's value",
      [decided(10, 'n1', 4), decided(11, 'n2', 4), decided(12, 'n3', 4)],
      [
        "n1 decided 4, which was no node's value",
        "n2 decided 4, which was no node's value",
        "n3 decided 4, which was no node's value",
      ],
    ],
    ['a live node that never decides', [decided(10, 'n1', 5), decided(11, 'n2', 5)], ['n3 never decided']],
    ['that no node lives', [down(2, 'n1'), down(2, 'n2'), down(2, 'n3')], ['no node is left to decide']],
  ])('finds %s', (_title, seen, differs) => {
    const verdict = judgeVote(observed(...entered, ...seen), 'v', 100)
    expect(verdict.differs).toEqual(differs)
    expect(verdict.agreed).toBeUndefined()
  })
})

describe('the verdict on a detector', () => {
  it('tells how long it took until all live nodes suspected who was down', () => {
    const { holds, detections } = judgeDetection(
      observed(down(10, 'n3'), suspects(40, 'n1', 'n3'), suspects(55, 'n2', 'n3')),
    )
    expect(holds).toBe(true)
    expect(detections).toEqual([{ node: 'n3', atMs: 10, detectedMs: 45 }])
  })

  it('finds who is missed and who is accused although it lives', () => {
    const { holds, differs, detections } = judgeDetection(
      observed(down(10, 'n3'), suspects(40, 'n1', 'n3'), suspects(41, 'n1', 'n2')),
    )
    expect(holds).toBe(false)
    expect(differs).toEqual(['n2 trusts n3, which is down', 'n1 suspects n2, which lives'])
    expect(detections).toEqual([{ node: 'n3', atMs: 10, detectedMs: undefined }])
  })
})

describe('observations', () => {
  it('say when all live nodes named the same living leader, and when not', () => {
    const paused: Observation = { atMs: 40, node: 'n3', type: 'process', state: 'paused' }
    const agreements = observed(
      leads(10, 'n1', 'n1'),
      leads(10, 'n2', 'n1'),
      leads(20, 'n3', 'n1'),
      leads(30, 'n3', undefined),
      paused,
      down(50, 'n1'),
    ).agreements()
    expect(agreements).toEqual([
      { leader: 'n1', fromMs: 20, untilMs: 30 },
      { leader: 'n1', fromMs: 40, untilMs: 50 },
    ])
  })

  it('do not let a process that ended say anything more', () => {
    const observations = observed(down(50, 'n1'), leads(51, 'n1', 'n1'), suspects(52, 'n1', 'n2'))
    expect(observations.view('n1')).toMatchObject({ state: 'down', leader: undefined })
    expect(observations.view('n1').suspects.size).toBe(0)
  })
})
