import { AT_ONCE, type Environment, type NodeId, type ReplicatedLogIndication } from '@quorate/core'
import type { Leadership } from './leadership.js'
import { replicationLimits } from './limits.js'
import type { ReplicationMessage } from './message.js'

export interface BarrierRequestsOptions {
  readonly env: Environment<ReplicationMessage, ReplicatedLogIndication>
  /** Another node that leads, as far as this one knows. */
  readonly leader: () => NodeId | undefined
  /** How long a barrier may stay unanswered. */
  readonly patienceMs: number
}

/**
 * The read barriers that were asked for at this node. A follower asks them of the leader: one request at a time, which answers
 * everything that was asked for before it was made. Unlike a proposal it may be repeated, since it changes nothing.
 */
export class BarrierRequests {
  readonly #env: Environment<ReplicationMessage, ReplicatedLogIndication>
  readonly #leader: () => NodeId | undefined
  readonly #patienceMs: number
  #last = 0
  /** Number of the newest request to a leader. */
  #sequence = 0
  #asked: { readonly barriers: readonly number[]; readonly expiresAtMs: number } | undefined
  #waiting: number[] = []

  constructor({ env, leader, patienceMs }: BarrierRequestsOptions) {
    this.#env = env
    this.#leader = leader
    this.#patienceMs = patienceMs
  }

  /** Asks for another barrier, of this node's own `leadership` when it leads. Returns its number. */
  add(leadership: Leadership | undefined): number {
    const barrier = ++this.#last
    if (leadership !== undefined) {
      const own = { type: 'own', barriers: [barrier], expiresAtMs: this.#expiresAtMs() } as const
      if (!leadership.barrier(own)) this.end([barrier], undefined)
    } else if (this.#leader() === undefined || this.#waiting.length >= replicationLimits.maxPendingBarriers) {
      this.end([barrier], undefined)
    } else {
      this.#waiting.push(barrier)
      this.#ask()
    }
    return barrier
  }

  /** The leader has answered a request; it may be one that is not under way any more. */
  answered(sequence: number, index: number | undefined): void {
    if (sequence === this.#sequence) this.end(this.#takeAsked(), index)
    this.#ask()
  }

  /** What was asked of the former leader is asked of the new one. */
  leaderChanged(leader: NodeId | undefined): void {
    if (leader !== undefined) {
      if (this.#asked !== undefined) this.#send()
      return
    }
    const barriers = [...this.#takeAsked(), ...this.#waiting]
    this.#waiting = []
    this.end(barriers, undefined)
  }

  /** Gives up what was asked too long ago, and repeats what may have been lost. */
  heartbeat(nowMs: number): void {
    if (this.#asked !== undefined && this.#asked.expiresAtMs <= nowMs) this.end(this.#takeAsked(), undefined)
    if (this.#asked === undefined) this.#ask()
    else this.#send()
  }

  /** Tells who asked for them: `index` as in the indication. */
  end(barriers: readonly number[], index: number | undefined): void {
    for (const barrier of barriers) this.#env.indicate({ type: 'barrier-ended', barrier, index }, AT_ONCE)
  }

  inspect() {
    return { last: this.#last, sequence: this.#sequence, asked: this.#asked ?? null, waiting: [...this.#waiting] }
  }

  /** Makes a request for those that wait, unless one is under way. */
  #ask(): void {
    if (this.#asked !== undefined || this.#waiting.length === 0) return
    this.#sequence++
    this.#asked = { barriers: this.#waiting, expiresAtMs: this.#expiresAtMs() }
    this.#waiting = []
    this.#send()
  }

  #send(): void {
    const leader = this.#leader()
    if (leader === undefined) return
    const { incarnation } = this.#env.self
    this.#env.send(leader, { type: 'barrier', incarnation, sequence: this.#sequence }, AT_ONCE)
  }

  /** The barriers of the request under way, which then is no more. */
  #takeAsked(): readonly number[] {
    const barriers = this.#asked?.barriers ?? []
    this.#asked = undefined
    return barriers
  }

  #expiresAtMs(): number {
    return this.#env.clock.now() + this.#patienceMs
  }
}
