/** Byte strings one behind another, each with its length before it in four bytes. */
export class FrameWriter {
  readonly #parts: Uint8Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  write(part: Uint8Array): void {
    this.#parts.push(part)
    this.#length += 4 + part.length
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#length)
    const view = new DataView(bytes.buffer)
    let at = 0
    for (const part of this.#parts) {
      view.setUint32(at, part.length)
      bytes.set(part, at + 4)
      at += 4 + part.length
    }
    this.#parts.length = 0
    this.#length = 0
    return bytes
  }
}

/** Reads frames from bytes that come in pieces, cut anywhere. */
export class FrameReader {
  readonly #maxFrameBytes: number
  #bytes: Uint8Array = new Uint8Array(0)
  #position = 0
  /** A frame was longer than the most; nothing more is read. */
  broken = false

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** Bytes that are no whole frame yet. */
  get pending(): number {
    return this.#bytes.length - this.#position
  }

  push(bytes: Uint8Array): void {
    if (this.pending === 0) {
      this.#bytes = bytes
    } else {
      const joined = new Uint8Array(this.pending + bytes.length)
      joined.set(this.#bytes.subarray(this.#position))
      joined.set(bytes, this.pending)
      this.#bytes = joined
    }
    this.#position = 0
  }

  /** The next frame, not copied, or undefined until more bytes come. */
  next(): Uint8Array | undefined {
    if (this.broken || this.pending < 4) return undefined
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#position, 4)
    const length = view.getUint32(0)
    if (length > this.#maxFrameBytes) {
      this.broken = true
      return undefined
    }
    if (this.pending < 4 + length) return undefined
    const from = this.#position + 4
    this.#position = from + length
    return this.#bytes.subarray(from, from + length)
  }
}
