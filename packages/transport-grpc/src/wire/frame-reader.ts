/**
 * Reads protobuf primitives from a frame. What does not fit sets `broken` to the reason and yields zero values, so that a decoder
 * checks once at its end instead of at every field.
 */
export class FrameReader {
  readonly #bytes: Uint8Array
  #position = 0
  #end: number
  broken: string | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#end = bytes.length
  }

  get more(): boolean {
    return this.broken === undefined && this.#position < this.#end
  }

  fail(reason: string): void {
    this.broken ??= reason
  }

  /** An unsigned integer of up to 32 bits. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#position >= this.#end) break
      const byte = this.#bytes[this.#position++] as number
      value = (value | ((byte & 0x7f) << shift)) >>> 0
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break
        return value
      }
    }
    this.fail(`no 32-bit number at byte ${this.#position}`)
    return 0
  }

  /** A view of the next length-delimited value. */
  bytes(): Uint8Array {
    const start = this.#advance(this.varint())
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, this.#position - start)
  }

  /** UTF-8 of at most `maxBytes`; what is none becomes U+FFFD. */
  text(maxBytes: number): string {
    const length = this.varint()
    if (length > maxBytes) this.fail(`a name of ${length} bytes; the limit is ${maxBytes}`)
    const start = this.#advance(length)
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, this.#position - start).toString()
  }

  /** Narrows reading to the next length-delimited part; give the returned mark to `leave`. */
  enter(): number {
    const length = this.varint()
    const outer = this.#end
    if (this.#position + length > outer) this.fail(`a part of ${length} bytes with ${outer - this.#position} left`)
    else this.#end = this.#position + length
    return outer
  }

  leave(outer: number): void {
    this.#end = outer
  }

  /** Skips the value of a field that this version does not know. */
  skip(tag: number): void {
    const type = tag & 7
    if (tag >>> 3 === 0) this.fail('a field with number 0')
    else if (type === 0) this.#skipVarint()
    else if (type === 1) this.#advance(8)
    else if (type === 2) this.#advance(this.varint())
    else if (type === 5) this.#advance(4)
    else this.fail(`a field of wire type ${type}`)
  }

  /** Returns the position before. */
  #advance(length: number): number {
    const start = this.#position
    if (start + length > this.#end) this.fail(`${length} bytes with ${this.#end - start} left`)
    else this.#position += length
    return start
  }

  #skipVarint(): void {
    for (let count = 0; count < 10 && this.#position < this.#end; count++) {
      if ((this.#bytes[this.#position++] as number) < 0x80) return
    }
    this.fail('a number without end')
  }
}
