import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { RemoteStatus } from '../src/control/control-client.js'
import { plainView } from '../src/demo/demo-view.js'
import { electionJson, electionText } from '../src/demo/election/election-report.js'
import { electionTable } from '../src/demo/election/election-table.js'
import type { ElectionDemo } from '../src/demo/election/play-election.js'
import { LiveView } from '../src/demo/live-view.js'
import type { NodeRow } from '../src/demo/node-table.js'
import type { ProcessState } from '../src/run/observations.js'
import { coloured, plain } from '../src/status/table.js'
import { Screen } from './support/screen.js'

const ids = ['n1', 'n2', 'n3']

function status(id: string, changes: Partial<RemoteStatus> = {}): RemoteStatus {
  return {
    id,
    incarnation: 1,
    clusterId: 'c',
    version: '0.1.0',
    role: id === 'n1' ? 'leader' : 'follower',
    leader: 'n1',
    term: { number: 3, id: 'n1' },
    peers: ids
      .filter((peer) => peer !== id)
      .map((peer) => ({ id: peer, connected: true, verdict: undefined, suspicion: 0.04 })),
    votes: [
      { vote: '1', value: 5, decision: 4 },
      { vote: '2', value: 5, decision: undefined },
    ],
    algorithms: { failureDetector: 'phi-accrual', election: 'timestamp', agreement: 'threshold' },
    uptimeMs: 1_000,
    replicated: undefined,
    members: {},
    ...changes,
  }
}

const row = (id: string, state: ProcessState = 'up', changes?: Partial<RemoteStatus>): NodeRow<RemoteStatus> => ({
  id,
  state,
  status: status(id, changes),
})

describe('the table of an election', () => {
  it('shows role, leader, last decision and the suspicion of each by each', () => {
    expect(electionTable.render([row('n1'), row('n2'), row('n3')], plain)).toBe(
      `${[
        'NODE  ROLE       LEADER  DECIDED  SUSPECTS n1  n2      n3',
        'n1    leader     n1      4        ·            0.04    0.04',
        'n2    follower   n1      4        0.04         ·       0.04',
        'n3    follower   n1      4        0.04         0.04    ·',
      ].join('\n')}\n`,
    )
  })

  it('shows who is suspected and why, who knows no leader, and which process does not run', () => {
    const peers = [
      { id: 'n1', connected: false, verdict: 'gone' as const, suspicion: 40 },
      { id: 'n3', connected: true, verdict: undefined, suspicion: 0.7 },
    ]
    const rows = [
      row('n1', 'down'),
      row('n2', 'up', { leader: undefined, role: 'candidate', peers, votes: [] }),
      row('n3', 'paused'),
    ]
    expect(electionTable.render(rows, plain).split('\n').slice(1, 4)).toEqual([
      'n1    killed     -       -        -            -       -',
      'n2    candidate  none    none     gone         ·       0.70',
      'n3    stopped    n1      4        0.04         0.04    ·',
    ])
  })

  it('of five nodes fits into 80 columns', () => {
    const five = ['n1', 'n2', 'n3', 'n4', 'n5']
    const peers = five.map((id) => ({ id, connected: true, verdict: 'silent' as const, suspicion: 9 }))
    const rows = five.map((id) => row(id, 'up', { peers: peers.filter((peer) => peer.id !== id), role: 'candidate' }))
    expect(
      Math.max(
        ...electionTable
          .render(rows, plain)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(80)
  })

  it('says that a process starts until it answers', () => {
    expect(electionTable.render([{ id: 'n1', state: 'up', status: undefined }], plain)).toContain('n1    starting')
  })
})

/** What the live view uses of a cluster. */
class FakeCluster {
  readonly nodes = ids
  readonly states = new Map<string, ProcessState>(ids.map((id) => [id, 'up']))
  readonly silent: string[] = []

  state(id: string): ProcessState {
    return this.states.get(id) ?? 'down'
  }

  client(id: string): { status: () => Promise<RemoteStatus> } {
    if (this.silent.includes(id)) throw new Error(`${id} has no connection`)
    return { status: () => Promise.resolve(status(id)) }
  }
}

async function watched(screen: Screen): Promise<void> {
  const cluster = new FakeCluster()
  const view = new LiveView(screen, coloured, electionTable)
  view.begin(cluster as never)
  await sleep(1)
  view.happened(100, 'all 3 nodes name n1 as leader')
  cluster.states.set('n1', 'down')
  view.happened(2_500, 'n1, the leader, is killed (SIGKILL)')
  await view.end()
}

describe('on a terminal', () => {
  it('a node that is back is asked again', async () => {
    const screen = new Screen(120, 40)
    const cluster = new FakeCluster()
    cluster.silent.push('n2')
    const view = new LiveView(screen, plain, electionTable)
    view.begin(cluster as never)
    await sleep(1)
    view.happened(1, 'n2 starts')
    expect(screen.lines.find((line) => line.startsWith('n2'))).toContain('starting')
    cluster.silent.pop()
    for (let tries = 0; tries < 200 && screen.lines.some((line) => line.includes('starting')); tries++) await sleep(10)
    expect(screen.lines.find((line) => line.startsWith('n2'))).toContain('follower')
    await view.end()
  })

  it('the timeline grows above a table that stays in its place', async () => {
    const screen = new Screen(120, 40)
    await watched(screen)
    expect(screen.lines.slice(0, 7)).toEqual([
      '   0.1 s  all 3 nodes name n1 as leader',
      '   2.5 s  n1, the leader, is killed (SIGKILL)',
      '',
      'NODE  ROLE       LEADER  DECIDED  SUSPECTS n1  n2      n3',
      'n1    killed     -       -        -            -       -',
      'n2    follower   n1      4        0.04         ·       0.04',
      'n3    follower   n1      4        0.04         0.04    ·',
    ])
    expect(screen.lines.filter((line) => line.startsWith('NODE'))).toHaveLength(1)
    expect(screen.cursorShown).toBe(true)
  })

  it.each([
    [40, 24],
    [30, 6],
    [120, 4],
  ])('of %d columns and %d rows nothing wraps or is drawn twice', async (columns, rows) => {
    const screen = new Screen(columns, rows)
    await watched(screen)
    expect(screen.lines.every((line) => line.length < columns)).toBe(true)
    expect(screen.lines.filter((line) => line.startsWith('NODE')).length).toBeLessThanOrEqual(1)
    expect(screen.lines.filter((line) => line.includes('2.5 s')).length).toBe(1)
  })
})

it('elsewhere every event is a line, without control characters', () => {
  let text = ''
  const view = plainView((part) => (text += part))
  view.begin({} as never)
  view.happened(812, 'all 5 nodes name n1 as leader')
  view.happened(12_345, 'n1 is started again')
  expect(text).toBe('   0.8 s  all 5 nodes name n1 as leader\n  12.3 s  n1 is started again\n')
})

describe('the report of an election', () => {
  const result: ElectionDemo = {
    nodes: 5,
    faults: [
      { fault: 'kill', node: 'n1', role: 'leader', detectedMs: 12, agreedMs: 420, leader: 'n2', recoveredMs: 1_300 },
      { fault: 'stop', node: 'n3', role: 'follower', detectedMs: 940, agreedMs: 0, leader: 'n2', recoveredMs: 80 },
    ],
    decisions: [{ vote: 'v', values: { n1: 5 }, value: 5, decidedMs: 30 }],
    agreement: false,
    differs: ['vote 1: n1 decided 5, n2 decided 7'],
    election: [{ about: 'at every instant', holds: undefined, says: 'always named the same' }],
    votes: [[{ about: 'consistency', holds: false, says: 'decided were 5 and 7' }]],
  }

  it('tells each fault with its times, and what differs', () => {
    expect(electionText(result).split('\n')).toEqual([
      '',
      'FAULT                  SUSPECTED BY ALL  AGREED ON A LEADER  GOT BACK',
      'n1, leader, killed     after 12 ms       on n2 after 420 ms  in 1.30 s',
      'n3, follower, stopped  after 940 ms      on n2 throughout    in 80 ms',
      '',
      '  · leader, at every instant: always named the same',
      '  ✗ vote 1, consistency: decided were 5 and 7',
      '    Told, not judged: who is down or has not heard yet differs from the rest.',
      '  differs: vote 1: n1 decided 5, n2 decided 7',
      '',
      'Not all agreed.',
    ])
  })

  it('of a demonstration that came to no fault shows the ends of logs and no empty table', () => {
    const stuck = {
      ...result,
      faults: [],
      differs: ['waited 15.00 s in vain until all agree'],
      logs: "The end of n1's log:\n  …",
    }
    expect(electionText(stuck).split('\n').slice(-7)).toEqual([
      '    Told, not judged: who is down or has not heard yet differs from the rest.',
      '  differs: waited 15.00 s in vain until all agree',
      '',
      "The end of n1's log:",
      '  …',
      '',
      'Not all agreed.',
    ])
    expect(electionText(stuck)).not.toContain('FAULT')
  })

  it('as JSON has the measurements', () => {
    expect(electionJson(result)).toEqual({
      nodes: 5,
      faults: result.faults,
      decisions: result.decisions,
      agreement: false,
      differs: result.differs,
    })
  })
})
