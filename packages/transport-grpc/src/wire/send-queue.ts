import { encodeMessages, type ChannelMessage } from './frame.js'

export interface SendQueueLimits {
  /** The most messages that wait for one peer. */
  readonly maxQueuedMessages: number
  /** The most bytes that wait for one peer: payloads, names of channels and 16 for each message. */
  readonly maxQueuedBytes: number
}

/**
 * What waits for one peer, in order and bounded.
 *
 * At its bound it refuses the newest: what waits before it is a prefix that the peer can use, while a gap at the front would
 * make what follows useless to it, and to refuse moves nothing.
 */
export class SendQueue {
  readonly #limits: SendQueueLimits
  #messages: ChannelMessage[] = []
  #bytes = 0

  constructor(limits: SendQueueLimits) {
    this.#limits = limits
  }

  get length(): number {
    return this.#messages.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** False at a bound: nothing was queued then. */
  push(channel: string, payload: Uint8Array): boolean {
    const message = { channel, payload }
    const bytes = this.#bytes + weight(message)
    if (this.#messages.length >= this.#limits.maxQueuedMessages || bytes > this.#limits.maxQueuedBytes) return false
    this.#messages.push(message)
    this.#bytes = bytes
    return true
  }

  /** Takes as many messages as `maxBytes` allow, at least one, as one frame. Call it only while some wait. */
  take(maxBytes: number): { readonly frame: Buffer; readonly count: number } {
    const messages = this.#messages
    let count = 1
    let taken = weight(messages[0] as ChannelMessage)
    for (; count < messages.length; count++) {
      const more = weight(messages[count] as ChannelMessage)
      if (taken + more > maxBytes) break
      taken += more
    }
    const frame = encodeMessages(messages, 0, count)
    this.#messages = count === messages.length ? [] : messages.slice(count)
    this.#bytes -= taken
    return { frame, count }
  }

  /** Forgets what waits; returns how many messages it was. */
  clear(): number {
    const count = this.#messages.length
    this.#messages = []
    this.#bytes = 0
    return count
  }
}

function weight({ channel, payload }: ChannelMessage): number {
  return payload.length + channel.length + 16
}
