import { encodePing } from '../wire/frame.js'

interface Waiting {
  readonly sentMs: number
  readonly settle: (roundTripMs: number | undefined) => void
}

/**
 * Questions whether the other side is there, and their answers. A stopped process still acknowledges on TCP, and grpc-js reports
 * an unanswered HTTP/2 ping in the same words as a reset; so streams ask within themselves.
 */
export class Pings {
  readonly #write: (frame: Buffer) => void
  readonly #waiting = new Map<number, Waiting>()
  #number = 0
  #ended = false

  constructor(write: (frame: Buffer) => void) {
    this.#write = write
  }

  /** The round trip in milliseconds, or `undefined` when the answer takes longer than `timeoutMs` or the stream ends. */
  ask(timeoutMs: number): Promise<number | undefined> {
    if (this.#ended) return Promise.resolve(undefined)
    const number = ++this.#number
    return new Promise((resolve) => {
      const sentMs = performance.now()
      let timer: NodeJS.Timeout
      const settle = (roundTripMs: number | undefined): void => {
        clearTimeout(timer)
        this.#waiting.delete(number)
        resolve(roundTripMs)
      }
      const wait = (): void => {
        const dueMs = performance.now() + timeoutMs
        timer = setTimeout(() => {
          // A timer that is late tells of a standstill of this process, which says nothing of the other.
          if (performance.now() - dueMs > timeoutMs / 4) wait()
          else this.#expire(number)
        }, timeoutMs)
      }
      this.#waiting.set(number, { sentMs, settle })
      wait()
      this.#write(encodePing(number))
    })
  }

  answered(number: number): void {
    const waiting = this.#waiting.get(number)
    waiting?.settle(performance.now() - waiting.sentMs)
  }

  /** Nothing will be answered any more. */
  end(): void {
    this.#ended = true
    for (const { settle } of this.#waiting.values()) settle(undefined)
  }

  /** Timers run out before what came meanwhile is read: that is read first. */
  #expire(number: number): void {
    setImmediate(() => setImmediate(() => this.#waiting.get(number)?.settle(undefined)))
  }
}
