import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { RemoteStatus } from '../src/control/control-client.js'
import { dataJson, dataText } from '../src/demo/data/data-report.js'
import { dataTable, type DataStatus } from '../src/demo/data/data-table.js'
import type { DataDemo } from '../src/demo/data/play-data.js'
import { WriteHistory } from '../src/demo/data/write-history.js'
import { LiveView } from '../src/demo/live-view.js'
import type { NodeRow } from '../src/demo/node-table.js'
import type { ProcessState } from '../src/run/observations.js'
import { plain } from '../src/status/table.js'
import { Screen } from './support/screen.js'

const ids = ['n1', 'n2', 'n3']

const status = (id: string, changes: Partial<DataStatus> = {}): DataStatus => ({
  id,
  incarnation: 1,
  clusterId: 'c',
  version: '0.1.0',
  role: id === 'n1' ? 'leader' : 'follower',
  leader: 'n1',
  term: { number: 12, id: '' },
  peers: ids
    .filter((peer) => peer !== id)
    .map((peer) => ({ id: peer, connected: true, verdict: undefined, suspicion: 0.04 })),
  votes: [],
  algorithms: { failureDetector: 'phi-accrual', election: 'raft', agreement: 'threshold' },
  uptimeMs: 1_000,
  replicated: { lastIndex: 9, commitIndex: 9, appliedIndex: 9, revision: 12_345, bytes: 1 },
  members: {},
  writesPerSecond: 812,
  ...changes,
})

const row = (id: string, state: ProcessState = 'up', changes?: Partial<DataStatus>): NodeRow<DataStatus> => ({
  id,
  state,
  status: status(id, changes),
})

describe('the table of nodes that keep data', () => {
  const table = dataTable(new WriteHistory(ids))

  it('shows how far each has come and how fast it serves its writer, and fits into 80 columns', () => {
    const rows = [
      row('n1', 'down'),
      row('n2', 'up', { role: 'candidate', leader: undefined, writesPerSecond: 0 }),
      row('n3', 'paused', { replicated: undefined }),
    ]
    const lines = table.render(rows, plain).trimEnd().split('\n')
    expect(lines).toEqual([
      'NODE  ROLE       LEADER  TERM  REVISION  WRITES/S  SUSPECTS n1  n2      n3',
      'n1    down       -       -     -         -         -            -       -',
      'n2    candidate  none    12    12345     0         0.04         ·       0.04',
      'n3    paused     n1      12    -         812       0.04         0.04    ·',
    ])
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80)
  })

  it('on a terminal is drawn from what nodes say and what their writers had acknowledged', async () => {
    const history = new WriteHistory(ids)
    for (let count = 0; count < 7; count++)
      history.acknowledge('n2', history.begin('n2'), performance.now(), performance.now())
    const answered = (id: string): RemoteStatus => status(id)
    const cluster = {
      nodes: ids,
      silent: [],
      state: () => 'up',
      client: (id: string) => ({ status: () => Promise.resolve(answered(id)) }),
    }
    const screen = new Screen(120, 40)
    const view = new LiveView(screen, plain, dataTable(history))
    view.begin(cluster as never)
    await sleep(1)
    view.happened(1_200, 'n1, the leader, is paused for 3 s (SIGSTOP)')
    await view.end()
    expect(screen.lines[0]).toBe('   1.2 s  n1, the leader, is paused for 3 s (SIGSTOP)')
    expect(screen.lines.slice(2, 6)).toEqual([
      'NODE  ROLE       LEADER  TERM  REVISION  WRITES/S  SUSPECTS n1  n2      n3',
      'n1    leader     n1      12    12345     0         ·            0.04    0.04',
      'n2    follower   n1      12    12345     7         0.04         ·       0.04',
      'n3    follower   n1      12    12345     0         0.04         0.04    ·',
    ])
  })
})

describe('the report of data', () => {
  const result: DataDemo = {
    holds: true,
    nodes: 3,
    faults: [
      {
        fault: 'kill',
        node: 'n1',
        unavailableMs: 93.456,
        laterUnavailableMs: 12,
        failedWrites: 0,
        leader: 'n2',
        recoveredMs: 1_300,
      },
      {
        fault: 'pause',
        node: 'n2',
        unavailableMs: 1_050,
        laterUnavailableMs: 12,
        failedWrites: 2,
        leader: 'n3',
        recoveredMs: 80,
      },
    ],
    revision: 4_711,
    acknowledged: 4_600,
    lost: 0,
    diverged: 0,
    failed: 120,
    failedButPresent: 3,
    differs: [],
  }

  it('says of each fault how long no write was acknowledged, and that nothing is lost', () => {
    expect(dataText(result).split('\n')).toEqual([
      '',
      'FAULT               NO WRITE    THEN AT MOST  FAILED  NEXT LEADER  GOT BACK',
      'n1, leader, killed  for 93 ms   for 12 ms     0       n2           in 1.30 s',
      'n2, leader, paused  for 1.05 s  for 12 ms     2       n3           in 80 ms',
      'No write: how long none was acknowledged, by a writer at each node that was not hit, until all of them went on;',
      'then, until the node was back. A write has failed when it was refused or its outcome is unknown.',
      '',
      '  ✓ durability: each of 4600 acknowledged writes is read back from all 3 nodes, linearizably and serializably',
      '  ✓ replicas: all nodes hold the same at revision 4711, by content and by hash',
      '  · 120 writes failed: their node did not run, or their outcome was unknown. Carried out all the same: 3.',
      '    They count neither as acknowledged nor as lost.',
      '',
      'Nothing that was acknowledged is lost.',
    ])
  })

  it('says what is lost and what differs', () => {
    const bad = { ...result, holds: false, lost: 2, diverged: 1, differs: ['demo/n1/000001 was acknowledged, and …'] }
    expect(dataText(bad).split('\n').slice(7)).toEqual([
      '  ✗ durability: 2 of 4600 acknowledged writes are not read back from all 3 nodes, linearizably and serializably',
      '  ✗ replicas: the nodes do not hold the same at revision 4711, by content and by hash: 1 differences',
      '  · 120 writes failed: their node did not run, or their outcome was unknown. Carried out all the same: 3.',
      '    They count neither as acknowledged nor as lost.',
      '  differs: demo/n1/000001 was acknowledged, and …',
      '',
      'Not all is as it has to be.',
    ])
  })

  it('as JSON has what was measured, in tenths of a millisecond', () => {
    expect(dataJson(result)).toEqual({
      nodes: 3,
      faults: [
        { fault: 'kill', unavailableMs: 93.5, failedWrites: 0 },
        { fault: 'pause', unavailableMs: 1_050, failedWrites: 2 },
      ],
      acknowledged: 4_600,
      lost: 0,
      diverged: 0,
    })
  })
})
