import type { Incarnation, NodeId, Random, Verdict } from '@quorate/core'

/** What the oracle needs to know of a run. */
export interface OracleWorld {
  readonly nodes: readonly NodeId[]
  readonly now: number
  isUp(id: NodeId): boolean
  isPaused(id: NodeId): boolean
  connected(from: NodeId, to: NodeId): boolean
  incarnation(id: NodeId): Incarnation
  at(atMs: number, action: () => void): void
}

export interface OracleListener {
  suspect(observer: NodeId, peer: NodeId, verdict: Verdict): void
  restore(observer: NodeId, peer: NodeId): void
}

/**
 * A failure detector that is told the truth by the simulation and passes it on late: for running an algorithm that needs one
 * without running one. What it says is wrong for no longer than `delayMs` after it was told to look; with `mistake` it also
 * accuses the innocent for a while.
 */
export class OracleDetector {
  readonly #world: OracleWorld
  readonly #listener: OracleListener
  readonly #delayMs: number
  readonly #random: Random
  /** Whom each life of an observer has been told to suspect. */
  readonly #suspected = new Set<string>()

  constructor(world: OracleWorld, listener: OracleListener, delayMs: number, random: Random) {
    this.#world = world
    this.#listener = listener
    this.#delayMs = delayMs
    this.#random = random
  }

  /** To be called after anything that may have changed who reaches whom. */
  look(): void {
    for (const observer of this.#world.nodes) {
      for (const peer of this.#world.nodes) if (observer !== peer) this.#lookAt(observer, peer)
    }
  }

  /** Accuses `peer`, which is innocent, before `observer`, and takes it back after a while. */
  mistake(observer: NodeId, peer: NodeId): void {
    this.#tell(observer, peer, true)
    this.#world.at(this.#world.now + this.#delayMs * (1 + this.#random.fraction()), () => this.#lookAt(observer, peer))
  }

  #lookAt(observer: NodeId, peer: NodeId): void {
    if (!this.#world.isUp(observer)) return
    if (this.#suspected.has(this.#key(observer, peer)) === this.#unreachable(observer, peer)) return
    const delayMs = this.#delayMs * (0.2 + 0.8 * this.#random.fraction())
    this.#world.at(this.#world.now + delayMs, () => this.#tell(observer, peer, this.#unreachable(observer, peer)))
  }

  #unreachable(observer: NodeId, peer: NodeId): boolean {
    const world = this.#world
    return !world.isUp(peer) || world.isPaused(peer) || !world.connected(peer, observer)
  }

  #tell(observer: NodeId, peer: NodeId, suspected: boolean): void {
    const key = this.#key(observer, peer)
    if (!this.#world.isUp(observer) || this.#suspected.has(key) === suspected) return
    if (suspected) {
      this.#suspected.add(key)
      this.#listener.suspect(observer, peer, this.#world.isUp(peer) ? 'silent' : 'gone')
    } else {
      this.#suspected.delete(key)
      this.#listener.restore(observer, peer)
    }
  }

  /** An observer's new life has been told nothing yet. */
  #key(observer: NodeId, peer: NodeId): string {
    return `${this.#world.incarnation(observer).incarnation} ${observer} ${peer}`
  }
}
