/** What a buffer keeps for the next batch when it is reset. */
const RETAINED_BYTES = 8 * 1024 * 1024

/** A buffer that grows, is written from front to back, and is used again. */
export class ByteBuffer {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What has been written so far, and behind it spare room; both are replaced when the buffer grows. */
  get view(): DataView {
    return this.#view
  }

  reset(): void {
    this.#length = 0
    if (this.#bytes.length <= RETAINED_BYTES) return
    this.#bytes = new Uint8Array(RETAINED_BYTES)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** What was written, without a copy: good until the next reset. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  copy(from: number, to: number): Uint8Array {
    return this.#bytes.slice(from, to)
  }

  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** A string by its code units, so that every string comes back as it was, surrogates without a partner too. */
  text(value: string): void {
    this.varint(value.length)
    for (let index = 0; index < value.length; index++) this.varint(value.charCodeAt(index))
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
 * Reads what a `ByteBuffer` wrote. Reading past the end or a number that does not fit sets `broken` and yields zero
 * values, so that a decoder checks once at its end.
 */
export class ByteCursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #position: number
  readonly #end: number
  broken = false

  constructor(bytes: Uint8Array, view: DataView, start: number, end: number) {
    this.#bytes = bytes
    this.#view = view
    this.#position = start
    this.#end = end
  }

  get more(): boolean {
    return !this.broken && this.#position < this.#end
  }

  varint(): number {
    let value = 0
    let scale = 1
    while (this.#position < this.#end) {
      const byte = this.#bytes[this.#position++] as number
      value += (byte & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER) break
      if (byte < 0x80) return value
      scale *= 0x80
    }
    return this.#fail()
  }

  uint32(): number {
    if (this.#position + 4 > this.#end) return this.#fail()
    const value = this.#view.getUint32(this.#position, true)
    this.#position += 4
    return value
  }

  /** A copy: what was read must not keep a whole segment in memory. */
  bytes(size: number): Uint8Array {
    if (this.#position + size > this.#end) {
      this.#fail()
      return new Uint8Array(0)
    }
    const copy = new Uint8Array(size)
    copy.set(this.#bytes.subarray(this.#position, (this.#position += size)))
    return copy
  }

  text(): string {
    const length = this.varint()
    let text = ''
    for (let count = 0; count < length && !this.broken; count++) text += String.fromCharCode(this.varint())
    return text
  }

  #fail(): 0 {
    this.broken = true
    return 0
  }
}

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
