import type { PeerStats } from '@quorate/transport-grpc'
import { describe, expect, it } from 'vitest'
import { createMetrics, type MetricsSource } from '../src/metrics.js'
import type { NodeEvent, NodeStatus } from '../src/node-handle.js'

const status: NodeStatus = {
  id: 'n1',
  incarnation: 1,
  clusterId: 'c0ffee',
  version: '0.1.0',
  role: 'leader',
  leader: 'n1',
  term: { number: 7, id: 'n1' },
  peers: [
    { id: 'n2', connected: true, verdict: undefined, suspicion: 0.25 },
    { id: 'n3', connected: false, verdict: 'gone', suspicion: 12 },
  ],
  votes: [],
  algorithms: { failureDetector: 'phi-accrual', election: 'timestamp', agreement: 'threshold' },
  uptimeMs: 1500,
  replicated: undefined,
}

const peer: PeerStats = {
  peer: 'n2',
  state: 'connected',
  incarnation: 4,
  incoming: true,
  sentMessages: 10,
  sentFrames: 5,
  sentBytes: 1000,
  receivedMessages: 11,
  receivedFrames: 6,
  receivedBytes: 1100,
  droppedMessages: 2,
  malformedFrames: 0,
  queuedMessages: 3,
  queuedBytes: 300,
  connects: 1,
  failedAttempts: 4,
  roundTripMs: 2,
  lastError: undefined,
}

function watched(source: Partial<MetricsSource> = {}) {
  const listeners: ((event: NodeEvent) => void)[] = []
  const metrics = createMetrics({
    status: () => status,
    transport: () => [peer, { ...peer, peer: 'n3', roundTripMs: undefined }],
    log: () => ({
      segments: 2,
      diskBytes: 4096,
      liveBytes: 100,
      records: 0,
      pendingBytes: 64,
      cachedBytes: 0,
      lastBatch: 9,
    }),
    health: () => ({ delayP50Ms: 1, delayP99Ms: 20, delayMaxMs: 50, stalls: 3, longestStallMs: 400 }),
    onEvent: (listener) => {
      listeners.push(listener)
      return () => {}
    },
    ...source,
  })
  return {
    emit(...events: object[]): void {
      for (const event of events) {
        for (const listener of listeners) listener({ atMs: 0, node: 'n1', ...event } as NodeEvent)
      }
    },
    /** The samples of a metric, by their labels as Prometheus writes them. */
    async samples(name: string): Promise<Record<string, number>> {
      const samples = (await metrics.text())
        .split('\n')
        .map((line) => /^(?<name>\w+)(?<labels>\{.*\})? (?<value>\S+)$/.exec(line)?.groups ?? {})
      return Object.fromEntries(
        samples.filter((sample) => sample['name'] === name).map(({ labels = '', value }) => [labels, Number(value)]),
      )
    },
  }
}

describe('metrics', () => {
  it('say what runs, who leads, and how strongly each peer is suspected', async () => {
    const { samples } = watched()
    expect(await samples('quorate_node_info')).toEqual({
      '{node="n1",cluster_id="c0ffee",version="0.1.0",failure_detector="phi-accrual",election="timestamp",agreement="threshold"}': 1,
    })
    expect(await samples('quorate_election_leader')).toEqual({ '': 1 })
    expect(await samples('quorate_election_has_leader')).toEqual({ '': 1 })
    expect(await samples('quorate_election_term')).toEqual({ '': 7 })
    expect(await samples('quorate_detector_suspicion_ratio')).toEqual({ '{peer="n2"}': 0.25, '{peer="n3"}': 12 })
    expect(await samples('quorate_detector_suspected')).toEqual({ '{peer="n2"}': 0, '{peer="n3"}': 1 })
  })

  it('say that a follower does not lead, and that none does', async () => {
    const { samples } = watched({ status: () => ({ ...status, role: 'candidate', leader: undefined }) })
    expect(await samples('quorate_election_leader')).toEqual({ '': 0 })
    expect(await samples('quorate_election_has_leader')).toEqual({ '': 0 })
  })

  it('have the counters of the transport as they are, however often they are read', async () => {
    const { samples } = watched()
    for (const _reading of [1, 2]) {
      expect(await samples('quorate_transport_sent_messages_total')).toEqual({ '{peer="n2"}': 10, '{peer="n3"}': 10 })
    }
    expect(await samples('quorate_transport_round_trip_seconds')).toEqual({ '{peer="n2"}': 0.002 })
  })

  it('can be read before the transport runs', async () => {
    const { samples } = watched({ transport: () => undefined })
    expect(await samples('quorate_transport_sent_messages_total')).toEqual({})
  })

  it('have the figures of the log and of the event loop, in bytes and seconds', async () => {
    const { samples } = watched()
    expect(await samples('quorate_log_pending_bytes')).toEqual({ '': 64 })
    expect(await samples('quorate_log_syncs_total')).toEqual({ '': 9 })
    expect(await samples('quorate_event_loop_delay_p99_seconds')).toEqual({ '': 0.02 })
    expect(await samples('quorate_event_loop_stalls_total')).toEqual({ '': 3 })
  })

  it('say how far what is replicated has come, and nothing where nothing is', async () => {
    const replicated = { lastIndex: 9, commitIndex: 8, appliedIndex: 7, revision: 5, bytes: 100 }
    const { samples } = watched({ status: () => ({ ...status, replicated }) })
    expect(await samples('quorate_replication_last_index')).toEqual({ '': 9 })
    expect(await samples('quorate_replication_commit_index')).toEqual({ '': 8 })
    expect(await samples('quorate_replication_applied_index')).toEqual({ '': 7 })
    expect(await samples('quorate_kv_revision')).toEqual({ '': 5 })
    expect(await watched().samples('quorate_kv_bytes')).toEqual({})
  })

  it('count leaders, suspicions by verdict, and votes', async () => {
    const { emit, samples } = watched()
    expect(await samples('quorate_detector_suspicions_total')).toEqual({
      '{verdict="gone"}': 0,
      '{verdict="silent"}': 0,
    })
    emit(
      { type: 'leader-changed', leader: undefined },
      { type: 'leader-changed', leader: 'n2' },
      { type: 'suspect', peer: 'n2', verdict: 'silent' },
      { type: 'unsure', stalledMs: 300 },
      { type: 'vote-opened', vote: 'v', value: 3 },
      { type: 'decided', vote: 'v', value: 3 },
    )
    expect(await samples('quorate_election_leader_changes_total')).toEqual({ '': 1 })
    expect(await samples('quorate_detector_suspicions_total')).toEqual({
      '{verdict="gone"}': 0,
      '{verdict="silent"}': 1,
    })
    expect(await samples('quorate_detector_unsure_total')).toEqual({ '': 1 })
    expect(await samples('quorate_votes_opened_total')).toEqual({ '': 1 })
    expect(await samples('quorate_votes_decided_total')).toEqual({ '': 1 })
  })

  it('count a suspicion as a mistake when it is taken back in the same life of the peer', async () => {
    const { emit, samples } = watched()
    const life = (incarnation: number): object => ({ type: 'peer-connected', peer: { id: 'n2', incarnation } })
    const suspect = { type: 'suspect', peer: 'n2', verdict: 'silent' }
    const restore = { type: 'restore', peer: 'n2' }
    emit(life(1), suspect, restore)
    expect(await samples('quorate_detector_mistakes_total')).toEqual({ '': 1 })
    emit(suspect, life(1), restore)
    expect(await samples('quorate_detector_mistakes_total')).toEqual({ '': 2 })
    emit(suspect, life(2), restore)
    expect(await samples('quorate_detector_mistakes_total')).toEqual({ '': 2 })
  })

  it('include those of the process, also with several nodes in it', async () => {
    const [one, other] = [watched(), watched()]
    for (const { samples } of [one, other]) {
      expect(Object.keys(await samples('process_start_time_seconds'))).toHaveLength(1)
    }
  })
})
