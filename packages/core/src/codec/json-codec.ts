import { limits } from '../limits.js'
import { ByteReader, ByteWriter } from './bytes.js'
import { Malformed, type Codec } from './codec.js'

/**
 * A codec for messages of any plain-data shape, as JSON text. Easier to read on the wire than `messageCodec`, several times
 * slower and larger.
 *
 * `check` looks at what was parsed and returns what is wrong with it, or `undefined` when it is a message: bytes from a network
 * must not reach a protocol unchecked.
 */
export function jsonCodec<Message>(check: (value: unknown) => string | undefined): Codec<Message> {
  const writer = new ByteWriter()
  return {
    encode(message) {
      writer.reset()
      writer.text(JSON.stringify(message))
      return writer.finish()
    },
    decode(bytes) {
      if (bytes.length > limits.maxMessageBytes)
        return new Malformed(`${bytes.length} bytes exceed ${limits.maxMessageBytes}`)
      const reader = new ByteReader(bytes)
      const text = reader.text(bytes.length)
      if (reader.broken) return new Malformed('not UTF-8')
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        return new Malformed('not JSON')
      }
      let wrong: string | undefined
      try {
        wrong = check(value)
      } catch (error) {
        // A check that trips over what a stranger sent must not bring the node down.
        wrong = `the check failed: ${String(error)}`
      }
      return wrong === undefined ? (value as Message) : new Malformed(wrong)
    },
  }
}
