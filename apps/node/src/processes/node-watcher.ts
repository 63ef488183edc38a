import { compareTerms, type NodeId } from '@quorate/core'
import { connectControl, type ControlClient, type RemoteStatus } from '../control/control-client.js'
import type { NodeEvent } from '../node-handle.js'
import type { Observation, Observations } from '../run/observations.js'

export interface NodeWatcherOptions {
  readonly id: NodeId
  readonly url: string
  /** What is known of the node already. */
  readonly observed: Observations
  /** The wall clock's time from which observations count theirs. */
  readonly originMs: number
  readonly onObservation: (observation: Observation) => void
  readonly onAnswer: () => void
}

/** How long until a connection that failed is tried again: a node that starts is found soon. */
const retryMs = 50
const answerMs = 5_000

/** Listens to what a node says of itself, and asks it once what happened before that; tries until it answers. */
export class NodeWatcher {
  readonly #options: NodeWatcherOptions
  /** Counts the connections: what an earlier one still says is not listened to. */
  #connection = 0
  #client: ControlClient | undefined
  #answered = false

  constructor(options: NodeWatcherOptions) {
    this.#options = options
  }

  /** Whether the node has told everything since `connect`. */
  get answered(): boolean {
    return this.#answered
  }

  /** The present connection; there is none before `connect` and after `disconnect`. */
  get client(): ControlClient | undefined {
    return this.#client
  }

  connect(): void {
    this.disconnect()
    const client = connectControl(this.#options.url)
    const connection = this.#connection
    const current = (): boolean => this.#connection === connection
    this.#client = client
    const again = (): void => {
      if (!current()) return
      // The next attempt has a connection of its own: this one would wait before it tries again.
      this.disconnect()
      const next = this.#connection
      setTimeout(() => {
        if (this.#connection === next) this.connect()
      }, retryMs)
    }
    client.watch((event) => {
      if (current()) this.#happened(event)
    }, again)
    client.status({ timeoutMs: answerMs }).then((status) => {
      if (current()) this.#catchUp(status)
    }, again)
  }

  /** Listens no more, until `connect`. */
  disconnect(): void {
    this.#connection++
    this.#answered = false
    this.#client?.close()
    this.#client = undefined
  }

  #happened(event: NodeEvent): void {
    const { type } = event
    if (type === 'peer-connected' || type === 'peer-disconnected' || type === 'stopping') return
    this.#options.onObservation({ ...event, atMs: event.atMs - this.#options.originMs })
  }

  /** What a status says that has not been observed counts as happening now. */
  #catchUp({ leader, term, peers, votes }: RemoteStatus): void {
    const { id, observed, originMs, onObservation, onAnswer } = this.#options
    const now = { atMs: Date.now() - originMs, node: id }
    const view = observed.view(id)
    if (view.leader !== leader || (leader !== undefined && compareTerms(term, view.term ?? term) !== 0)) {
      onObservation({ ...now, type: 'leader-changed', leader, term })
    }
    for (const { id: peer, verdict, suspicion } of peers) {
      if (verdict !== undefined && !view.suspects.has(peer)) {
        onObservation({ ...now, type: 'suspect', peer, verdict, level: suspicion, silentMs: 0 })
      } else if (verdict === undefined && view.suspects.has(peer)) {
        onObservation({ ...now, type: 'restore', peer })
      }
    }
    for (const { vote, value, decision } of votes) {
      if (!observed.values(vote).has(id)) onObservation({ ...now, type: 'vote-opened', vote, value })
      const known = observed.decisions(vote).some((each) => each.node === id && each.value === decision)
      if (decision !== undefined && !known) onObservation({ ...now, type: 'decided', vote, value: decision })
    }
    this.#answered = true
    onAnswer()
  }
}
