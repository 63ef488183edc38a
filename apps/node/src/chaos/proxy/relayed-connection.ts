import { abort } from './abort.js'
import { connect, type Socket } from 'node:net'
import { Flow } from './flow.js'
import type { Link } from './link.js'

/** A connection that goes through this process, from one end of a pair of links to the other. */
export class RelayedConnection {
  readonly #dialer: Socket
  readonly #there: Link
  readonly #back: Link
  readonly #port: number
  readonly #unsubscribes: readonly (() => void)[]
  #listener: Socket | undefined
  #held = false

  /** `dialer` is paused. `there` leads to the port, `back` from it; `onClose` is called once neither side is connected. */
  constructor(dialer: Socket, port: number, there: Link, back: Link, onClose: () => void) {
    this.#dialer = dialer
    this.#there = there
    this.#back = back
    this.#port = port
    this.#unsubscribes = [there, back].map((link) => link.onWhole(() => this.#connect()))
    // An error is followed by `close`, and all that matters.
    dialer.on('error', () => {})
    dialer.once('close', () => {
      if (this.#listener === undefined || this.#listener.destroyed) this.#closed(onClose)
      else this.#listener.once('close', () => this.#closed(onClose))
    })
    this.#connect()
  }

  /** Loses the connection: both sides learn of it at once. */
  reset(): void {
    abort(this.#dialer)
    if (this.#listener !== undefined) abort(this.#listener)
  }

  /** A handshake needs both ways. The dialer, whom the system has answered already, waits until it can be had. */
  #connect(): void {
    if (this.#listener !== undefined || this.#dialer.destroyed) return
    if (this.#there.isCut || this.#back.isCut) {
      if (!this.#held) (this.#there.isCut ? this.#there : this.#back).heldConnections++
      this.#held = true
      return
    }
    const listener = connect({ host: '127.0.0.1', port: this.#port, noDelay: true, allowHalfOpen: true })
    this.#listener = listener
    listener.on('error', () => {})
    let connected = false
    listener.once('connect', () => {
      connected = true
      if (this.#dialer.destroyed) return abort(listener)
      new Flow(this.#dialer, listener, this.#there)
      new Flow(listener, this.#dialer, this.#back)
    })
    listener.once('close', () => {
      // Nobody listens there, and no flow has begun that would say so.
      if (!connected) abort(this.#dialer)
    })
  }

  #closed(onClose: () => void): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    onClose()
  }
}
