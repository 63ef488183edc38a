import { abort } from './abort.js'
import type { Socket } from 'node:net'
import type { Link } from './link.js'

/** As much as waits in one direction of a connection; then its sender has to wait, as for a full window of TCP's. */
const maxQueuedBytes = 256 * 1024

/** What the receiver is yet to see: bytes, the end of them, or that the connection is lost. */
interface Piece {
  readonly what: Buffer | 'end' | 'reset'
  readonly dueMs: number
}

/**
 * One direction of a connection, over a link. A cut holds everything back, also that the sender is gone: on a network, too, nobody would hear
 * of it. What was held comes through once the link is whole, as TCP would send it again.
 */
export class Flow {
  readonly #source: Socket
  readonly #sink: Socket
  readonly #link: Link
  readonly #queue: Piece[] = []
  readonly #unsubscribe: () => void
  #queuedBytes = 0
  #timer: NodeJS.Timeout | undefined
  #blocked = false
  #ended = false

  constructor(source: Socket, sink: Socket, link: Link) {
    this.#source = source
    this.#sink = sink
    this.#link = link
    this.#unsubscribe = link.onWhole(() => this.#pump())
    source.on('data', (bytes: Buffer) => this.#arrived(bytes))
    source.once('end', () => this.#add('end'))
    source.once('close', () => {
      // After an orderly end, which takes both sides, there is nothing left to tell.
      if (!source.readableEnded || !sink.readableEnded) this.#add('reset')
    })
    sink.on('drain', () => {
      this.#blocked = false
      this.#pump()
    })
    sink.once('close', () => this.#stop())
    source.resume()
  }

  #arrived(bytes: Buffer): void {
    if (this.#link.isCut) this.#link.heldBytes += bytes.length
    if (this.#link.delayMs > 0) this.#link.delayedBytes += bytes.length
    this.#queuedBytes += bytes.length
    if (this.#queuedBytes >= maxQueuedBytes) this.#source.pause()
    this.#add(bytes)
  }

  #add(what: Piece['what']): void {
    if (this.#ended) return
    this.#queue.push({ what, dueMs: performance.now() + this.#link.delayMs })
    this.#pump()
  }

  /** Hands on all that is due, in order. */
  #pump(): void {
    clearTimeout(this.#timer)
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#link.isCut || this.#blocked || this.#ended) return
      const waitMs = next.dueMs - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pump(), waitMs)
        return
      }
      this.#queue.shift()
      this.#deliver(next.what)
    }
  }

  #deliver(what: Piece['what']): void {
    if (what === 'end') this.#sink.end()
    else if (what === 'reset') abort(this.#sink)
    else {
      this.#link.passedBytes += what.length
      this.#queuedBytes -= what.length
      if (this.#queuedBytes < maxQueuedBytes) this.#source.resume()
      this.#blocked = !this.#sink.write(what)
    }
  }

  /** Its receiver is gone: what still comes is read and forgotten, so that the end of it is noticed. */
  #stop(): void {
    this.#ended = true
    this.#queue.length = 0
    clearTimeout(this.#timer)
    this.#unsubscribe()
    this.#source.removeAllListeners('data').resume()
  }
}
