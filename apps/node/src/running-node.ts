import {
  isQuorateError,
  QuorateError,
  type ErrorCode,
  type HostReport,
  type Incarnation,
  type NodeId,
  type PeerEvent,
  type ReplicatedLogDefinition,
} from '@quorate/core'
import { encodeCommand } from '@quorate/kv'
import { raftLog } from '@quorate/replication'
import { ProcessHost, type DataFolder } from '@quorate/runtime'
import { startGrpcTransport, type GrpcTransport, type TransportReport } from '@quorate/transport-grpc'
import { openWriteAheadLog, type WriteAheadLog } from '@quorate/write-ahead-log'
import { guarded } from './composition/guarded.js'
import { member, type Member, type MemberIndication, type Replicated } from './composition/member.js'
import type { EtcdServer } from '@quorate/etcd-api'
import { serveClients } from './client-server.js'
import { closeData } from './close-data.js'
import { controlService } from './control/control-service.js'
import { Control } from './gen/quorate/control/v1/control_pb.js'
import { createHttpServer, type HttpServer } from './http-server.js'
import { handOver } from './hand-over.js'
import { inTime } from './in-time.js'
import { createMetrics, type Metrics } from './metrics.js'
import { NodeEvents } from './node-events.js'
import type { NodeEvent, NodeHandle, NodeLogger, NodeOptions, NodeStatus, ReplicatedStatus } from './node-handle.js'
import type { NodeSettings } from './node-settings.js'
import { nodeStatus, replicatedStatus } from './node-status.js'
import type { OpenState } from './open-state.js'
import { StateAccess } from './state-access.js'
import { version } from './version.js'
import { VoteCalls } from './vote-calls.js'

const silent: NodeLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const defaultVoteTimeoutMs = 10_000
const defaultStopTimeoutMs = 3_000

/** A node in this process: its log, its host and its connections, wired. */
export class RunningNode implements NodeHandle {
  readonly name: NodeId
  readonly incarnation: number
  readonly clusterId: string
  readonly stopped: Promise<void>
  readonly #settings: NodeSettings
  readonly #options: NodeOptions
  readonly #folder: DataFolder
  readonly #log: WriteAheadLog
  readonly #host: ProcessHost<Member>
  readonly #events: NodeEvents
  readonly #logger: NodeLogger
  readonly #metrics: Metrics
  readonly #startedMs = performance.now()
  readonly #connected = new Map<NodeId, Incarnation>()
  readonly #voteCalls = new VoteCalls()
  readonly #state: OpenState | undefined
  readonly #access: StateAccess
  #transport: GrpcTransport | undefined
  #http: HttpServer | undefined
  #clients: EtcdServer | undefined
  #stopping: Promise<void> | undefined
  #failure: QuorateError | undefined
  #settleStopped: (failure: QuorateError | undefined) => void = () => {}

  /** Recovers what the log holds and constructs the member; nothing runs until `listen`. */
  constructor(settings: NodeSettings, options: NodeOptions, folder: DataFolder, state: OpenState | undefined) {
    this.name = settings.name
    this.incarnation = folder.incarnation
    this.clusterId = settings.clusterId
    this.#settings = settings
    this.#options = options
    this.#folder = folder
    this.#state = state
    this.#logger = options.logger ?? silent
    this.#events = new NodeEvents(settings.name, this.#logger)
    this.stopped = new Promise((resolve, reject) => {
      this.#settleStopped = (failure) => (failure === undefined ? resolve() : reject(failure))
    })
    // Whoever does not wait for the end must not be killed by how it ends.
    this.stopped.catch(() => {})
    this.#log = openWriteAheadLog(folder.disk, {
      onReport: (report) => {
        if (report.type === 'failed') this.#fail(report.error)
        else this.#logger.warn(report, `cut a write that a crash had left half done off ${report.file}`)
      },
    })
    this.#host = new ProcessHost<Member>({
      self: { id: settings.name, incarnation: folder.incarnation },
      stores: this.#log,
      clockBound: { wallErrorMs: settings.clockErrorMs, ratePpm: 1000 },
      protocol: member(
        {
          ...settings,
          failureDetector: guarded(settings.failureDetector),
          election: guarded(settings.election),
          agreement: guarded(settings.agreement),
          ...(options.voteValue !== undefined && { voteValue: options.voteValue }),
          ...(state !== undefined && { replicated: this.#replicated(state) }),
        },
        (indication) => this.#indicated(indication),
      ),
      transmit: (to, channel, payload) => this.#transport?.send(to, channel, payload),
      onReport: (report) => this.#reported(report),
      onFailure: (error) => this.#threw('QUORATE_PROTOCOL_FAILED', error),
    })
    this.#access = new StateAccess(settings.election, state, (action) =>
      this.#host.request((root) => root.state !== undefined && action(root.state)),
    )
    this.#metrics = createMetrics({
      status: () => this.status(),
      transport: () => this.#transport?.stats(),
      log: () => this.#log.stats(),
      health: () => this.#host.health(),
      onEvent: (listener) => this.onEvent(listener),
    })
  }

  /** Opens the ports, then starts the member. Leaves nothing open when it rejects. */
  async listen(): Promise<void> {
    const { clusterId, initialCluster, listenPeerUrls } = this.#settings
    const { peerTls, listenMetricsUrls = [] } = this.#options
    this.#transport = await startGrpcTransport({
      clusterId,
      self: { id: this.name, incarnation: this.incarnation },
      listenUrls: listenPeerUrls,
      peers: new Map(Object.entries(initialCluster)),
      ...(peerTls !== undefined && { tls: { clientCertAuth: true, ...peerTls } }),
      services: [
        { service: Control, implementation: controlService(Object.assign(this, { members: initialCluster })) },
      ],
      onMessage: (from, channel, payload) => this.#host.receive(from, channel, payload),
      onPeer: (event) => this.#peer(event),
      onReport: (report) => this.#reported(report),
    })
    try {
      this.#clients = await this.#serveClients()
      if (listenMetricsUrls.length > 0) {
        this.#http = await createHttpServer({
          urls: listenMetricsUrls,
          metrics: this.#metrics,
          onError: (error) => this.#logger.warn({ error: String(error) }, 'metrics: a request or a port failed'),
          checks: {
            log: () => (this.#failure === undefined ? undefined : this.#failure.message),
            leader: () => (this.election.leader === undefined ? 'no leader is known' : undefined),
            stopping: () => (this.#stopping === undefined ? undefined : 'the node stops'),
          },
        })
      }
      // The log failed before anything ran: what was opened since must not stay open.
      if (this.#failure !== undefined) throw this.#failure
    } catch (error) {
      await this.#clients?.stop(0)
      await this.#http?.close()
      await this.#transport.stop()
      throw error
    }
    this.#host.start()
    if (this.#failure !== undefined) await this.stopped
    this.#logger.info(
      {
        ...{ clusterId, incarnation: this.incarnation, version },
        ...{ peerUrls: this.peerUrls, clientUrls: this.clientUrls, metricsUrls: this.metricsUrls },
      },
      `${this.name} is ready`,
    )
  }

  async #serveClients(): Promise<EtcdServer | undefined> {
    const { listenClientUrls, initialCluster, requestTimeoutMs } = this.#settings
    const kv = this.#state?.kv
    if (kv === undefined || listenClientUrls.length === 0) return undefined
    return serveClients({
      node: {
        ...{ name: this.name, clusterId: this.clusterId, members: initialCluster, kv },
        requests: this.#access.requests,
        handOverMs: this.#handOverMs,
        leader: () => this.election.leader,
        term: () => this.election.term.number,
        replicated: () => replicatedStatus({ root: this.#host.root, kv }) as ReplicatedStatus,
        clientUrls: (member) => this.#host.root.attributes?.clientUrls(member) ?? [],
        transfer: (to) => this.#host.request(({ state }) => state?.log.transfer(to)),
        onEvent: (listener) => this.onEvent(listener),
      },
      urls: listenClientUrls,
      tls: this.#options.clientTls,
      requestTimeoutMs,
    })
  }

  /** How long another member has to take over: two round trips, a write, and some. */
  get #handOverMs(): number {
    return 6 * this.#settings.maxDelayMs
  }

  get peerUrls(): readonly string[] {
    return this.#transport?.urls ?? []
  }

  get clientUrls(): readonly string[] {
    return this.#clients?.urls ?? []
  }

  get metricsUrls(): readonly string[] {
    return this.#http?.urls ?? []
  }

  propose(command: Uint8Array): ReturnType<NodeHandle['propose']> {
    return this.#access.propose(command)
  }

  read(): ReturnType<NodeHandle['read']> {
    return this.#access.read()
  }

  get kv(): NodeHandle['kv'] {
    return this.#access.kv
  }

  readonly detector: NodeHandle['detector'] = {
    level: (peer) => this.#host.request((root) => root.detector.level(this.#requirePeer(peer))),
    verdict: (peer) => this.#host.request((root) => root.detector.verdict(this.#requirePeer(peer))),
  }

  readonly election: NodeHandle['election'] = this.#electionHandle()

  readonly votes: NodeHandle['votes'] = {
    call: async ({ timeoutMs = defaultVoteTimeoutMs } = {}) =>
      this.#voteCalls.wait(
        () => this.#host.request((root) => root.votes.call()),
        (vote) => this.#host.root.votes.decision(vote),
        timeoutMs,
      ),
    decision: (vote) => this.#host.root.votes.decision(vote),
  }

  status(): NodeStatus {
    return nodeStatus({
      settings: this.#settings,
      incarnation: this.incarnation,
      root: this.#host.root,
      kv: this.#state?.kv,
      connected: this.#connected,
      uptimeMs: performance.now() - this.#startedMs,
    })
  }

  metrics(): Promise<string> {
    return this.#metrics.text()
  }

  onEvent(listener: (event: NodeEvent) => void): () => void {
    return this.#events.on(listener)
  }

  stop({ timeoutMs = defaultStopTimeoutMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    return (this.#stopping ??= this.#stop(timeoutMs))
  }

  async #stop(timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs
    this.#events.emit({ type: 'stopping', reason: this.#failure?.message ?? 'asked to' })
    if (this.#failure === undefined) {
      const alone = (): boolean => this.#failure !== undefined || this.#connected.size === 0
      await handOver(this, deadlineMs, { waitMs: this.#handOverMs, alone, logger: this.#logger })
      await this.#clients?.stop(Math.max(100, deadlineMs - performance.now()))
      // What was written last must be durable, and so sent, before the host stops.
      await this.#written(deadlineMs)
      this.#host.stop()
    } else {
      this.#host.halt()
    }
    this.#voteCalls.stop()
    await this.#clients?.stop(0)
    await this.#http?.close()
    await this.#transport?.stop({ timeoutMs: Math.max(100, deadlineMs - performance.now()) })
    await this.#written(deadlineMs)
    await closeData({ state: this.#state, folder: this.#folder, logger: this.#logger }, deadlineMs)
    this.#logger.info({}, `${this.name} has stopped`)
    this.#settleStopped(this.#failure)
  }

  /** Resolves once everything is durable, or at `deadlineMs`. */
  async #written(deadlineMs: number): Promise<void> {
    await inTime(new Promise<void>((resolve) => this.#log.whenIdle(() => resolve())), deadlineMs)
  }

  #replicated({ machine }: OpenState): Replicated {
    const { requestTimeoutMs, advertiseClientUrls } = this.#settings
    return {
      log: raftLog as ReplicatedLogDefinition<unknown>,
      machine,
      requestTimeoutMs,
      clientUrls: advertiseClientUrls,
      failed: (error) => this.#threw('QUORATE_STATE_MACHINE_FAILED', error),
      forgotten: (witness) =>
        this.#fail({
          code: 'QUORATE_DATA_DIR_LOST',
          message:
            `the data folder of "${this.name}" is new, and "${witness}" knew "${this.name}" before: what it had promised is forgotten; ` +
            'put its old folder back, or begin a new cluster with empty folders and another --initial-cluster-token',
          data: { name: this.name, witness },
        }),
    }
  }

  /** What it is to be called if it says nothing itself: `code`. */
  #threw(code: ErrorCode, error: unknown): void {
    const { stack } = error instanceof Error ? (error.cause instanceof Error ? error.cause : error) : {}
    if (stack !== undefined) this.#logger.error({ stack }, 'it threw in a step')
    if (isQuorateError(error)) this.#fail(error)
    else this.#fail({ code, message: error instanceof Error ? error.message : String(error), data: {} })
  }

  /**
   * After a failed write nobody knows what the disk holds, and after a failed command what the state is: the node must not say another word
   * that relies on it.
   */
  #fail({ code, message, data }: Pick<QuorateError, 'code' | 'message' | 'data'>): void {
    this.#failure ??= new QuorateError(code, `${message}; the node stops, since it cannot keep its promises`, data)
    this.#logger.error({ code, ...data }, this.#failure.message)
    // Who waits is told; it sends nothing.
    this.#host.root.state?.stop()
    this.#host.halt()
    this.stop().catch((failure: unknown) =>
      this.#logger.error({ error: String(failure) }, 'could not stop in good order'),
    )
  }

  #electionHandle(): NodeHandle['election'] {
    const root = (): Member => this.#host.root
    const request = (action: (root: Member) => void): void => this.#host.request(action)
    return {
      get leader() {
        return root().election.leader
      },
      get term() {
        return root().election.term
      },
      stand: () => request((member) => member.election.stand()),
      resign: () => request((member) => member.election.resign()),
    }
  }

  #indicated(indication: MemberIndication): void {
    this.#events.emit(indication)
    if (indication.type === 'leader-changed' && indication.leader === this.name) this.#proposeQuota()
    if (indication.type === 'decided') this.#voteCalls.decided(indication.vote, indication.value)
  }

  /** A quota holds for all replicas alike, so it is a command. A leader that was started with another one proposes it. */
  #proposeQuota(): void {
    const { quotaBytes } = this.#options
    if (quotaBytes === undefined || this.#state?.kv === undefined || this.#state.kv.quotaBytes === quotaBytes) return
    this.#access.requests.propose(encodeCommand({ type: 'setQuota', bytes: quotaBytes }), (end) =>
      this.#logger.info({ quotaBytes, ...end }, `the quota is to be ${quotaBytes} bytes: ${end.outcome}`),
    )
  }

  #peer(event: PeerEvent): void {
    const { peer } = event
    if (event.type === 'connected') {
      this.#connected.set(peer.id, peer)
      this.#events.emit({ type: 'peer-connected', peer })
    } else {
      this.#connected.delete(peer.id)
      this.#events.emit({ type: 'peer-disconnected', peer, cause: event.cause })
    }
    this.#host.peer(event)
  }

  #reported(report: HostReport | TransportReport): void {
    const { message = `dropped a message: ${report.type}`, ...data } = { message: undefined, ...report }
    this.#logger.warn(data, message)
  }

  #requirePeer(peer: NodeId): NodeId {
    if (peer !== this.name && this.#settings.members.includes(peer)) return peer
    throw new QuorateError(
      'QUORATE_UNKNOWN_PEER',
      `"${peer}" is no peer of ${this.name}: ${this.#settings.members.join(', ')}`,
      { peer },
    )
  }
}
