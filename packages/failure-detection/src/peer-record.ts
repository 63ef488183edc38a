import type { Inspection, NodeId, Verdict } from '@quorate/core'
import type { Estimator } from './estimator.js'
import type { Heartbeat } from './heartbeat-message.js'
import { SuspicionQuality } from './suspicion-quality.js'

/** What a node knows of one peer. Times are by this node's monotonic clock, in milliseconds. */
export class PeerRecord {
  readonly id: NodeId
  readonly quality = new SuspicionQuality()
  estimator: Estimator
  verdict: Verdict | undefined
  /** The newest life of the peer that is known of, by a heartbeat or a connection. */
  incarnation: number | undefined
  /** When its connection ended without the port being asked, unless it was heard or connected again since. */
  endedAt = Infinity
  readonly #newEstimator: () => Estimator
  /** The life whose heartbeat came last; none of the present one yet when undefined. */
  #heardIncarnation: number | undefined
  #suspectedIncarnation: number | undefined
  #sequence = 0
  #heardAt = 0
  /** How long this node had been deaf, all in all, when it last heard the peer. */
  #deafMs = 0
  /** Whether the last heartbeat may begin a gap that says something about peer and link. */
  #clean = false
  #sentAtMs = 0
  #senderLateMs = 0
  #jitterMs = 0

  constructor(id: NodeId, newEstimator: () => Estimator) {
    this.id = id
    this.#newEstimator = newEstimator
    this.estimator = newEstimator()
  }

  /** Silence counts from here: nobody is suspected for what this node was not there to hear. */
  begin(now: number): void {
    this.#heardAt = now
    this.quality.begin(now)
  }

  /** A life is over and another has begun: nothing learnt about the old one holds for it. */
  beginLife(incarnation: number): void {
    this.incarnation = incarnation
    this.estimator = this.#newEstimator()
    this.endedAt = Infinity
    this.#heardIncarnation = undefined
    this.#sequence = 0
    this.#clean = false
    this.#jitterMs = 0
  }

  /** Takes a heartbeat in; false when it is no newer than one heard before. `clean`: nobody stalled. */
  hear(
    now: number,
    deafMs: number,
    incarnation: number,
    heartbeat: Heartbeat,
    clean: boolean,
    longestGapMs: number,
  ): boolean {
    if (heartbeat.sequence <= this.#sequence) return false
    const gapMs = now - this.#heardAt
    if (clean && this.#clean) {
      // A longer gap was an outage, and suspected: it is nothing to get used to.
      if (gapMs <= longestGapMs) this.estimator.add(gapMs)
      this.#jitterMs += (Math.abs(gapMs - (heartbeat.sentAtMs - this.#sentAtMs)) - this.#jitterMs) / 16
    }
    this.#clean = clean
    this.#heardIncarnation = incarnation
    this.#sequence = heartbeat.sequence
    this.#heardAt = now
    this.#deafMs = deafMs
    this.#sentAtMs = heartbeat.sentAtMs
    this.#senderLateMs = heartbeat.lateMs
    this.endedAt = Infinity
    return true
  }

  /** How long the peer has been silent while this node was there to hear it. `deafMs`: how long it was not, all in all. */
  silentMs(now: number, deafMs: number): number {
    return Math.max(0, now - this.#heardAt - (deafMs - this.#deafMs))
  }

  suspect(now: number, verdict: Verdict): void {
    if (this.verdict === undefined) this.quality.suspected(now)
    this.verdict = verdict
    this.#suspectedIncarnation = this.incarnation
  }

  restore(now: number): void {
    // The life that was suspected is still going on. One that had not been known of may not have begun: that was no mistake.
    this.quality.restored(now, this.#suspectedIncarnation === this.incarnation)
    this.verdict = undefined
  }

  inspect(now: number, deafMs: number): Inspection {
    return {
      verdict: this.verdict ?? null,
      incarnation: this.incarnation ?? null,
      heardIncarnation: this.#heardIncarnation ?? null,
      sequence: this.#sequence,
      silentMs: this.silentMs(now, deafMs),
      senderLateMs: this.#senderLateMs,
      jitterMs: this.#jitterMs,
      estimate: this.estimator.inspect(),
      quality: this.quality.inspect(now),
    }
  }
}
