import type { Usage } from './limits.js'

/** What an array of bytes costs beside its bytes, roughly. */
const ARRAY_OVERHEAD_BYTES = 128

const NONE = new Uint8Array(0)

/** The newest records of one log, in memory. The oldest go when memory is short; the log reads those from the disk. */
export class CachedTail {
  readonly #usage: Usage
  #records: Uint8Array[] = []
  #head = 0
  #first: number
  #bytes = 0

  constructor(usage: Usage, first: number) {
    this.#usage = usage
    this.#first = first
  }

  /** Index of the first record in memory; one past the log's last when there is none. */
  get first(): number {
    return this.#first
  }

  get bytes(): number {
    return this.#bytes
  }

  get(index: number): Uint8Array {
    return this.#records[this.#head + index - this.#first] as Uint8Array
  }

  push(record: Uint8Array): void {
    this.#records.push(record)
    this.#count(record.length + ARRAY_OVERHEAD_BYTES)
  }

  /** Lets go of the oldest records until at most `bytes` are kept. */
  shrink(bytes: number): void {
    while (this.#bytes > bytes) this.#shift()
  }

  truncate(from: number): void {
    while (this.#records.length > this.#head && this.#first + this.#records.length - this.#head > from) {
      this.#count(-((this.#records.pop() as Uint8Array).length + ARRAY_OVERHEAD_BYTES))
    }
    if (this.#first > from) this.#first = from
  }

  compact(through: number): void {
    while (this.#records.length > this.#head && this.#first <= through) this.#shift()
    if (this.#first <= through) this.#first = through + 1
  }

  #shift(): void {
    this.#count(-((this.#records[this.#head] as Uint8Array).length + ARRAY_OVERHEAD_BYTES))
    this.#records[this.#head++] = NONE
    this.#first++
    if (this.#head < 64 || this.#head * 2 < this.#records.length) return
    this.#records = this.#records.slice(this.#head)
    this.#head = 0
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#usage.cachedBytes += bytes
  }
}
