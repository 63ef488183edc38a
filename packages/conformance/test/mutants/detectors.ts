import {
  defineFailureDetector,
  messageCodec,
  type Environment,
  type FailureDetector,
  type FailureDetectorDefinition,
  type FailureDetectorIndication,
  type FailureDetectorOptions,
  type Incarnation,
  type Inspection,
  type MessageOf,
  type NodeId,
  type Verdict,
} from '@quorate/core'

const codec = messageCodec({ heartbeat: {} })
type Message = MessageOf<typeof codec>

/** Suspects whoever has been silent for as long as the contract allows. */
class Plain implements FailureDetector<Message> {
  protected readonly env: Environment<Message, FailureDetectorIndication>
  protected readonly options: FailureDetectorOptions
  protected readonly peers: readonly NodeId[]
  protected readonly heardMs = new Map<NodeId, number>()
  protected readonly suspected = new Set<NodeId>()

  constructor(env: Environment<Message, FailureDetectorIndication>, options: FailureDetectorOptions) {
    this.env = env
    this.options = options
    this.peers = options.members.filter((id) => id !== env.self.id)
  }

  protected get thresholdMs(): number {
    return this.options.detectionTimeMs
  }

  start(): void {
    for (const peer of this.peers) this.hear(peer)
    this.timeout('send')
  }

  receive({ id }: Incarnation, _message: Message): void {
    this.hear(id)
    if (this.suspected.has(id)) this.restore(id)
  }

  timeout(name: string): void {
    if (name === 'send') {
      this.env.send(this.peers, { type: 'heartbeat' })
      this.env.timer('send', this.options.heartbeatIntervalMs)
    } else this.suspect(name)
  }

  protected hear(peer: NodeId): void {
    this.heardMs.set(peer, this.env.clock.now())
    this.env.timer(peer, this.thresholdMs)
  }

  protected suspect(peer: NodeId): void {
    this.suspected.add(peer)
    const silentMs = this.silentMs(peer)
    this.env.indicate({ type: 'suspect', peer, verdict: 'silent', level: this.level(peer), silentMs })
  }

  protected restore(peer: NodeId): void {
    this.suspected.delete(peer)
    this.env.indicate({ type: 'restore', peer })
  }

  protected silentMs(peer: NodeId): number {
    return this.env.clock.now() - (this.heardMs.get(peer) ?? 0)
  }

  level(peer: NodeId): number {
    // As the timer has run out the quotient may be a last digit too small.
    const level = this.silentMs(peer) / this.thresholdMs
    return this.suspected.has(peer) ? Math.max(1, level) : level
  }

  verdict(peer: NodeId): Verdict | undefined {
    return this.suspected.has(peer) ? 'silent' : undefined
  }

  inspect(): Inspection {
    return { suspected: [...this.suspected] }
  }
}

/** Trusts the first, whatever happens. */
class Trusting extends Plain {
  protected override suspect(peer: NodeId): void {
    if (peer !== this.options.members[0]) super.suspect(peer)
  }
}

/** Takes nothing back. */
class Unforgiving extends Plain {
  protected override restore(): void {}
}

/** Suspects later than the contract says. */
class Late extends Plain {
  protected override get thresholdMs(): number {
    return 1.5 * this.options.detectionTimeMs
  }
}

/** Suspects everybody for a moment, once. */
class Moody extends Plain {
  override start(): void {
    super.start()
    this.env.timer('mood', 15 * this.options.heartbeatIntervalMs)
  }

  override timeout(name: string): void {
    if (name === 'mood') for (const peer of this.peers) if (!this.suspected.has(peer)) this.suspect(peer)
    if (name !== 'mood') super.timeout(name)
  }
}

/** Takes a suspicion back long after it has heard again. */
class Slow extends Plain {
  readonly #heardAgain = new Map<NodeId, number>()

  protected override restore(peer: NodeId): void {
    const count = (this.#heardAgain.get(peer) ?? 0) + 1
    this.#heardAgain.set(peer, count)
    if (count < 15) return
    this.#heardAgain.delete(peer)
    super.restore(peer)
  }
}

/** Never more than half sure. */
class Diffident extends Plain {
  override level(peer: NodeId): number {
    return Math.min(0.5, super.level(peer))
  }
}

/** Does not say that it took a suspicion back. */
class Silent extends Plain {
  protected override restore(peer: NodeId): void {
    this.suspected.delete(peer)
  }
}

function detector(Class: typeof Plain): FailureDetectorDefinition<Message> {
  return defineFailureDetector<Message>({
    name: 'plain-timeout',
    family: 'clocks',
    relies: 'rate',
    brokenClockBreaks: [],
    synchrony: 'partially-synchronous',
    tolerates: ['crash-stop', 'loss', 'reordering', 'partition'],
    resilience: (n) => n - 1,
    guarantees: ['strong-completeness', 'eventual-strong-accuracy'],
    counterexamples: [],
    codec,
    create: (env, options) => new Class(env, options),
  })
}

export const plainTimeout = detector(Plain)

const detectionTime = 'detection time: T_D keeps to the contract'
const queryAccuracy = 'query accuracy: while nothing is late nobody is suspected, so that P_A is 1 and T_MR has no end'
const mistakeDuration = 'mistake duration: T_M ends soon after the peer is heard again'

/** Each wrong in one way, with the tests that must fail over it: that of the property, and those of what it implies. */
export const wrongDetectors: readonly (readonly [
  what: string,
  FailureDetectorDefinition<Message>,
  fails: readonly string[],
])[] = [
  ['never suspects the first', detector(Trusting), ['strong completeness', detectionTime]],
  ['takes no suspicion back', detector(Unforgiving), ['eventual strong accuracy', mistakeDuration]],
  ['suspects late', detector(Late), [detectionTime]],
  ['suspects without a reason for a moment', detector(Moody), [queryAccuracy]],
  ['takes a suspicion back late', detector(Slow), [mistakeDuration]],
  [
    'suspects at half the level',
    detector(Diffident),
    ['the level rises with silence, and is at least 1 when a silent peer is suspected'],
  ],
  ['does not say that it trusts again', detector(Silent), ['indicates every verdict, and that it is taken back']],
]
