/**
 * A running 64-bit hash of everything that happens in a run: two runs with the same hash did the same. Not cryptographic.
 *
 * Two lanes of multiply and xor-shift over 32-bit words, finished as MurmurHash3 does (A. Appleby, 2011).
 */
export class TraceHash {
  #low = 0x9e37_79b9 | 0
  #high = 0x85eb_ca6b | 0
  readonly #float = new Float64Array(1)
  readonly #words = new Uint32Array(this.#float.buffer)

  integer(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0xcc9e_2d51)
    this.#low ^= this.#low >>> 15
    this.#high = Math.imul(this.#high ^ (value + 0x165667b1), 0x1b87_3593)
    this.#high ^= this.#high >>> 13
  }

  number(value: number): void {
    this.#float[0] = value
    this.integer(this.#words[0] as number)
    this.integer(this.#words[1] as number)
  }

  text(value: string): void {
    this.integer(value.length)
    for (let index = 0; index < value.length; index++) this.integer(value.charCodeAt(index))
  }

  bytes(value: Uint8Array): void {
    const length = value.length
    this.integer(length)
    let index = 0
    for (; index + 3 < length; index += 4) {
      this.integer(
        (value[index] as number) |
          ((value[index + 1] as number) << 8) |
          ((value[index + 2] as number) << 16) |
          ((value[index + 3] as number) << 24),
      )
    }
    for (; index < length; index++) this.integer(value[index] as number)
  }

  /** Plain data of any shape, without writing it out as text first. */
  value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.integer(kind.number)
        this.number(value)
        return
      case 'string':
        this.integer(kind.string)
        this.text(value)
        return
      case 'boolean':
        this.integer(value ? kind.true : kind.false)
        return
      case 'bigint':
        this.integer(kind.bigint)
        this.text(value.toString())
        return
      case 'object':
        this.#object(value)
        return
      default:
        this.integer(kind.none)
    }
  }

  #object(value: object | null): void {
    if (value === null) {
      this.integer(kind.null)
    } else if (ArrayBuffer.isView(value)) {
      this.integer(kind.bytes)
      this.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    } else if (Array.isArray(value)) {
      this.integer(kind.list)
      this.integer(value.length)
      for (const item of value as readonly unknown[]) this.value(item)
    } else {
      this.integer(kind.record)
      for (const name in value) {
        this.text(name)
        this.value((value as Readonly<Record<string, unknown>>)[name])
      }
      this.integer(kind.end)
    }
  }

  /** The hash so far, as 16 hexadecimal digits. */
  digest(): string {
    return hex(finish(this.#low ^ (this.#high >>> 16))) + hex(finish(this.#high ^ (this.#low << 7)))
  }
}

/** What each kind of value adds to the hash, so that no two kinds hash the same. */
const kind = {
  none: 1,
  null: 2,
  false: 3,
  true: 4,
  number: 5,
  bigint: 6,
  string: 7,
  bytes: 8,
  list: 9,
  record: 10,
  end: 11,
} as const

function finish(value: number): number {
  let mixed = value ^ (value >>> 16)
  mixed = Math.imul(mixed, 0x85eb_ca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2_ae35)
  return mixed ^ (mixed >>> 16)
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}
