import type { Segment } from './segment.js'

const FIELDS = 3
const OFFSET = 0
const LENGTH = 1
const CHECKSUM = 2

/** Records of one log that follow each other and lie in one segment: twelve bytes of memory each. */
export class Span {
  readonly segment: Segment
  first: number
  count = 0
  #skipped = 0
  #table: Uint32Array

  constructor(segment: Segment, first: number, capacity = 4) {
    this.segment = segment
    this.first = first
    this.#table = new Uint32Array(capacity * FIELDS)
  }

  get last(): number {
    return this.first + this.count - 1
  }

  offset(index: number): number {
    return this.#field(index, OFFSET)
  }

  length(index: number): number {
    return this.#field(index, LENGTH)
  }

  checksum(index: number): number {
    return this.#field(index, CHECKSUM)
  }

  push(offset: number, length: number, checksum: number): void {
    const at = (this.#skipped + this.count) * FIELDS
    if (at === this.#table.length) {
      const grown = new Uint32Array(at * 2)
      grown.set(this.#table)
      this.#table = grown
    }
    this.#table[at + OFFSET] = offset
    this.#table[at + LENGTH] = length
    this.#table[at + CHECKSUM] = checksum
    this.count++
    this.segment.hold(length)
  }

  /** Gives up the records before `index`. */
  dropBefore(index: number): void {
    for (let at = this.first; at < index; at++) this.segment.release(this.length(at))
    this.#skipped += index - this.first
    this.count -= index - this.first
    this.first = index
  }

  /** Gives up the record at `index` and all behind it. */
  dropFrom(index: number): void {
    for (let at = index; at <= this.last; at++) this.segment.release(this.length(at))
    this.count = index - this.first
  }

  /** Parts with the records from `index` on, which become a span of their own. */
  split(index: number): Span {
    const behind = new Span(this.segment, index, Math.max(1, this.last - index + 1))
    for (let at = index; at <= this.last; at++) behind.push(this.offset(at), this.length(at), this.checksum(at))
    this.dropFrom(index)
    return behind
  }

  #field(index: number, field: number): number {
    return this.#table[(this.#skipped + index - this.first) * FIELDS + field] as number
  }
}

/** Where the records of one log lie: spans in the order of their indexes. */
export class RecordIndex {
  first = 1
  last = 0
  readonly #spans: Span[] = []

  get spans(): readonly Span[] {
    return this.#spans
  }

  /** Adds the record behind the last. */
  push(segment: Segment, offset: number, length: number, checksum: number): void {
    const index = ++this.last
    let span = this.#spans.at(-1)
    if (span === undefined || span.segment !== segment || span.last !== index - 1) {
      this.#spans.push((span = new Span(segment, index)))
    }
    span.push(offset, length, checksum)
  }

  /** States where a record of the log lies from now on. */
  move(index: number, segment: Segment, offset: number, length: number, checksum: number): void {
    let at = this.#find(index)
    const old = this.#spans[at]
    if (old?.first === index) {
      old.dropBefore(index + 1)
      if (old.count === 0) this.#spans.splice(at, 1)
    } else if (old !== undefined && old.first < index) {
      if (old.last > index) this.#spans.splice(at + 1, 0, old.split(index + 1))
      old.dropFrom(index)
      at++
    }
    const before = this.#spans[at - 1]
    if (before !== undefined && before.segment === segment && before.last === index - 1) {
      before.push(offset, length, checksum)
    } else {
      const span = new Span(segment, index)
      span.push(offset, length, checksum)
      this.#spans.splice(at, 0, span)
    }
  }

  truncate(from: number): void {
    this.last = from - 1
    for (let span = this.#spans.at(-1); span !== undefined && span.last >= from; span = this.#spans.at(-1)) {
      span.dropFrom(Math.max(from, span.first))
      if (span.count > 0) return
      this.#spans.pop()
    }
  }

  compact(through: number): void {
    this.first = through + 1
    this.last = Math.max(this.last, through)
    let dead = 0
    for (const span of this.#spans) {
      if (span.first > through) break
      span.dropBefore(Math.min(through, span.last) + 1)
      if (span.count > 0) break
      dead++
    }
    this.#spans.splice(0, dead)
  }

  /** Sets what the log holds; records whose places are not known yet may be among it. */
  setBounds(first: number, last: number): void {
    this.compact(first - 1)
    this.truncate(Math.max(first, last + 1))
    this.last = last
  }

  /** The span that holds the record `index`, or `undefined`. */
  spanOf(index: number): Span | undefined {
    const span = this.#spans[this.#find(index)]
    return span !== undefined && span.first <= index ? span : undefined
  }

  /** The first record of the log whose place is not known, or `undefined`. */
  firstMissing(): number | undefined {
    let next = this.first
    for (const span of this.#spans) {
      if (span.first !== next) return next
      next = span.last + 1
    }
    return next <= this.last ? next : undefined
  }

  /** Position of the first span that ends at `index` or behind it. */
  #find(index: number): number {
    let low = 0
    let high = this.#spans.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#spans[middle] as Span).last < index) low = middle + 1
      else high = middle
    }
    return low
  }
}
