import { QuorateError, isQuorateError } from '@quorate/core'
import { Checksum } from './checksum.js'
import { FrameReader, FrameWriter } from './frames.js'
import type { OrderedChange, OrderedStore, OrderedView } from './ordered-store.js'
import { decodeHead, encodeHead, headKey, type Head, type Space } from './records.js'
import { VersionedState, clearSpace, recordsOf } from './versioned-state.js'

/**
 * A snapshot is a row of frames: the head, the records in the order of revisions, and an end with their number and the checksum of all. Its chunks
 * may be cut and joined on the way.
 */
const HEAD = 1
const RECORD = 2
const END = 3

/** About the size of a chunk, in bytes. A single greater record makes a greater chunk. */
const CHUNK_BYTES = 64 * 1024
/** More than any record: those are bounded by the longest request. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024
const COMMIT_BYTES = 1024 * 1024

/** The chunks of the state that `view` holds; closes it at the end, or when the reader goes. */
export function* snapshotChunks(view: OrderedView, head: Head): Generator<Uint8Array> {
  try {
    const writer = new FrameWriter()
    const checksum = new Checksum()
    let count = 0
    const first = frame(HEAD, encodeHead(head))
    checksum.add(first)
    writer.write(first)
    for (const [key, value] of recordsOf(view, head.space)) {
      const record = frame(RECORD, key.subarray(1), value)
      checksum.add(record)
      count++
      writer.write(record)
      if (writer.length >= CHUNK_BYTES) yield writer.take()
    }
    writer.write(endFrame(count, checksum.value))
    yield writer.take()
  } finally {
    view.close()
  }
}

/** Writes a snapshot, chunk by chunk, into a space that nobody reads. */
export class SnapshotWriter {
  readonly #store: OrderedStore
  readonly #space: Space
  readonly #reader = new FrameReader(MAX_FRAME_BYTES)
  readonly #checksum = new Checksum()
  #changes: OrderedChange[] = []
  #changesBytes = 0
  #count = 0
  #head: Head | undefined
  #ended = false

  constructor(store: OrderedStore, space: Space) {
    this.#store = store
    this.#space = space
    clearSpace(store, space)
  }

  /** Throws `QUORATE_INVALID_SNAPSHOT` for bytes that are none. */
  chunk(bytes: Uint8Array): void {
    this.#reader.push(bytes)
    for (let next = this.#reader.next(); next !== undefined; next = this.#reader.next()) this.#take(next)
    if (this.#reader.broken) throw invalidSnapshot('a frame is too long')
  }

  /** Makes the snapshot the store's state and returns it. Until then the store's state was the old one. */
  finish(appliedIndex: number): VersionedState {
    if (!this.#ended || this.#head === undefined || this.#reader.pending > 0) throw invalidSnapshot('it breaks off')
    if (this.#head.appliedIndex !== appliedIndex) {
      throw invalidSnapshot(`it is of index ${this.#head.appliedIndex}, not of ${appliedIndex}`)
    }
    this.#commit()
    const head = { ...this.#head, space: this.#space }
    const state = sound(() => new VersionedState(this.#store, head))
    this.#store.commit([{ key: headKey, value: encodeHead(head) }])
    return state
  }

  abandon(): void {
    this.#changes = []
    clearSpace(this.#store, this.#space)
  }

  #take(bytes: Uint8Array): void {
    const kind = bytes[0]
    if (this.#ended) throw invalidSnapshot('something follows its end')
    if ((kind === HEAD) !== (this.#head === undefined)) throw invalidSnapshot('its head is missing or given twice')
    if (kind === HEAD) this.#takeHead(bytes)
    else if (kind === RECORD && bytes.length > RECORD_HEAD_BYTES) this.#takeRecord(bytes)
    else if (kind === END) this.#takeEnd(bytes)
    else throw invalidSnapshot(`a frame of ${bytes.length} bytes is of kind ${kind}`)
  }

  #takeHead(bytes: Uint8Array): void {
    this.#checksum.add(bytes)
    this.#head = sound(() => decodeHead(bytes.subarray(1)))
  }

  #takeRecord(bytes: Uint8Array): void {
    this.#checksum.add(bytes)
    this.#count++
    const key = new Uint8Array(RECORD_HEAD_BYTES)
    key.set(bytes.subarray(0, RECORD_HEAD_BYTES))
    key[0] = this.#space
    // Copied: the store keeps it, and what it is cut from is the transport's.
    const value = new Uint8Array(bytes.length - RECORD_HEAD_BYTES)
    value.set(bytes.subarray(RECORD_HEAD_BYTES))
    this.#changes.push({ key, value })
    this.#changesBytes += bytes.length
    if (this.#changesBytes >= COMMIT_BYTES) this.#commit()
  }

  #takeEnd(bytes: Uint8Array): void {
    const expected = endFrame(this.#count, this.#checksum.value)
    const equal = bytes.length === expected.length && bytes.every((byte, index) => byte === expected[index])
    if (!equal) throw invalidSnapshot('its records are not those that its end counts')
    this.#ended = true
  }

  #commit(): void {
    this.#store.commit(this.#changes)
    this.#changes = []
    this.#changesBytes = 0
  }
}

/** The kind of a frame, in the place of a space, and a position. */
const RECORD_HEAD_BYTES = 13

function frame(kind: number, first: Uint8Array, second?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + first.length + (second?.length ?? 0))
  bytes[0] = kind
  bytes.set(first, 1)
  if (second !== undefined) bytes.set(second, 1 + first.length)
  return bytes
}

function endFrame(count: number, checksum: number): Uint8Array {
  const bytes = new Uint8Array(13)
  const view = new DataView(bytes.buffer)
  bytes[0] = END
  view.setFloat64(1, count)
  view.setUint32(9, checksum)
  return bytes
}

/** What reading a store finds wrong is here wrong with the snapshot. */
function sound<Read>(read: () => Read): Read {
  try {
    return read()
  } catch (error) {
    if (isQuorateError(error, 'QUORATE_CORRUPT_STORE')) throw invalidSnapshot(String(error.data['what']))
    throw error
  }
}

function invalidSnapshot(what: string): QuorateError {
  return new QuorateError('QUORATE_INVALID_SNAPSHOT', `a snapshot cannot be restored: ${what}; ask for another`, {
    what,
  })
}
