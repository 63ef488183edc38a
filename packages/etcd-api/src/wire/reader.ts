/**
 * Reads protobuf from bytes that a client sent. Nothing throws: after the first mistake `failure` says what it was, and all that is read from
 * then on is empty, so that callers look once, at the end.
 */
export class Reader {
  failure: string | undefined
  #bytes: Uint8Array = empty
  #at = 0
  #end = 0

  begin(bytes: Uint8Array): void {
    this.failure = undefined
    this.#bytes = bytes
    this.#at = 0
    this.#end = bytes.length
  }

  /** Field number and wire type of the next field, as one number; 0 at the end. */
  tag(): number {
    if (this.#at >= this.#end) return 0
    const byte = this.#bytes[this.#at] as number
    if (byte < 0x80 && byte > 7) {
      this.#at++
      return byte
    }
    const tag = this.unsigned()
    if (tag < 8 || tag > 0xffff_ffff) this.#fail('proto: illegal tag')
    return this.failure === undefined ? tag : 0
  }

  /** A varint as it is written, exact up to 53 bits. */
  unsigned(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < MOST_VARINT_BYTES; count++) {
      if (this.#at >= this.#end) break
      const byte = this.#bytes[this.#at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
    this.#fail(this.#at >= this.#end ? ENDED : 'proto: integer overflow')
    return 0
  }

  boolean(): boolean {
    return this.unsigned() !== 0
  }

  /** An int64, held within the integers that are exact: no revision or count is beyond them. */
  integer(): number {
    const start = this.#at
    const value = this.unsigned()
    if (this.#at - start < MOST_VARINT_BYTES) return value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : value
    // Ten bytes are a negative one.
    this.#at = start
    const exact = this.bigint()
    return exact < BigInt(Number.MIN_SAFE_INTEGER) ? Number.MIN_SAFE_INTEGER : Number(exact)
  }

  /** An int64. */
  bigint(): bigint {
    const start = this.#at
    const value = this.unsigned()
    if (value <= Number.MAX_SAFE_INTEGER) return BigInt(value)
    let exact = 0n
    for (let at = this.#at - 1; at >= start; at--) exact = (exact << 7n) | BigInt((this.#bytes[at] as number) & 0x7f)
    return BigInt.asIntN(64, exact)
  }

  /** Not a copy. */
  bytes(): Uint8Array {
    const length = this.unsigned()
    const start = this.#at
    if (length > this.#end - start) {
      this.#fail(ENDED)
      return empty
    }
    this.#at = start + length
    return this.#bytes.subarray(start, this.#at)
  }

  /** Begins a message within this one, and returns what `leave` needs. */
  enter(): number {
    const outer = this.#end
    const length = this.unsigned()
    if (length > outer - this.#at) this.#fail(ENDED)
    else this.#end = this.#at + length
    return outer
  }

  leave(outer: number): void {
    if (this.failure === undefined) this.#end = outer
  }

  /** Passes over a field, which must not be one of `known`, a bit for each field number: that would have another wire type. */
  skip(tag: number, known: number): void {
    const field = tag >>> 3
    const type = tag & 7
    if (field < 32 && (known & (1 << field)) !== 0) this.#fail(`proto: wrong wireType = ${type} for field ${field}`)
    else if (type === 0) this.unsigned()
    else if (type === 1) this.#pass(8)
    else if (type === 2) this.#pass(this.unsigned())
    else if (type === 5) this.#pass(4)
    else this.#fail(`proto: illegal wireType ${type}`)
  }

  #pass(length: number): void {
    if (length > this.#end - this.#at) this.#fail(ENDED)
    else this.#at += length
  }

  #fail(why: string): void {
    this.failure ??= why
    this.#at = this.#end
  }
}

/** A bit for each field number, for `skip`. */
export function fields(...numbers: readonly number[]): number {
  return numbers.reduce((bits, field) => bits | (1 << field), 0)
}

const empty = new Uint8Array(0)
const MOST_VARINT_BYTES = 10
const ENDED = 'unexpected EOF'
