import {
  QuorateError,
  type HostReport,
  type Incarnation,
  type NodeId,
  type PeerEvent,
  type StoreError,
} from '@quorate/core'
import { ProcessHost, type DataFolder } from '@quorate/runtime'
import { startGrpcTransport, type GrpcTransport, type TransportReport } from '@quorate/transport-grpc'
import { openWriteAheadLog, type WriteAheadLog } from '@quorate/write-ahead-log'
import { member, type Member, type MemberIndication } from './composition/member.js'
import { maxVotes } from './composition/votes.js'
import { controlService } from './control/control-service.js'
import { Control } from './gen/quorate/control/v1/control_pb.js'
import { createHttpServer, type HttpServer } from './http-server.js'
import { createMetrics, type Metrics } from './metrics.js'
import { NodeEvents } from './node-events.js'
import type { NodeEvent, NodeHandle, NodeLogger, NodeOptions, NodeStatus, VoteOutcome } from './node-handle.js'
import type { NodeSettings } from './node-settings.js'
import { version } from './version.js'

const silent: NodeLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const defaultVoteTimeoutMs = 10_000
const defaultStopTimeoutMs = 3_000

/** Waits for the decision of a vote that was called here. */
interface Waiter {
  readonly decided: (value: number) => void
  readonly stopped: () => void
}

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
  readonly #waiters = new Map<string, Waiter>()
  #transport: GrpcTransport | undefined
  #http: HttpServer | undefined
  #stopping: Promise<void> | undefined
  #failure: QuorateError | undefined
  #settleStopped: (failure: QuorateError | undefined) => void = () => {}

  /** Recovers what the log holds and constructs the member; nothing runs until `listen`. */
  constructor(settings: NodeSettings, options: NodeOptions, folder: DataFolder) {
    this.name = settings.name
    this.incarnation = folder.incarnation
    this.clusterId = settings.clusterId
    this.#settings = settings
    this.#options = options
    this.#folder = folder
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
        { ...settings, ...(options.voteValue !== undefined && { voteValue: options.voteValue }) },
        (indication) => this.#indicated(indication),
      ),
      transmit: (to, channel, payload) => this.#transport?.send(to, channel, payload),
      onReport: (report) => this.#reported(report),
    })
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
    } catch (error) {
      await this.#transport.stop()
      throw error
    }
    if (this.#failure !== undefined) {
      // The log failed before anything ran: what was opened since must not stay open.
      await this.#http?.close()
      await this.#transport.stop()
      throw this.#failure
    }
    this.#host.start()
    this.#logger.info(
      { clusterId, incarnation: this.incarnation, peerUrls: this.peerUrls, metricsUrls: this.metricsUrls, version },
      `${this.name} is ready`,
    )
  }

  get peerUrls(): readonly string[] {
    return this.#transport?.urls ?? []
  }

  get metricsUrls(): readonly string[] {
    return this.#http?.urls ?? []
  }

  readonly detector: NodeHandle['detector'] = {
    level: (peer) => this.#host.request((root) => root.detector.level(this.#requirePeer(peer))),
    verdict: (peer) => this.#host.request((root) => root.detector.verdict(this.#requirePeer(peer))),
  }

  readonly election: NodeHandle['election'] = this.#electionHandle()

  readonly votes: NodeHandle['votes'] = {
    call: (options) => this.#callVote(options?.timeoutMs ?? defaultVoteTimeoutMs),
    decision: (vote) => this.#host.root.votes.decision(vote),
  }

  status(): NodeStatus {
    const { members, failureDetector, election, agreement } = this.#settings
    const { leader, term } = this.#host.root.election
    return {
      id: this.name,
      incarnation: this.incarnation,
      clusterId: this.clusterId,
      version,
      role: leader === this.name ? 'leader' : leader === undefined ? 'candidate' : 'follower',
      leader,
      term,
      peers: members
        .filter((id) => id !== this.name)
        .map((id) => ({
          id,
          connected: this.#connected.has(id),
          verdict: this.#host.root.detector.verdict(id),
          suspicion: this.#host.root.detector.level(id),
        })),
      votes: this.#host.root.votes.list(),
      algorithms: { failureDetector: failureDetector.name, election: election.name, agreement: agreement.name },
      uptimeMs: performance.now() - this.#startedMs,
    }
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
      // What the resignation writes must be durable, and so sent, before the host stops.
      try {
        this.#host.request((root) => root.election.resign())
      } catch (error) {
        this.#logger.error({ error: String(error) }, 'the election threw when it was to resign')
      }
      await this.#written(deadlineMs)
      this.#host.stop()
    } else {
      this.#host.halt()
    }
    for (const waiter of this.#waiters.values()) waiter.stopped()
    await this.#http?.close()
    await this.#transport?.stop({ timeoutMs: Math.max(100, deadlineMs - performance.now()) })
    await this.#written(deadlineMs)
    await this.#closed(deadlineMs)
    this.#logger.info({}, `${this.name} has stopped`)
    this.#settleStopped(this.#failure)
  }

  /** Closes the data folder. A disk that hangs holds it until the process ends: nobody else may have it before. */
  async #closed(deadlineMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), Math.max(100, deadlineMs - performance.now()))
    })
    const ended = await Promise.race([this.#folder.close(), late])
    clearTimeout(timer)
    if (ended === 'late') this.#logger.error({}, 'the disk hangs: the data folder stays locked until this process ends')
  }

  /** Resolves once everything is durable, or at `deadlineMs`. */
  #written(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, deadlineMs - performance.now()))
      this.#log.whenIdle(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** After a failed write nobody knows what the disk holds: the node must not say another word that relies on it. */
  #fail(error: StoreError): void {
    this.#failure ??= new QuorateError(
      error.code,
      `${error.message}; the node stops, since it cannot keep its promises`,
      error.data,
    )
    this.#logger.error({ code: error.code, ...error.data }, this.#failure.message)
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

  async #callVote(timeoutMs: number): Promise<VoteOutcome> {
    if (this.#waiters.size >= maxVotes) {
      throw new QuorateError('QUORATE_OVERLOADED', `${maxVotes} votes wait for their decisions; wait for one of them`, {
        maxVotes,
      })
    }
    const vote = this.#host.request((root) => root.votes.call())
    return new Promise((resolve) => {
      const end = (outcome: VoteOutcome): void => {
        clearTimeout(timer)
        this.#waiters.delete(vote)
        resolve(outcome)
      }
      const timer = setTimeout(
        () => end({ outcome: 'undecided', vote, reason: `not decided within ${timeoutMs} ms` }),
        timeoutMs,
      )
      this.#waiters.set(vote, {
        decided: (value) => end({ outcome: 'decided', vote, value }),
        stopped: () => end({ outcome: 'undecided', vote, reason: 'the node stopped' }),
      })
      const decision = this.#host.root.votes.decision(vote)
      if (decision !== undefined) end({ outcome: 'decided', vote, value: decision })
    })
  }

  #indicated(indication: MemberIndication): void {
    this.#events.emit(indication)
    if (indication.type === 'decided') this.#waiters.get(indication.vote)?.decided(indication.value)
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
