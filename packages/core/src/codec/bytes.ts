/** Appends protobuf primitives to a buffer that grows and is used again. */
export class ByteWriter {
  #bytes = new Uint8Array(1024)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  reset(): void {
    this.#length = 0
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** An unsigned LEB128 integer of up to 53 bits. */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  /**
   * A signed integer of up to 54 bits, zigzag as protobuf's sint64: small magnitudes stay small. The sign takes the lowest bit,
   * so the coded number may be beyond what a double holds exactly; it is never formed.
   */
  signedVarint(value: number): void {
    const magnitude = value < 0 ? -value - 1 : value
    const low = (magnitude % 0x40) * 2 + (value < 0 ? 1 : 0)
    if (magnitude < 0x40) {
      this.byte(low)
    } else {
      this.byte(low | 0x80)
      this.varint(Math.floor(magnitude / 0x40))
    }
  }

  float64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** UTF-8; a surrogate without its partner becomes U+FFFD. */
  text(value: string): void {
    this.#reserve(value.length * 3)
    const bytes = this.#bytes
    let length = this.#length
    for (let index = 0; index < value.length; index++) {
      let code = value.charCodeAt(index)
      if (code < 0x80) {
        bytes[length++] = code
        continue
      }
      if (code >= 0xd800 && code < 0xe000) {
        const low = value.charCodeAt(index + 1)
        const paired = code < 0xdc00 && low >= 0xdc00 && low < 0xe000
        code = paired ? 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd
        if (paired) index++
      }
      if (code < 0x800) {
        bytes[length++] = 0xc0 | (code >> 6)
      } else {
        if (code < 0x1_0000) {
          bytes[length++] = 0xe0 | (code >> 12)
        } else {
          bytes[length++] = 0xf0 | (code >> 18)
          bytes[length++] = 0x80 | ((code >> 12) & 0x3f)
        }
        bytes[length++] = 0x80 | ((code >> 6) & 0x3f)
      }
      bytes[length++] = 0x80 | (code & 0x3f)
    }
    this.#length = length
  }

  /** Opens a length-delimited part; `close` it with the returned mark. Parts of up to 127 bytes cost nothing extra. */
  open(): number {
    this.#reserve(1)
    return this.#length++
  }

  close(mark: number): void {
    const size = this.#length - mark - 1
    let extra = 0
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 0x80)) extra++
    if (extra > 0) {
      this.#reserve(extra)
      this.#bytes.copyWithin(mark + 1 + extra, mark + 1, this.#length)
    }
    // Not by `varint`, which might have the buffer grow and forget what stands behind the mark.
    let at = mark
    let rest = size
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[at++] = (rest % 0x80) | 0x80
    this.#bytes[at] = rest
    this.#length += extra
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/**
 * Reads protobuf primitives. Reading past the end or a number that does not fit sets `broken` and yields zero values, so that
 * a decoder checks once at its end instead of at every field.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  #position = 0
  #end: number
  broken = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#end = bytes.length
  }

  get more(): boolean {
    return !this.broken && this.#position < this.#end
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 8; count++) {
      if (this.#position >= this.#end) break
      const byte = this.#bytes[this.#position++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : this.#fail()
      scale *= 0x80
    }
    return this.#fail()
  }

  signedVarint(): number {
    if (this.#position >= this.#end) return this.#fail()
    const low = this.#bytes[this.#position++] as number
    let magnitude = (low & 0x7f) >> 1
    if (low >= 0x80) magnitude += this.varint() * 0x40
    const value = (low & 1) === 0 ? magnitude : -magnitude - 1
    return Number.isSafeInteger(value) ? value : this.#fail()
  }

  /** The number and wire type of a field, as one integer of 32 bits. */
  key(): number {
    const key = this.varint()
    return key <= 0xffff_ffff ? key : this.#fail()
  }

  float64(): number {
    if (this.#position + 8 > this.#end) return this.#fail()
    const at = this.#bytes.byteOffset + this.#position
    this.#position += 8
    return new DataView(this.#bytes.buffer, at, 8).getFloat64(0, true)
  }

  bytes(size: number): Uint8Array {
    if (this.#position + size > this.#end) {
      this.#fail()
      return new Uint8Array(0)
    }
    // Not `slice`: that of a Buffer shares its memory.
    const copy = new Uint8Array(size)
    copy.set(this.#bytes.subarray(this.#position, (this.#position += size)))
    return copy
  }

  /** Strict UTF-8: overlong forms, surrogates and stray bytes break the reader. */
  text(size: number): string {
    const end = this.#position + size
    if (end > this.#end) {
      this.#fail()
      return ''
    }
    let text = ''
    while (this.#position < end) {
      const first = this.#bytes[this.#position++] as number
      if (first < 0x80) {
        text += String.fromCharCode(first)
        continue
      }
      const length = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
      let code = first & (length === 3 ? 0x07 : length === 2 ? 0x0f : 0x1f)
      if (first < 0xc0 || first > 0xf7 || this.#position + length > end) {
        this.#fail()
        return ''
      }
      for (let count = 0; count < length; count++) {
        const next = this.#bytes[this.#position++] as number
        if ((next & 0xc0) !== 0x80) this.broken = true
        code = (code << 6) | (next & 0x3f)
      }
      const least = length === 3 ? 0x1_0000 : length === 2 ? 0x800 : 0x80
      if (code < least || code > 0x10_ffff || (code >= 0xd800 && code < 0xe000)) this.broken = true
      if (this.broken) return ''
      text += String.fromCodePoint(code)
    }
    return text
  }

  /** Narrows reading to the next `size` bytes; give the returned mark to `leave` when they are read. */
  enter(size: number): number {
    const outer = this.#end
    if (this.#position + size > outer) this.#fail()
    else this.#end = this.#position + size
    return outer
  }

  leave(mark: number): void {
    this.#end = mark
  }

  /** Skips the value of a field that the schema does not know. */
  skip(wireType: number): void {
    if (wireType === 0) this.#skipVarint()
    else if (wireType === 1) this.bytes(8)
    else if (wireType === 2) this.bytes(this.varint())
    else if (wireType === 5) this.bytes(4)
    else this.#fail()
  }

  /** Of up to 64 bits: what is not read need not fit a double. */
  #skipVarint(): void {
    for (let count = 0; count < 10 && this.#position < this.#end; count++) {
      if ((this.#bytes[this.#position++] as number) < 0x80) return
    }
    this.#fail()
  }

  #fail(): 0 {
    this.broken = true
    return 0
  }
}
