/** What a node shows Prometheus: `quorate_<area>_<what>_<unit>`. Labels are bounded: by the members, by the kinds of verdict. */
import type { NodeId } from '@quorate/core'
import type { EventLoopHealthReport } from '@quorate/runtime'
import type { PeerStats } from '@quorate/transport-grpc'
import type { LogStats } from '@quorate/write-ahead-log'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { NodeEvent, NodeStatus, ReplicatedStatus } from './node-handle.js'

/** Where the figures come from. Everything but events is asked when somebody reads the metrics. */
export interface MetricsSource {
  status(): NodeStatus
  /** One entry for each peer; `undefined` before the transport runs. */
  transport(): readonly PeerStats[] | undefined
  log(): LogStats
  health(): EventLoopHealthReport
  onEvent(listener: (event: NodeEvent) => void): () => void
}

export interface Metrics {
  readonly contentType: string
  /** All metrics in Prometheus' text format, those of the process included. */
  text(): Promise<string>
}

/** The metrics of one node. It listens to the source's events from now on. */
export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry()
  const own = new Registering(registry)
  nodeMetrics(own, source)
  electionMetrics(own, source)
  detectorMetrics(own, source)
  voteMetrics(own, source)
  transportMetrics(own, source)
  logMetrics(own, source)
  replicationMetrics(own, source)
  eventLoopMetrics(own, source)
  const all = Registry.merge([registry, metricsOfProcess()])
  return { contentType: all.contentType, text: () => all.metrics() }
}

let ofProcess: Registry | undefined

/** One for all nodes in this process, since prom-client's observers of it cannot be taken back. */
function metricsOfProcess(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

/** A value, or one for each peer. */
type Reading = number | Iterable<readonly [NodeId, number | undefined]>

/** Registers metrics that are read when they are asked for. */
class Registering {
  readonly registry: Registry

  constructor(registry: Registry) {
    this.registry = registry
  }

  gauge(name: string, help: string, read: () => Reading): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['peer'],
      registers: [this.registry],
      collect: () =>
        set(
          read(),
          (value) => gauge.set(value),
          (peer, value) => gauge.set({ peer }, value),
        ),
    })
  }

  /** For a figure that the source counts itself: it only ever rises. */
  counted(name: string, help: string, read: () => Reading): void {
    const counter = new Counter({
      name,
      help,
      labelNames: ['peer'],
      registers: [this.registry],
      collect: () => {
        counter.reset()
        set(
          read(),
          (value) => counter.inc(value),
          (peer, value) => counter.inc({ peer }, value),
        )
      },
    })
  }

  counter<Label extends string = never>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }
}

function set(reading: Reading, one: (value: number) => void, ofPeer: (peer: NodeId, value: number) => void): void {
  if (typeof reading === 'number') return one(reading)
  for (const [peer, value] of reading) if (value !== undefined) ofPeer(peer, value)
}

function nodeMetrics(own: Registering, { status }: MetricsSource): void {
  const labelNames = ['node', 'cluster_id', 'version', 'failure_detector', 'election', 'agreement'] as const
  const info = new Gauge({
    name: 'quorate_node_info',
    help: 'Always 1; the labels say what runs',
    labelNames,
    registers: [own.registry],
    collect: () => {
      const { id, clusterId, version, algorithms } = status()
      const { failureDetector, election, agreement } = algorithms
      info.set({ node: id, cluster_id: clusterId, version, failure_detector: failureDetector, election, agreement }, 1)
    },
  })
  own.gauge('quorate_node_uptime_seconds', 'Time since this node was started', () => status().uptimeMs / 1000)
}

function electionMetrics(own: Registering, { status, onEvent }: MetricsSource): void {
  own.gauge('quorate_election_leader', '1 while this node takes itself for the leader', () =>
    Number(status().role === 'leader'),
  )
  own.gauge('quorate_election_has_leader', '1 while this node knows a leader', () =>
    Number(status().leader !== undefined),
  )
  own.gauge('quorate_election_term', "Number of this node's term", () => status().term.number)
  const changes = own.counter('quorate_election_leader_changes_total', 'Leaders that this node has begun to follow')
  onEvent((event) => {
    if (event.type === 'leader-changed' && event.leader !== undefined) changes.inc()
  })
}

function detectorMetrics(own: Registering, { status, onEvent }: MetricsSource): void {
  own.gauge(
    'quorate_detector_suspicion_ratio',
    'How strongly a peer is suspected: 0 just after a heartbeat, 1 at the threshold',
    () => status().peers.map(({ id, suspicion }) => [id, suspicion]),
  )
  own.gauge('quorate_detector_suspected', '1 while a peer is suspected', () =>
    status().peers.map(({ id, verdict }) => [id, Number(verdict !== undefined)]),
  )
  const suspicions = own.counter('quorate_detector_suspicions_total', 'Suspicions raised, by verdict', 'verdict')
  for (const verdict of ['gone', 'silent'] as const) suspicions.inc({ verdict }, 0)
  const mistakes = own.counter(
    'quorate_detector_mistakes_total',
    'Suspicions taken back although the peer is in the same life: it was slow, paused or cut off, and not dead',
  )
  const unsure = own.counter(
    'quorate_detector_unsure_total',
    'Times that this node stood still itself and accused nobody',
  )
  const lives = new Map<NodeId, number>()
  /** Suspected peers that have not been seen in a later life since. */
  const sameLife = new Set<NodeId>()
  onEvent((event) => {
    if (event.type === 'suspect') {
      suspicions.inc({ verdict: event.verdict })
      sameLife.add(event.peer)
    } else if (event.type === 'peer-connected') {
      const { id, incarnation } = event.peer
      if (lives.get(id) !== incarnation) sameLife.delete(id)
      lives.set(id, incarnation)
    } else if (event.type === 'restore') {
      if (sameLife.delete(event.peer)) mistakes.inc()
    } else if (event.type === 'unsure') {
      unsure.inc()
    }
  })
}

function voteMetrics(own: Registering, { onEvent }: MetricsSource): void {
  const opened = own.counter('quorate_votes_opened_total', 'Votes that this node has taken part in')
  const decided = own.counter('quorate_votes_decided_total', 'Votes whose decision this node has learnt')
  onEvent((event) => {
    if (event.type === 'vote-opened') opened.inc()
    else if (event.type === 'decided') decided.inc()
  })
}

function transportMetrics(own: Registering, { status, transport }: MetricsSource): void {
  own.gauge('quorate_transport_connected', '1 while this node is connected to a peer', () =>
    status().peers.map(({ id, connected }) => [id, Number(connected)]),
  )
  const peers = (read: (stats: PeerStats) => number | undefined) => (): Reading =>
    (transport() ?? []).map((stats) => [stats.peer, read(stats)] as const)
  const counted = (what: string, help: string, read: (stats: PeerStats) => number): void =>
    own.counted(`quorate_transport_${what}_total`, help, peers(read))
  counted('sent_messages', 'Messages sent to a peer', (stats) => stats.sentMessages)
  counted('sent_bytes', 'Bytes sent to a peer', (stats) => stats.sentBytes)
  counted('received_messages', 'Messages received from a peer', (stats) => stats.receivedMessages)
  counted('received_bytes', 'Bytes received from a peer', (stats) => stats.receivedBytes)
  counted('dropped_messages', 'Messages to a peer that were not sent', (stats) => stats.droppedMessages)
  counted('malformed_frames', 'Frames from a peer that were none', (stats) => stats.malformedFrames)
  counted('connects', 'Connections made to a peer', (stats) => stats.connects)
  counted('failed_attempts', 'Attempts to connect to a peer that failed', (stats) => stats.failedAttempts)
  own.gauge(
    'quorate_transport_queued_messages',
    'Messages that wait for a peer',
    peers((stats) => stats.queuedMessages),
  )
  own.gauge(
    'quorate_transport_queued_bytes',
    'Bytes that wait for a peer',
    peers((stats) => stats.queuedBytes),
  )
  own.gauge(
    'quorate_transport_round_trip_seconds',
    'Latest round trip to a peer',
    peers(({ roundTripMs }) => (roundTripMs === undefined ? undefined : roundTripMs / 1000)),
  )
}

function logMetrics(own: Registering, { log }: MetricsSource): void {
  own.gauge(
    'quorate_log_pending_bytes',
    'Bytes of the write-ahead log that are not durable yet',
    () => log().pendingBytes,
  )
  own.gauge('quorate_log_disk_bytes', 'Bytes of all segments of the write-ahead log', () => log().diskBytes)
  own.gauge('quorate_log_live_bytes', 'Bytes of them that are still needed', () => log().liveBytes)
  own.gauge('quorate_log_segments', 'Segments of the write-ahead log', () => log().segments)
  own.gauge('quorate_log_records', 'Records that the write-ahead log holds', () => log().records)
  own.counted(
    'quorate_log_syncs_total',
    'Batches that were given to the disk, each synced once, since the data folder is there',
    () => log().lastBatch,
  )
}

/** Without values where nothing is replicated. */
function replicationMetrics(own: Registering, { status }: MetricsSource): void {
  const gauge = (name: string, help: string, read: (replicated: ReplicatedStatus) => number | undefined): void =>
    own.gauge(name, help, () => {
      const { replicated } = status()
      const value = replicated && read(replicated)
      return value === undefined ? [] : value
    })
  const index = (name: string, help: string, which: 'lastIndex' | 'commitIndex' | 'appliedIndex'): void =>
    gauge(`quorate_replication_${name}_index`, help, (replicated) => replicated[which])
  index('last', 'Index of the last entry of the replicated log here', 'lastIndex')
  index('commit', 'Index up to which this node knows the log to be committed', 'commitIndex')
  index('applied', 'Index up to which this node has applied it', 'appliedIndex')
  gauge('quorate_kv_revision', 'Revision of the key-value store here', ({ revision }) => revision)
  gauge(
    'quorate_kv_bytes',
    'What the key-value store holds, with its history: the quota bounds it',
    ({ bytes }) => bytes,
  )
}

function eventLoopMetrics(own: Registering, { health }: MetricsSource): void {
  const seconds = (what: string, help: string, read: (report: EventLoopHealthReport) => number): void =>
    own.gauge(`quorate_event_loop_${what}_seconds`, help, () => read(health()) / 1000)
  seconds('delay_p50', 'Median of how much later than asked the event loop came round', (report) => report.delayP50Ms)
  seconds('delay_p99', '99th percentile of the same', (report) => report.delayP99Ms)
  seconds('delay_max', 'Longest of the same', (report) => report.delayMaxMs)
  seconds('longest_stall', 'Longest stall that made timers late', (report) => report.longestStallMs)
  own.counted('quorate_event_loop_stalls_total', 'Stalls that made timers late', () => health().stalls)
}
