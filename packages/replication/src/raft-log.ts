/**
 * A replicated log: every node indicates the same commands in the same order, however nodes crash and messages are lost.
 *
 * Who leads is decided by an election of its own, which it carries as a child. The leader appends what is proposed on any node and
 * brings every follower's log level with its own; an entry is committed once a quorum holds it durably. Whoever holds a log that lacks
 * something committed is acknowledged by no quorum, so that every later leader has it.
 *
 * Assumes     an election that carries a log: durable terms, voters that compare log positions; fair-lossy links; crashes with recovery
 *             of what was durable; no bound on delays for safety.
 * Guarantees  election safety, leader append-only, log matching, leader completeness, state machine safety; linearizable read barriers;
 *             progress while a majority is live and connected.
 * Costs       for a batch of proposals one message to each follower and one back, and a message that tells of the commit; for a
 *             batch of reads as much again, without a disk.
 * Breaks      when a disk forgets what it reported durable.
 *
 * D. Ongaro and J. Ousterhout, "In search of an understandable consensus algorithm", USENIX ATC 2014; D. Ongaro, "Consensus: bridging
 * theory and practice", PhD thesis, Stanford, 2014.
 */
import {
  AT_ONCE,
  benignFaults,
  carriesNoLog,
  defineReplicatedLog,
  QuorateError,
  requireMembers,
  type ElectionIndication,
  type Environment,
  type Incarnation,
  type Inspection,
  type LogElection,
  type LogEntry,
  type LogPosition,
  type NodeId,
  type PeerEvent,
  type RejectionReason,
  type ReplicatedLog,
  type ReplicatedLogIndication,
  type ReplicatedLogOptions,
  type StoreError,
  type Term,
  type Verdict,
  type Write,
} from '@quorate/core'
import { abstraction } from './abstraction.js'
import { BarrierRequests } from './barrier-requests.js'
import { Follower } from './follower.js'
import { forge } from './forge.js'
import { LeaderRole } from './leader-role.js'
import { replicationLimits } from './limits.js'
import { Log } from './log.js'
import { inParts, replicationCodec, type Append, type Proposal, type ReplicationMessage } from './message.js'
import { Proposals } from './proposals.js'

type Message = ReplicationMessage

/** How long the fate of a proposal or a read may be unknown, in longest delays. */
const patience = 50

export class RaftLog implements ReplicatedLog<Message> {
  readonly #env: Environment<Message, ReplicatedLogIndication>
  readonly #members: readonly NodeId[]
  readonly #maxDelayMs: number
  readonly #election: LogElection<unknown>
  readonly #log: Log
  readonly #follower: Follower
  readonly #proposals: Proposals
  readonly #barriers: BarrierRequests
  readonly #leaderRole: LeaderRole
  readonly #suspected = new Set<NodeId>()
  /** How far the log is committed, as far as this node knows; what is not durable here is not indicated yet. */
  #committed: number
  /** How far it has been indicated. */
  #indicated: number

  constructor(env: Environment<Message, ReplicatedLogIndication>, options: ReplicatedLogOptions) {
    const { election, maxDelayMs, appliedIndex = 0 } = options
    this.#env = env
    this.#members = requireMembers(options.members, env.self.id)
    this.#maxDelayMs = maxDelayMs
    this.#log = new Log(env.store)
    this.#follower = new Follower(env.store, this.#log)
    if (appliedIndex > this.#log.lastIndex) {
      throw new QuorateError(
        'QUORATE_LOG_BEHIND_STATE',
        `the state has applied ${appliedIndex} entries, and the log holds only ${this.#log.lastIndex}: they do not belong together, or the log has lost entries; restore both from one backup`,
        { appliedIndex, lastIndex: this.#log.lastIndex },
      )
    }
    this.#committed = Math.max(appliedIndex, this.#log.firstIndex - 1)
    this.#indicated = appliedIndex
    this.#proposals = new Proposals((proposal, outcome) =>
      // It tells what the log says, and that is durable; a refusal is true whatever becomes of the log.
      this.#env.indicate({ type: 'proposal-ended', proposal, outcome }, AT_ONCE),
    )
    this.#barriers = new BarrierRequests({
      env,
      leader: () => this.#otherLeader,
      patienceMs: patience * maxDelayMs,
    })
    this.#election = this.#carry(election)
    this.#leaderRole = new LeaderRole({
      env,
      members: this.#members,
      maxDelayMs,
      election: this.#election,
      log: this.#log,
      commitIndex: () => this.#committed,
      committed: (index) => this.#commit(index),
      barriersEnded: (barriers, index) => this.#barriers.end(barriers, index),
    })
  }

  get leader(): NodeId | undefined {
    return this.#election.leader
  }

  get term(): Term {
    return this.#election.term
  }

  get commitIndex(): number {
    return this.#indicated
  }

  get position(): LogPosition {
    return this.#log.position
  }

  entry(index: number): LogEntry | undefined {
    return this.#log.entry(index)
  }

  start(): void {
    this.#log.synced(this.#env.store.durable)
    this.#indicate()
    this.#env.timer('heartbeat', this.#maxDelayMs)
  }

  propose(commands: readonly Uint8Array[]): number {
    const accepted: Proposal[] = []
    let first = 0
    for (const command of commands) {
      const sequence = this.#proposals.next()
      first ||= sequence
      const refusal = this.#refusal(command, this.#proposals.room - accepted.length)
      if (refusal === undefined) accepted.push({ sequence, command })
      else this.#proposals.refuse(sequence, refusal)
    }
    if (accepted.length > 0) this.#submit(accepted)
    return first
  }

  readBarrier(): number {
    return this.#barriers.add(this.#leaderRole.leading())
  }

  stand(): void {
    this.#election.stand()
  }

  transfer(to: NodeId): void {
    this.#leaderRole.transfer(to)
  }

  resign(): void {
    this.#leaderRole.resign(this.#suspected)
  }

  suspect(peer: NodeId, verdict: Verdict): void {
    this.#suspected.add(peer)
    this.#election.suspect(peer, verdict)
  }

  restore(peer: NodeId): void {
    this.#suspected.delete(peer)
    this.#election.restore(peer)
  }

  receive(from: Incarnation, message: Message): void {
    switch (message.type) {
      case 'append':
        this.#follow(from.id, message)
        return
      case 'commit':
        // This node acknowledged that much to the same leader, so that its log equals the leader's up to there.
        if (this.#election.follow(from.id, message.term))
          this.#commit(Math.min(message.commitIndex, this.#log.lastIndex))
        return
      case 'confirm':
        // It asserts no more than that this node has not acknowledged a newer leader, now.
        if (this.#election.follow(from.id, message.term)) {
          this.#env.send(from.id, { type: 'confirmed', term: message.term, round: message.round }, AT_ONCE)
        }
        return
      case 'appended':
      case 'conflict':
      case 'confirmed':
      case 'forward':
      case 'barrier':
        this.#leaderRole.receive(from, message)
        return
      case 'rejected':
        if (message.incarnation !== this.#env.self.incarnation) return
        for (const sequence of message.sequences) this.#proposals.reject(sequence, message.reason as RejectionReason)
        return
      case 'barrierEnded':
        if (message.incarnation !== this.#env.self.incarnation) return
        this.#barriers.answered(message.sequence, message.index)
    }
  }

  timeout(name: string): void {
    if (name === 'indicate') {
      this.#indicate()
      return
    }
    const nowMs = this.#env.clock.now()
    this.#leaderRole.heartbeat(nowMs)
    this.#proposals.expire(nowMs)
    this.#barriers.heartbeat(nowMs)
    this.#env.timer('heartbeat', this.#maxDelayMs)
  }

  written(write: Write, error?: StoreError): void {
    // The node is about to stop: nothing that it says from now on may rest on what its disk has lost.
    if (error !== undefined) return
    this.#log.synced(write)
    this.#leaderRole.leading()?.synced()
    this.#indicate()
  }

  peer(event: PeerEvent): void {
    if (event.type === 'connected') this.#leaderRole.leading()?.reconnected(event.peer.id)
  }

  inspect(): Inspection {
    return {
      ...this.#log.inspect(this.#env.store.durable),
      promised: { ...this.#election.promised },
      committed: this.#committed,
      indicated: this.#indicated,
      proposals: this.#proposals.inspect(),
      barriers: this.#barriers.inspect(),
      ...this.#leaderRole.inspect(),
      suspected: [...this.#suspected].sort(),
    }
  }

  /** Forgets the entries up to `through`, which every member has and the state machine has applied. */
  compact(through: number): void {
    this.#log.compact(Math.min(through, this.#indicated))
  }

  #carry(election: ReplicatedLogOptions['election']): LogElection<unknown> {
    if (!election.carriesLog) throw carriesNoLog(election)
    const options = { members: this.#members, maxDelayMs: this.#maxDelayMs, logPosition: () => this.#log.position }
    return this.#env.scope('election', {
      codec: election.codec,
      create: (env: Environment<unknown, ElectionIndication>) => election.create(env, options),
      listen: (indication: ElectionIndication) => this.#leaderChanged(indication),
    })
  }

  #leaderChanged({ leader, term }: ElectionIndication): void {
    this.#leaderRole.leaderChanged(leader, term)
    this.#env.indicate({ type: 'leader-changed', leader, term }, AT_ONCE)
    // Proposals are not asked again of the new leader, since they may be in its log.
    this.#barriers.leaderChanged(leader)
  }

  #refusal(command: Uint8Array, room: number): RejectionReason | undefined {
    if (command.length > replicationLimits.maxCommandBytes) return 'too-large'
    if (room <= 0) return 'overloaded'
    const leads = this.#leaderRole.leading() !== undefined
    if (this.#leaderRole.handsOver || (!leads && this.#otherLeader === undefined)) return 'no-leader'
    return undefined
  }

  /** Whom to forward to. */
  get #otherLeader(): NodeId | undefined {
    const { leader } = this
    return leader === this.#env.self.id ? undefined : leader
  }

  #submit(proposals: readonly Proposal[]): void {
    const expiresAtMs = this.#env.clock.now() + patience * this.#maxDelayMs
    const leadership = this.#leaderRole.leading()
    const term = leadership?.term ?? this.term
    for (const { sequence } of proposals) this.#proposals.add(sequence, expiresAtMs, term)
    if (leadership !== undefined) {
      for (const { sequence } of leadership.propose(this.#env.self, proposals)) {
        this.#proposals.reject(sequence, 'overloaded')
      }
      leadership.replicate()
      return
    }
    const leader = this.#otherLeader
    if (leader === undefined) return
    const { incarnation } = this.#env.self
    for (const part of inParts(proposals, replicationLimits.maxAppendBytes)) {
      // The client's own word, not this node's: nothing here needs to be durable before it.
      this.#env.send(leader, { type: 'forward', term, incarnation, proposals: part }, AT_ONCE)
    }
  }

  #follow(leader: NodeId, message: Append): void {
    if (leader === this.#env.self.id || !this.#election.follow(leader, message.term)) return
    const answer = this.#follower.receive(message, this.#committed)
    if (answer === undefined) return
    this.#env.send(leader, answer)
    if (answer.type === 'appended') this.#commit(Math.min(message.commitIndex, answer.matchIndex))
  }

  #commit(index: number): void {
    this.#committed = Math.max(this.#committed, index)
    this.#indicate()
  }

  /**
   * Indicates what is committed and durable here, a bounded part in a step: a state that is far behind must hold up nothing else. What is
   * committed only elsewhere could be lost here, and its effects not.
   */
  #indicate(): void {
    const through = Math.min(this.#committed, this.#log.durableIndex)
    if (this.#indicated >= through) return
    const { id, incarnation } = this.#env.self
    const entries = this.#log.entries(this.#indicated + 1, through, replicationLimits.maxCommittedBytes)
    this.#indicated += entries.length
    // They are durable, which is all that they wait for; entries written since need not be.
    this.#env.indicate({ type: 'committed', entries }, AT_ONCE)
    for (const { index, term, origin } of entries) {
      if (origin === undefined) this.#proposals.superseded(term)
      else if (origin.proposer === id && origin.incarnation === incarnation) {
        this.#proposals.committed(origin.sequence, index, term)
      }
    }
    if (this.#indicated < through) this.#env.timer('indicate', 0)
  }
}

export const raftLog = defineReplicatedLog<Message>({
  name: 'raft-log',
  family: 'rounds',
  synchrony: 'partially-synchronous',
  tolerates: benignFaults,
  resilience: (n) => Math.floor((n - 1) / 2),
  guarantees: [
    'election-safety',
    'leader-append-only',
    'log-matching',
    'leader-completeness',
    'state-machine-safety',
    'linearizable-reads',
    'progress',
  ],
  counterexamples: [
    { fault: 'excess-faults', breaks: 'progress' },
    { fault: 'lost-write', breaks: 'state-machine-safety' },
    { fault: 'byzantine', breaks: 'log-matching' },
  ],
  abstraction,
  codec: replicationCodec,
  forge,
  // The election, a conflict or two on the way to the point where logs part, and the entries themselves, each a round trip and a
  // heartbeat at worst.
  commitsWithinMs: ({ election, members, maxDelayMs }) =>
    election.agreesWithinMs({ members, maxDelayMs }) + 40 * maxDelayMs,
  create: (env, options) => new RaftLog(env, options),
})
