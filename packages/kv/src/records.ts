import { QuorateError, isMalformed, messageCodec } from '@quorate/core'
import type { Position } from './key-index.js'
import { leaseFromText, leaseToText } from './lease-id.js'
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

const records = messageCodec({
  put: { key: 'bytes', value: 'bytes', create: 'uint', version: 'uint', lease: { optional: 'string' } },
  delete: { key: 'bytes' },
})

export type ChangeRecord =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly kv: KeyValue }
  | { readonly type: 'delete'; readonly key: Uint8Array }

export function encodePut(kv: KeyValue): Uint8Array {
  const { key, value, createRevision: create, version } = kv
  return records.encode({ type: 'put', key, value, create, version, lease: leaseToText(kv.lease) })
}

export function encodeDelete(key: Uint8Array): Uint8Array {
  return records.encode({ type: 'delete', key })
}

/** Throws `QUORATE_CORRUPT_STORE` for bytes that are no record. */
export function decodeRecord(main: number, bytes: Uint8Array): ChangeRecord {
  const record = records.decode(bytes)
  if (isMalformed(record)) throw corruptStore(`a record of revision ${main} is unreadable: ${record.reason}`)
  if (record.type === 'delete') return record
  const lease = leaseFromText(record.lease)
  if (lease === undefined) throw corruptStore(`a record of revision ${main} has lease ${record.lease}`)
  const { key, value, create, version } = record
  return { type: 'put', key, kv: { key, value, createRevision: create, modRevision: main, version, lease } }
}

/** Space, revision and place, so that the order of keys is that of changes. */
export function recordKey(space: number, main: number, sub: number): Uint8Array {
  const key = new Uint8Array(RECORD_KEY_BYTES)
  const view = new DataView(key.buffer)
  key[0] = space
  view.setUint32(1, Math.floor(main / 0x1_0000_0000))
  view.setUint32(5, main % 0x1_0000_0000)
  view.setUint32(9, sub)
  return key
}

export function positionOf(key: Uint8Array): Position {
  if (key.length !== RECORD_KEY_BYTES) throw corruptStore(`a key of ${key.length} bytes is none of ours`)
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  return { main: view.getUint32(1) * 0x1_0000_0000 + view.getUint32(5), sub: view.getUint32(9) }
}

const RECORD_KEY_BYTES = 13

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
