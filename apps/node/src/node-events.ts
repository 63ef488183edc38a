import type { NodeLogger, NodeEvent } from './node-handle.js'

type Happened = NodeEvent extends infer Event ? (Event extends NodeEvent ? Omit<Event, 'atMs' | 'node'> : never) : never

/** Passes a node's events on to its listeners and its log. */
export class NodeEvents {
  readonly #node: string
  readonly #logger: NodeLogger
  readonly #listeners = new Set<(event: NodeEvent) => void>()

  constructor(node: string, logger: NodeLogger) {
    this.#node = node
    this.#logger = logger
  }

  emit(happened: Happened): void {
    const event = { atMs: Date.now(), node: this.#node, ...happened } as NodeEvent
    this.#log(event)
    for (const listener of [...this.#listeners]) {
      try {
        listener(event)
      } catch (error) {
        // It was called in the midst of a step, which must not be left half done for a listener's mistake.
        this.#logger.error({ error: String(error), type: event.type }, 'a listener of events threw')
      }
    }
  }

  on(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #log(event: NodeEvent): void {
    const { atMs: _, node: __, ...data } = event
    switch (event.type) {
      case 'suspect':
        this.#logger.warn(data, `suspects ${event.peer}: ${event.verdict}`)
        return
      case 'unsure':
        this.#logger.warn(data, `stood still for ${Math.round(event.stalledMs)} ms: accuses nobody for now`)
        return
      case 'restore':
        this.#logger.info(data, `trusts ${event.peer} again`)
        return
      case 'leader-changed':
        this.#logger.info(data, event.leader === undefined ? 'knows no leader' : `follows ${event.leader}`)
        return
      case 'vote-opened':
        this.#logger.info(data, `votes for ${event.value}`)
        return
      case 'decided':
        this.#logger.info(data, `vote decided: ${event.value}`)
        return
      case 'peer-connected':
        this.#logger.info(data, `connected to ${event.peer.id}`)
        return
      case 'peer-disconnected':
        this.#logger.info(data, `lost the connection to ${event.peer.id}: ${event.cause}`)
        return
      case 'stopping':
        this.#logger.info(data, `stops: ${event.reason}`)
    }
  }
}
