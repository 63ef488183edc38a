import type { NodeId } from '@quorate/core'
import type { PeerUrl } from '../peer-url.js'
import { sameInstance, type Context, type Life } from './context.js'
import { newCounters, type PeerStats } from './counters.js'
import type { IncomingStream } from './incoming-stream.js'
import { Link } from './link.js'
import { duplicateNode, oldIncarnation, unknownPeer, type Refusal } from './refusals.js'

/**
 * One other node: the stream that this node dials to it, the one that it dials to this node, and which of its lives is the
 * latest.
 */
export class Peer {
  readonly id: NodeId
  readonly link: Link
  readonly counters = newCounters()
  readonly #context: Context
  #known: Life | undefined
  #incoming: IncomingStream | undefined
  #admission: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(context: Context, id: NodeId, urls: readonly PeerUrl[]) {
    this.#context = context
    this.id = id
    this.link = new Link(context, this, urls, this.counters)
  }

  /**
   * Decides whether `life` is the latest of this node. One at a time: the decision may take a question to an earlier life.
   * Returns why it is refused, if it is.
   */
  admit(life: Life): Promise<Refusal | undefined> {
    const decision = this.#admission.then(() => this.#decide(life))
    this.#admission = decision
    return decision
  }

  /** The peer has connected to this node. */
  async accept(stream: IncomingStream, life: Life, version: number): Promise<void> {
    const refusal = await this.admit(life)
    if (stream.isOver) return
    if (refusal !== undefined) return stream.refuse(refusal)
    if (this.#stopped) return stream.refuse(unknownPeer(this.id, this.#context.settings.self.id))
    const previous = this.#incoming
    this.#incoming = stream
    // The same process dials again when it has noticed before this one that its connection is dead.
    previous?.end()
    stream.admit(life, version, this.counters, () => this.#ended(stream))
    this.link.hurry()
  }

  stop(): void {
    this.#stopped = true
    this.link.stop()
    this.#incoming?.end()
  }

  stats(): PeerStats {
    const { link } = this
    return {
      ...this.counters,
      peer: this.id,
      state: link.state,
      incarnation: this.#known?.incarnation,
      incoming: this.#incoming !== undefined,
      queuedMessages: link.queuedMessages,
      queuedBytes: link.queuedBytes,
    }
  }

  async #decide(life: Life): Promise<Refusal | undefined> {
    const known = this.#known
    if (known !== undefined) {
      if (life.incarnation < known.incarnation) return oldIncarnation(life, known.incarnation)
      if (life.incarnation === known.incarnation) {
        return sameInstance(life.instance, known.instance) ? undefined : duplicateNode(life, known.incarnation)
      }
      // A later start is a new life, unless the earlier one is alive: then they are two.
      if (await this.#isAlive()) return duplicateNode(life, known.incarnation)
    }
    this.#known = life
    this.link.supersede(life.incarnation)
    const incoming = this.#incoming
    if (incoming?.life !== undefined && incoming.life.incarnation < life.incarnation) incoming.end()
    return undefined
  }

  /** Whether the known life answers on a stream from or to it. */
  async #isAlive(): Promise<boolean> {
    const { livenessTimeoutMs } = this.#context.settings.timing
    const answers = await Promise.all([
      this.#incoming?.answers(livenessTimeoutMs),
      this.link.answers(livenessTimeoutMs),
    ])
    return answers.includes(true)
  }

  #ended(stream: IncomingStream): void {
    if (this.#incoming !== stream) return
    this.#incoming = undefined
    void this.link.suspect()
  }
}
