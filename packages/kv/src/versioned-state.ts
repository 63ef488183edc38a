import { fromBinary, toBinary } from './bytes.js'
import { KeyIndex, type KeyRange, type Position } from './key-index.js'
import type { OrderedChange, OrderedStore } from './ordered-store.js'
import type { Image } from './reads.js'
import {
  corruptStore,
  decodeChange,
  decodeHead,
  decodePut,
  encodeDelete,
  encodeHead,
  encodePut,
  headKey,
  positionOf,
  recordBytes,
  recordKey,
  type Head,
  type Space,
} from './records.js'
import type { KeyValue } from './results.js'

/** etcd's default quota: 2 GiB. */
export const defaultQuotaBytes = 2 * 1024 * 1024 * 1024

/**
 * All revisions of all keys that are kept. Keys and their revisions are indexed in memory; records stand in the store, or, until the
 * next commit, in `pending`.
 */
export class VersionedState implements Image {
  readonly index = new KeyIndex()
  readonly #store: OrderedStore
  readonly #space: Space
  #appliedIndex: number
  #revision: number
  #compactRevision: number
  #bytes: number
  quotaBytes: number
  noSpace: boolean
  /** How many changes the revision in progress has. */
  #sub = 0
  #changes: OrderedChange[] = []
  /** Of each revision that is not committed, where its changes begin in `#changes`. */
  readonly #pending = new Map<number, number>()

  /** Rebuilds the index of the state that `head` describes. Throws `QUORATE_CORRUPT_STORE` unless the records are those of that state. */
  constructor(store: OrderedStore, head: Head) {
    this.#store = store
    this.#space = head.space
    this.#appliedIndex = head.appliedIndex
    this.#revision = head.revision
    this.#compactRevision = head.compactRevision
    this.#bytes = head.bytes
    this.quotaBytes = head.quotaBytes
    this.noSpace = head.noSpace
    let bytes = 0
    for (const [key, value] of recordsOf(store, head.space)) {
      const position = positionOf(key)
      if (position.main > head.revision) throw corruptStore(`revision ${position.main} is beyond ${head.revision}`)
      const { keyAt, valueAt, create, version } = decodeChange(position.main, value)
      this.index.load(toBinary(value.subarray(keyAt, valueAt)), position, create, version)
      bytes += recordBytes(value)
    }
    this.index.endLoad()
    if (bytes !== head.bytes) throw corruptStore(`its records have ${bytes} bytes, its head says ${head.bytes}`)
  }

  /** The state that a store holds, or the empty one at revision 1. */
  static open(store: OrderedStore): VersionedState {
    const bytes = store.get(headKey)
    const head = bytes === undefined ? emptyHead : decodeHead(bytes)
    // What a snapshot left that was never finished, or the state that one replaced.
    clearSpace(store, otherSpace(head.space))
    return new VersionedState(store, head)
  }

  get appliedIndex(): number {
    return this.#appliedIndex
  }

  /** The last revision, without that in progress. */
  get revision(): number {
    return this.#revision
  }

  /** The revision as seen from within: one more once that in progress has changes. */
  get current(): number {
    return this.#sub > 0 ? this.#revision + 1 : this.#revision
  }

  get compactRevision(): number {
    return this.#compactRevision
  }

  /** Of all records, with those of the history. */
  get bytes(): number {
    return this.#bytes
  }

  get space(): Space {
    return this.#space
  }

  head(): Head {
    return {
      space: this.#space,
      appliedIndex: this.#appliedIndex,
      revision: this.#revision,
      compactRevision: this.#compactRevision,
      bytes: this.#bytes,
      quotaBytes: this.quotaBytes,
      noSpace: this.noSpace,
    }
  }

  keyValue({ main, sub }: Position): KeyValue {
    return decodePut(main, this.#recordAt(main, sub))
  }

  /** The last change of a key that exists, as seen from within. */
  latest(key: string): Position | undefined {
    const history = this.index.get(key)
    return history?.live === true ? history : undefined
  }

  put(keyBytes: Uint8Array, value: Uint8Array, lease: bigint): void {
    const key = toBinary(keyBytes)
    const history = this.index.get(key)
    const main = this.#revision + 1
    const create = history?.live === true ? history.create : main
    const version = (history?.version ?? 0) + 1
    this.index.add(key, this.#record(main, encodePut(keyBytes, value, create, version, lease)), create, version)
  }

  /** Deletes the keys of a range that exist, and returns how many did. */
  deleteRange(range: KeyRange): number {
    const keys: string[] = []
    this.index.scan(range, (key, history) => {
      if (history.live) keys.push(key)
    })
    for (const key of keys) {
      this.index.add(key, this.#record(this.#revision + 1, encodeDelete(fromBinary(key))), 0, 0)
    }
    return keys.length
  }

  /** Ends the revision in progress, if it has changes. */
  endRevision(): void {
    this.#revision = this.current
    this.#sub = 0
  }

  /** Gives up what only reads before `revision` would see. */
  compact(revision: number): void {
    this.index.compact(revision, (main, sub) => this.#forget(main, sub))
    this.#compactRevision = revision
  }

  /** Makes all changes durable, as those of the commands up to `appliedIndex`. */
  commit(appliedIndex: number): void {
    this.#appliedIndex = appliedIndex
    this.#changes.push({ key: headKey, value: encodeHead(this.head()) })
    this.#store.commit(this.#changes)
    this.#changes = []
    this.#pending.clear()
  }

  #record(main: number, bytes: Uint8Array): Position {
    const sub = this.#sub++
    this.#changes.push({ key: recordKey(this.#space, main, sub), value: bytes })
    this.#bytes += recordBytes(bytes)
    if (sub === 0) this.#pending.set(main, this.#changes.length - 1)
    return { main, sub }
  }

  #forget(main: number, sub: number): void {
    this.#bytes -= recordBytes(this.#recordAt(main, sub))
    this.#changes.push({ key: recordKey(this.#space, main, sub), value: undefined })
  }

  #recordAt(main: number, sub: number): Uint8Array {
    const from = this.#pending.get(main)
    const bytes =
      from === undefined ? this.#store.get(recordKey(this.#space, main, sub)) : this.#changes[from + sub]?.value
    if (bytes === undefined) throw corruptStore(`the record of revision ${main}, ${sub} is missing`)
    return bytes
  }
}

const emptyHead: Head = {
  space: 1,
  appliedIndex: 0,
  revision: 1,
  // As in etcd: so revision 0 may be compacted, once.
  compactRevision: -1,
  bytes: 0,
  quotaBytes: defaultQuotaBytes,
  noSpace: false,
}

export function otherSpace(space: Space): Space {
  return space === 1 ? 2 : 1
}

export function recordsOf(
  store: Pick<OrderedStore, 'range'>,
  space: Space,
): Iterable<readonly [Uint8Array, Uint8Array]> {
  return store.range(Uint8Array.of(space), Uint8Array.of(space + 1))
}

/** Deletes all records of a space, some at a time. */
export function clearSpace(store: OrderedStore, space: Space): void {
  let changes: OrderedChange[] = []
  for (const [key] of recordsOf(store, space)) {
    changes.push({ key, value: undefined })
    if (changes.length < CLEARED_AT_ONCE) continue
    store.commit(changes)
    changes = []
  }
  if (changes.length > 0) store.commit(changes)
}

const CLEARED_AT_ONCE = 10_000
