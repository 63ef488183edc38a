import {
  seededRandom,
  type Environment,
  type FailureDetector,
  type FailureDetectorDefinition,
  type FailureDetectorIndication,
  type FailureDetectorOptions,
  type NodeId,
  type PeerEvent,
  type Store,
} from '@quorate/core'
import type { Heartbeat } from '../src/index.js'

/** A detector keeps nothing: whatever it asked of a store would be a mistake. */
const noStore = new Proxy({} as Store, {
  get: (_, property) => {
    throw new Error(`store.${String(property)}`)
  },
})

/** One detector, `n1`, on a clock that the test moves: every step that it takes is one that the test made happen. */
export class Bench {
  now = 0
  readonly detector: FailureDetector<Heartbeat>
  readonly indications: FailureDetectorIndication[] = []
  readonly sent: { readonly to: readonly NodeId[]; readonly message: Heartbeat }[] = []
  readonly timers = new Map<string, number>()

  constructor(definition: FailureDetectorDefinition<Heartbeat>, options: Partial<FailureDetectorOptions> = {}) {
    const env: Environment<Heartbeat, FailureDetectorIndication> = {
      self: { id: 'n1', incarnation: 1 },
      clock: { now: () => this.now, wall: () => 0, bound: () => ({ wallErrorMs: Infinity, ratePpm: Infinity }) },
      random: seededRandom(1),
      store: noStore,
      send: (to, message) => void this.sent.push({ to: typeof to === 'string' ? [to] : to, message }),
      indicate: (indication) => void this.indications.push(indication),
      timer: (name, delayMs) => void this.timers.set(name, this.now + delayMs),
      cancel: (name) => void this.timers.delete(name),
      scope: () => {
        throw new Error('no children')
      },
      end: () => {},
    }
    this.detector = definition.create(env, {
      members: ['n1', 'n2', 'n3'],
      heartbeatIntervalMs: 100,
      detectionTimeMs: 1000,
      ...options,
    })
    this.detector.start()
  }

  get nextTimerAt(): number {
    return Math.min(...this.timers.values())
  }

  /** Lets the clock run to `atMs`, and every timer on the way run out when it is due. */
  runTo(atMs: number): void {
    while (this.nextTimerAt <= atMs) this.#fireNext(this.nextTimerAt)
    this.now = atMs
  }

  /** The process stands still until `atMs`. What was due before is handled late, by `fireLate`. */
  stallTo(atMs: number): void {
    this.now = atMs
  }

  /** Whatever ran out in the meantime is handled now, in order. */
  fireLate(): void {
    while (this.nextTimerAt <= this.now) this.#fireNext(this.now)
  }

  heartbeat(from: NodeId, sequence: number, { incarnation = 1, lateMs = 0, sentAtMs = sequence * 100 } = {}): void {
    this.detector.receive({ id: from, incarnation }, { type: 'heartbeat', sequence, sentAtMs, lateMs })
  }

  /** Heartbeats of `peers`, numbered `from` to `to`, each arriving a millisecond after its moment. */
  calm(peers: readonly NodeId[], from: number, to: number, incarnation = 1): void {
    for (let sequence = from; sequence <= to; sequence++) {
      this.runTo(sequence * 100 + 1)
      for (const peer of peers) this.heartbeat(peer, sequence, { incarnation })
    }
  }

  peer(event: PeerEvent): void {
    this.detector.peer?.(event)
  }

  /** What was indicated since it was last asked. */
  news(): FailureDetectorIndication[] {
    return this.indications.splice(0)
  }

  /** What the detector shows of `peer`. */
  shown(peer: NodeId): Readonly<Record<string, unknown>> {
    return (this.detector.inspect()['peers'] as unknown as Record<NodeId, Record<string, unknown>>)[peer] ?? {}
  }

  #fireNext(now: number): void {
    const [name] = [...this.timers].sort((a, b) => a[1] - b[1])[0] as [string, number]
    this.timers.delete(name)
    this.now = Math.max(this.now, now)
    this.detector.timeout(name)
  }
}
