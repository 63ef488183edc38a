/** Turns messages into bytes and back. */
export interface Codec<Message> {
  encode(message: Message): Uint8Array
  /** Returns the message, or why the bytes are none. Never throws, whatever the bytes. */
  decode(bytes: Uint8Array): Message | Malformed
}

/** The messages that a codec carries: `type Message = MessageOf<typeof codec>`. */
export type MessageOf<C> = C extends Codec<infer Message> ? Message : never

const brand = Symbol.for('quorate.malformed')

/** What `decode` returns for bytes that are no message. */
export class Malformed {
  /** What was expected where. */
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Tells a message from the refusal to be one, across copies of this package. */
export function isMalformed(value: unknown): value is Malformed {
  return typeof value === 'object' && value !== null && brand in value
}
