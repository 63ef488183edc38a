import { QuorateError, isMalformed, messageCodec } from '@quorate/core'
import { readInt64, readUint32, readUint53, writeInt64, writeUint32, writeUint53 } from './bytes.js'
import type { Position } from './key-index.js'
import type { OrderedReads } from './ordered-store.js'
import type { KeyValue } from './results.js'

/**
 * What the store holds: a head under one key, and a record of each change under its revision. Records stand in one of two spaces, of
 * which the head names the current one: a snapshot fills the other, and becomes current by one write.
 */
export type Space = 1 | 2

export interface Head {
  readonly space: Space
  readonly appliedIndex: number
  readonly revision: number
  readonly compactRevision: number
  readonly bytes: number
  readonly quotaBytes: number
  readonly noSpace: boolean
}

export const headKey = Uint8Array.of(0)

const heads = messageCodec({
  head: {
    format: 'uint',
    space: 'uint',
    appliedIndex: 'uint',
    revision: 'uint',
    compactRevision: 'int',
    bytes: 'uint',
    quotaBytes: 'uint',
    noSpace: 'boolean',
  },
})

/** The format of heads and records, and of snapshots, which are made of them. */
const FORMAT = 1

export function encodeHead(head: Head): Uint8Array {
  return heads.encode({ ...head, type: 'head', format: FORMAT })
}

/** Throws `QUORATE_CORRUPT_STORE` for bytes that are no head, `QUORATE_UNSUPPORTED_VERSION` for one of another format. */
export function decodeHead(bytes: Uint8Array): Head {
  const head = heads.decode(bytes)
  if (isMalformed(head)) throw corruptStore(`its head is unreadable: ${head.reason}`)
  if (head.format !== FORMAT) {
    throw new QuorateError(
      'QUORATE_UNSUPPORTED_VERSION',
      `the key-value state has format ${head.format}, this release knows format ${FORMAT}; run the release that wrote it`,
      { format: head.format, known: FORMAT },
    )
  }
  if (head.space !== 1 && head.space !== 2) throw corruptStore(`its head names space ${head.space}`)
  return { ...head, space: head.space }
}

/** The index of the last command in the state that a store holds; 0 when it holds none. Throws as opening it would. */
export function appliedIndexOf(store: Pick<OrderedReads, 'get'>): number {
  const bytes = store.get(headKey)
  return bytes === undefined ? 0 : decodeHead(bytes).appliedIndex
}

/**
 * A put is a byte that says so, the length of its key, the revision that created the key, its version and its lease, then key and value.
 * A deletion is a byte that says so and the key.
 */
const PUT = 1
const DELETE = 2
const KEY_LENGTH_AT = 1
const CREATE_AT = 5
const VERSION_AT = 13
const LEASE_AT = 21
const KEY_AT = 29

export function encodePut(
  key: Uint8Array,
  value: Uint8Array,
  createRevision: number,
  version: number,
  lease: bigint,
): Uint8Array {
  const bytes = new Uint8Array(KEY_AT + key.length + value.length)
  bytes[0] = PUT
  writeUint32(bytes, KEY_LENGTH_AT, key.length)
  writeUint53(bytes, CREATE_AT, createRevision)
  writeUint53(bytes, VERSION_AT, version)
  if (lease !== 0n) writeInt64(bytes, LEASE_AT, lease)
  bytes.set(key, KEY_AT)
  bytes.set(value, KEY_AT + key.length)
  return bytes
}

export function encodeDelete(key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + key.length)
  bytes[0] = DELETE
  bytes.set(key, 1)
  return bytes
}

/** What it returns shares the memory of `bytes`. Throws `QUORATE_CORRUPT_STORE` for bytes that are no put of a key. */
export function decodePut(main: number, bytes: Uint8Array): KeyValue {
  const { valueAt, create: createRevision, version } = decodeChange(main, bytes)
  if (version === 0) throw corruptStore(`a record of revision ${main} is a deletion`)
  const key = bytes.subarray(KEY_AT, valueAt)
  return {
    key,
    value: bytes.subarray(valueAt),
    createRevision,
    modRevision: main,
    version,
    lease: readInt64(bytes, LEASE_AT),
  }
}

/** What the index keeps of a record, and where its parts are. */
interface Change {
  readonly keyAt: number
  readonly valueAt: number
  readonly create: number
  /** 0 for a deletion. */
  readonly version: number
}

/** Throws `QUORATE_CORRUPT_STORE` for bytes that are no record. */
export function decodeChange(main: number, bytes: Uint8Array): Change {
  if (bytes[0] === DELETE && bytes.length > 1) return { keyAt: 1, valueAt: bytes.length, create: 0, version: 0 }
  const valueAt = bytes.length < KEY_AT ? Infinity : KEY_AT + readUint32(bytes, KEY_LENGTH_AT)
  if (bytes[0] !== PUT || valueAt > bytes.length || valueAt === KEY_AT) {
    throw corruptStore(`a record of revision ${main} is unreadable`)
  }
  const create = readUint53(bytes, CREATE_AT)
  const version = readUint53(bytes, VERSION_AT)
  if (create < 1 || create > main || version < 1 || version > main) {
    throw corruptStore(`a record of revision ${main} says it is version ${version} since revision ${create}`)
  }
  return { keyAt: KEY_AT, valueAt, create, version }
}

/** Space, revision and place, so that the order of keys is that of changes. */
export function recordKey(space: number, main: number, sub: number): Uint8Array {
  const key = new Uint8Array(RECORD_KEY_BYTES)
  key[0] = space
  writeUint53(key, 1, main)
  writeUint32(key, 9, sub)
  return key
}

export function positionOf(key: Uint8Array): Position {
  if (key.length !== RECORD_KEY_BYTES) throw corruptStore(`a key of ${key.length} bytes is none of ours`)
  return { main: readUint53(key, 1), sub: readUint32(key, 9) }
}

const RECORD_KEY_BYTES = 13

/** What the record of a put counts beyond its key and value. */
export const PUT_OVERHEAD_BYTES = RECORD_KEY_BYTES + KEY_AT

/** What a record counts against the quota. */
export function recordBytes(record: Uint8Array): number {
  return RECORD_KEY_BYTES + record.length
}

export function corruptStore(what: string): QuorateError {
  return new QuorateError(
    'QUORATE_CORRUPT_STORE',
    `the key-value state cannot be read back: ${what}; restore this member from another or from a backup`,
    { what },
  )
}
