/**
 * The heartbeat protocol: every node tells every other, at fixed moments, that it is alive, and suspects whom it has not heard
 * for longer than an estimator finds ordinary.
 *
 * Heartbeats leave on an absolute schedule and carry their number, their time and how late they are. Those of an earlier life
 * and those overtaken by a newer one are dropped. A node that finds itself stalled reads what piled up, gives everyone time to
 * be heard again, and does not count the time that it was deaf as anybody's silence.
 *
 * Assumes     fair-lossy links; bounds on delay and on clock rates that hold from some time on; incarnations that rise.
 * Guarantees  strong completeness always; eventual strong accuracy once heartbeats come within the bound on detection time.
 * Costs       n − 1 messages of some 30 bytes for each node and interval.
 * Breaks      when bytes change on their way: a number from the future makes all that follow look stale. Run it over links
 *             that check what they carry.
 *
 * T. Chandra and S. Toueg, "Unreliable failure detectors for reliable distributed systems", Journal of the ACM 43(2), 1996.
 * W. Chen, S. Toueg and M. Aguilera, "On the quality of service of failure detectors", IEEE Transactions on Computers 51(5), 2002
 * (moments of sending, freshness by number).
 */
import {
  QuorateError,
  requireMembers,
  requireNumber,
  type Environment,
  type FailureDetector,
  type FailureDetectorIndication,
  type FailureDetectorOptions,
  type Incarnation,
  type Inspection,
  type NodeId,
  type PeerEvent,
  type Verdict,
} from '@quorate/core'
import type { Estimator } from './estimator.js'
import type { Heartbeat } from './heartbeat-message.js'
import { OwnStall } from './own-stall.js'
import { PeerRecord } from './peer-record.js'

/** A timer may run out this much early by rounding, in milliseconds. */
const roundingMs = 0.001

export class HeartbeatDetector implements FailureDetector<Heartbeat> {
  readonly #env: Environment<Heartbeat, FailureDetectorIndication>
  readonly #intervalMs: number
  readonly #detectionTimeMs: number
  readonly #peers: ReadonlyMap<NodeId, PeerRecord>
  readonly #peerIds: readonly NodeId[]
  readonly #own: OwnStall
  #startedAt = 0
  #sequence = 0
  /** When the timer `silence` runs out, at the latest. */
  #watchingUntil = Infinity

  /**
   * `newEstimator` is called for every life of every peer. Throws `QUORATE_INVALID_MEMBERS` or `QUORATE_INVALID_OPTION` for
   * members without this node, or a detection time of less than two intervals, which every single lost message would exceed.
   */
  constructor(
    env: Environment<Heartbeat, FailureDetectorIndication>,
    options: FailureDetectorOptions,
    newEstimator: () => Estimator,
  ) {
    const members = requireMembers(options.members, env.self.id)
    this.#intervalMs = requireNumber('heartbeatIntervalMs', options.heartbeatIntervalMs, { min: 1, max: 3_600_000 })
    this.#detectionTimeMs = requireNumber('detectionTimeMs', options.detectionTimeMs, {
      min: 2 * this.#intervalMs,
      max: 86_400_000,
    })
    this.#env = env
    this.#peerIds = members.filter((id) => id !== env.self.id)
    this.#peers = new Map(this.#peerIds.map((id) => [id, new PeerRecord(id, newEstimator)]))
    // A stall is a whole heartbeat missed; after it a live peer is heard within one interval, late by no more than another.
    this.#own = new OwnStall(this.#intervalMs, 2 * this.#intervalMs)
  }

  start(): void {
    const now = this.#env.clock.now()
    this.#startedAt = now
    this.#own.step(now)
    for (const peer of this.#peers.values()) {
      peer.begin(now)
      this.#watch(peer, now)
    }
    this.#beat(now)
  }

  receive(from: Incarnation, heartbeat: Heartbeat): void {
    const now = this.#awake()
    const peer = this.#peers.get(from.id)
    if (peer === undefined || this.#isPast(peer, from)) return
    this.#meet(peer, from)
    const clean = heartbeat.lateMs <= this.#intervalMs && now >= this.#own.graceUntil
    if (!peer.hear(now, this.#own.deafMs(now), from.incarnation, heartbeat, clean, this.#detectionTimeMs)) return
    if (peer.verdict !== undefined) {
      peer.restore(now)
      this.#env.indicate({ type: 'restore', peer: peer.id })
    }
    this.#watch(peer, now)
  }

  timeout(name: string): void {
    const now = this.#awake()
    if (name === 'heartbeat') this.#beat(now)
    else this.#judge(now)
  }

  peer(event: PeerEvent): void {
    const now = this.#awake()
    const peer = this.#peers.get(event.peer.id)
    if (peer === undefined || this.#isPast(peer, event.peer)) return
    this.#meet(peer, event.peer)
    if (event.type === 'connected') {
      peer.endedAt = Infinity
    } else if (event.cause === 'refused') {
      if (peer.verdict !== 'gone') this.#suspect(peer, now, 'gone')
    } else if (event.cause === 'ended') {
      peer.endedAt = now
      this.#watch(peer, now)
    }
    // A connection that timed out says nothing that the peer's silence does not say.
  }

  level(peer: NodeId): number {
    const record = this.#recordOf(peer)
    return record === undefined ? 0 : this.#levelOf(record, this.#env.clock.now())
  }

  verdict(peer: NodeId): Verdict | undefined {
    return this.#recordOf(peer)?.verdict
  }

  inspect(): Inspection {
    // As of the last step: a state that nothing has happened to reads the same.
    const now = this.#own.lastStepAt
    const deafMs = this.#own.deafMs(now)
    const peers: Record<NodeId, Inspection> = {}
    for (const [id, peer] of this.#peers) peers[id] = peer.inspect(now, deafMs)
    return { sequence: this.#sequence, stalls: this.#own.inspect(now), peers }
  }

  /** Sends the heartbeat that is due, one for all moments that were slept through, and sets the timer for the next. */
  #beat(now: number): void {
    const dueAt = this.#startedAt + this.#sequence * this.#intervalMs
    const lateMs = Math.max(0, now - dueAt)
    this.#sequence += 1 + Math.floor(lateMs / this.#intervalMs)
    this.#env.send(this.#peerIds, { type: 'heartbeat', sequence: this.#sequence, sentAtMs: now, lateMs })
    const nextAt = this.#startedAt + this.#sequence * this.#intervalMs
    this.#own.expect(nextAt)
    this.#env.timer('heartbeat', Math.max(0, nextAt - now))
  }

  /** Suspects whoever has been silent for too long, and sets the timer for the next who might be. */
  #judge(now: number): void {
    this.#watchingUntil = Infinity
    for (const peer of this.#peers.values()) {
      if (peer.verdict !== undefined) continue
      if (this.#suspectAt(peer, now) - now <= roundingMs) this.#suspect(peer, now, 'silent')
      else this.#watch(peer, now)
    }
  }

  /**
   * Makes sure that `peer` is looked at when it becomes suspect. A heartbeat puts that off, and leaves the timer alone: it looks
   * again when it runs out, once per silence and not once per message.
   */
  #watch(peer: PeerRecord, now: number): void {
    if (peer.verdict !== undefined) return
    const at = this.#suspectAt(peer, now)
    if (at >= this.#watchingUntil) return
    this.#watchingUntil = at
    this.#env.timer('silence', Math.max(0, at - now))
  }

  /** When `peer` becomes suspect unless it is heard before. */
  #suspectAt(peer: PeerRecord, now: number): number {
    const silentSince = now - peer.silentMs(now, this.#own.deafMs(now))
    const bySilence = silentSince + Math.min(peer.estimator.suspectAfterMs(), this.#detectionTimeMs)
    // After its connection ended, a live peer connects and sends anew: it has twice the time that this takes in calm.
    const byEnd = peer.endedAt + 2 * this.#intervalMs
    // Grace after a stall of our own is given once: a node that stalls again and again must judge by what it did hear.
    const { graceUntil, graceMs } = this.#own
    return Math.max(Math.min(bySilence, byEnd), Math.min(graceUntil, silentSince + this.#detectionTimeMs + graceMs))
  }

  #suspect(peer: PeerRecord, now: number, verdict: Verdict): void {
    peer.suspect(now, verdict)
    // Rounded, as logarithms may differ in their last digits between machines, and a run's record must not.
    const level = Math.round(this.#levelOf(peer, now) * 1e6) / 1e6
    const silentMs = peer.silentMs(now, this.#own.deafMs(now))
    this.#env.indicate({ type: 'suspect', peer: peer.id, verdict, level, silentMs })
  }

  #levelOf(peer: PeerRecord, now: number): number {
    const silentMs = peer.silentMs(now, this.#own.deafMs(now))
    const bySilence = Math.max(silentMs / this.#detectionTimeMs, peer.estimator.level(silentMs))
    return peer.verdict === undefined ? bySilence : Math.max(1, bySilence)
  }

  /** The time of this step, after finding out whether this node stood still before it. */
  #awake(): number {
    const now = this.#env.clock.now()
    const stalledMs = this.#own.step(now)
    if (stalledMs > 0) this.#env.indicate({ type: 'unsure', stalledMs })
    return now
  }

  /** Whether `life` is an earlier one than is known of `peer`: what it sent before it ended says nothing about the present. */
  #isPast(peer: PeerRecord, life: Incarnation): boolean {
    return peer.incarnation !== undefined && life.incarnation < peer.incarnation
  }

  /** Begins anew with `peer` when `life` is another than was known. */
  #meet(peer: PeerRecord, life: Incarnation): void {
    if (peer.incarnation === undefined || life.incarnation > peer.incarnation) peer.beginLife(life.incarnation)
  }

  #recordOf(peer: NodeId): PeerRecord | undefined {
    const record = this.#peers.get(peer)
    if (record === undefined && peer !== this.#env.self.id) {
      throw new QuorateError(
        'QUORATE_UNKNOWN_PEER',
        `${JSON.stringify(peer)} is not watched; name one of ${this.#peerIds.join(', ')}`,
        { peer, peers: this.#peerIds },
      )
    }
    return record
  }
}
