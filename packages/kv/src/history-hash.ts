/**
 * etcd's hash of a history: a CRC-32C of the name of its bucket and of every change that is kept, as etcd 3.4 stores it. So a replica can
 * be compared with a real etcd that was told the same.
 *
 * etcd 3.4, `mvcc/kvstore.go`, `hashByRev`, and `mvcc/revision.go`.
 */
import { toBinary, writeUint32, writeUint53 } from './bytes.js'
import { Checksum } from './checksum.js'
import type { OrderedReads } from './ordered-store.js'
import { decodeChange, decodePut, positionOf, recordKey, type Space } from './records.js'
import type { KeyValue } from './results.js'

/** What is to be hashed. */
export interface HashedHistory {
  readonly reads: Pick<OrderedReads, 'range'>
  readonly space: Space
  readonly compactRevision: number
  /** The last revision; nothing is hashed but the name when there is none up to it. */
  readonly upTo: number
}

/**
 * Of the revisions up to the compacted one etcd hashes only what a read at `upTo` sees, since the rest may be gone or not yet. If such a
 * read sees nothing at all, it hashes whatever is kept.
 */
export function* hashHistory(history: HashedHistory): Generator<void, number> {
  const { compactRevision } = history
  const later = yield* readLater(history)
  let checksum = checksumOfName()
  const whole = later.born > later.died ? undefined : checksumOfName()
  let live = later.born - later.died
  let compacted = compactRevision > 0
  let count = 0
  for (const [main, sub, record] of changes(history, 0)) {
    if (++count % RECORDS_A_STEP === 0) yield
    if (compacted && main > compactRevision) {
      compacted = false
      if (live === 0 && whole !== undefined) checksum = whole
    }
    if (!compacted) {
      addChange(checksum, main, sub, record)
      continue
    }
    // What is kept of the compacted revision itself beyond its outcome is kept for others than readers; etcd has forgotten it.
    const key = toBinary(record.key)
    if (record.type === 'delete' || (main === compactRevision && later.outcomes.get(key) !== sub)) continue
    live++
    if (!later.changed.has(key)) addChange(checksum, main, sub, record)
    if (whole !== undefined) addChange(whole, main, sub, record)
  }
  return compacted && live === 0 && whole !== undefined ? whole.value : checksum.value
}

/** What the revisions from the compacted one on say about those up to it. */
interface Later {
  /** Keys that came to be and keys that were deleted, after the compacted revision. */
  born: number
  died: number
  /** At least the keys that existed at the compacted revision and were changed since. */
  readonly changed: Set<string>
  /** The places of the last changes in the compacted revision. */
  readonly outcomes: Map<string, number>
}

function* readLater(history: HashedHistory): Generator<void, Later> {
  const { compactRevision } = history
  const later: Later = { born: 0, died: 0, changed: new Set(), outcomes: new Map() }
  if (compactRevision <= 0) return later
  let count = 0
  for (const [main, sub, record] of changes(history, compactRevision)) {
    if (++count % RECORDS_A_STEP === 0) yield
    if (main === compactRevision) later.outcomes.set(toBinary(record.key), sub)
    else if (record.type === 'delete') {
      later.died++
      later.changed.add(toBinary(record.key))
    } else if (record.kv.version === 1) later.born++
    else if (record.kv.createRevision <= compactRevision) later.changed.add(toBinary(record.key))
  }
  return later
}

/** How many records are read in one step. */
const RECORDS_A_STEP = 1000

function* changes(history: HashedHistory, from: number): Generator<readonly [number, number, ChangeRecord]> {
  const { reads, space, upTo } = history
  if (upTo < from) return
  for (const [key, bytes] of reads.range(recordKey(space, from, 0), recordKey(space, upTo + 1, 0))) {
    const { main, sub } = positionOf(key)
    yield [main, sub, decodeRecord(main, bytes)]
  }
}

type ChangeRecord =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly kv: KeyValue }
  | { readonly type: 'delete'; readonly key: Uint8Array }

function decodeRecord(main: number, bytes: Uint8Array): ChangeRecord {
  const { keyAt, valueAt, version } = decodeChange(main, bytes)
  const key = bytes.subarray(keyAt, valueAt)
  return version === 0 ? { type: 'delete', key } : { type: 'put', key, kv: decodePut(main, bytes) }
}

function checksumOfName(): Checksum {
  const checksum = new Checksum()
  checksum.add(Uint8Array.of(0x6b, 0x65, 0x79)) // "key"
  return checksum
}

function addChange(checksum: Checksum, main: number, sub: number, record: ChangeRecord): void {
  checksum.add(revisionBytes(main, sub, record.type === 'delete'))
  checksum.add(keyValueBytes(record))
}

/** A revision as etcd's store has it for a key: both numbers in eight bytes each, `_` in between, and `t` behind a deletion. */
function revisionBytes(main: number, sub: number, deleted: boolean): Uint8Array {
  const bytes = new Uint8Array(deleted ? 18 : 17)
  writeUint53(bytes, 0, main)
  bytes[8] = 0x5f
  writeUint32(bytes, 13, sub)
  if (deleted) bytes[17] = 0x74
  return bytes
}

/** A `mvccpb.KeyValue`; that of a deletion has only its key. */
function keyValueBytes(record: ChangeRecord): Uint8Array {
  const { key } = record
  const value = record.type === 'put' ? record.kv.value : NO_VALUE
  const bytes = new Uint8Array(key.length + value.length + MOST_BYTES_OF_NUMBERS)
  let at = 0
  const number = (tag: number, wide: bigint | number): void => {
    if (wide === 0 || wide === 0n) return
    bytes[at++] = tag
    if (typeof wide === 'number') {
      let rest = wide
      for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80
      bytes[at++] = rest
      return
    }
    let rest = BigInt.asUintN(64, wide)
    for (; rest >= 0x80n; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80
    bytes[at++] = Number(rest)
  }
  const text = (tag: number, content: Uint8Array): void => {
    if (content.length === 0) return
    number(tag, content.length)
    bytes.set(content, at)
    at += content.length
  }
  text(0x0a, key)
  if (record.type === 'put') {
    const { createRevision, modRevision, version, lease } = record.kv
    number(0x10, createRevision)
    number(0x18, modRevision)
    number(0x20, version)
    text(0x2a, value)
    number(0x30, lease)
  }
  return bytes.subarray(0, at)
}

const NO_VALUE = new Uint8Array(0)
/** Two lengths and four numbers, each with its tag. */
const MOST_BYTES_OF_NUMBERS = 6 * 11
