/** What the network does, at this moment, to bytes from one end to another; and what it has done. */
export class Link {
  /** Whence and where to: nodes, or the clients. */
  readonly from: string
  readonly to: string
  /** Bytes that came through. */
  passedBytes = 0
  /** Bytes that arrived here while the link was cut, and connections that were tried then. */
  heldBytes = 0
  heldConnections = 0
  /** Bytes that were made to wait. */
  delayedBytes = 0
  #cuts = 0
  #delays: number[] = []
  readonly #waiting = new Set<() => void>()

  constructor(from: string, to: string) {
    this.from = from
    this.to = to
  }

  get isCut(): boolean {
    return this.#cuts > 0
  }

  /** How long each piece of bytes is under way, in milliseconds. */
  get delayMs(): number {
    return this.#delays.reduce((sum, each) => sum + each, 0)
  }

  /** Lets nothing through until the returned function is called. Cuts add up: the link is whole when all of them are mended. */
  cut(): () => void {
    this.#cuts++
    return once(() => {
      this.#cuts--
      if (!this.isCut) for (const wake of [...this.#waiting]) wake()
    })
  }

  /** Makes all bytes wait until the returned function is called. Delays add up. */
  delay(ms: number): () => void {
    this.#delays.push(ms)
    return once(() => this.#delays.splice(this.#delays.indexOf(ms), 1))
  }

  /** Calls `wake` each time the link becomes whole; returns how to stop that. */
  onWhole(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }
}

function once(action: () => unknown): () => void {
  let done = false
  return () => {
    if (!done) action()
    done = true
  }
}
