/**
 * Writes a protobuf message into one buffer of exactly its size, a gRPC frame around it. The description of a message runs twice: the first
 * time it is measured, the second time written. So the length of what is nested is known when it is needed, and nothing is copied.
 */
export class Encoder {
  #out: Buffer | undefined
  #at = 0
  /** The lengths of nested messages, in the order in which they begin. */
  readonly #lengths: number[] = []
  #next = 0

  /** The frame, or undefined for a message beyond `maxBytes`. */
  protected encode<What>(describe: (what: What) => void, what: What, maxBytes: number): Buffer | undefined {
    this.#at = 0
    this.#lengths.length = 0
    describe(what)
    const length = this.#at
    if (length > maxBytes) return undefined
    const out = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length)
    out[0] = 0
    out.writeUInt32BE(length, 1)
    this.#out = out
    this.#at = FRAME_HEADER_BYTES
    this.#next = 0
    describe(what)
    this.#out = undefined
    return out
  }

  /** Fields with their default value are not written, here and below. */
  protected unsigned(tag: number, value: number): void {
    if (value === 0) return
    this.#varint(tag)
    this.#varint(value)
  }

  protected signed(tag: number, value: bigint): void {
    if (value === 0n) return
    this.#varint(tag)
    let rest = BigInt.asUintN(64, value)
    for (; rest >= 0x80n; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80)
    this.#byte(Number(rest))
  }

  protected boolean(tag: number, value: boolean): void {
    if (value) this.unsigned(tag, 1)
  }

  protected bytes(tag: number, value: Uint8Array): void {
    if (value.length === 0) return
    this.#varint(tag)
    this.#varint(value.length)
    this.raw(value)
  }

  /** What is encoded already. */
  protected raw(value: Uint8Array): void {
    this.#out?.set(value, this.#at)
    this.#at += value.length
  }

  /** Begins a nested message; returns what `end` needs. */
  protected begin(tag: number): number {
    this.#varint(tag)
    if (this.#out === undefined) {
      this.#lengths.push(this.#at)
      return this.#lengths.length - 1
    }
    this.#varint(this.#lengths[this.#next++] as number)
    return 0
  }

  protected end(message: number): void {
    if (this.#out !== undefined) return
    const length = this.#at - (this.#lengths[message] as number)
    this.#lengths[message] = length
    this.#varint(length)
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.#byte(rest)
  }

  #byte(value: number): void {
    if (this.#out !== undefined) this.#out[this.#at] = value
    this.#at++
  }
}

/** Whether it is compressed, which it is not, and its length. */
export const FRAME_HEADER_BYTES = 5
