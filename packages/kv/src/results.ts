import type { Refusal } from './errors.js'

/** Its bytes may be the state's own: do not change them. */
export interface KeyValue {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** The revision in which the key came to be. */
  readonly createRevision: number
  /** The revision of its last change. */
  readonly modRevision: number
  /** How often it was put since it came to be. */
  readonly version: number
  /** 0 is none. */
  readonly lease: bigint
}

export interface PutResult {
  readonly type: 'put'
  readonly revision: number
  readonly prevKv?: KeyValue | undefined
}

export interface DeleteRangeResult {
  readonly type: 'deleteRange'
  readonly revision: number
  readonly deleted: number
  readonly prevKvs: readonly KeyValue[]
}

export interface RangeResult {
  readonly type: 'range'
  /** The current revision, whichever was read at. */
  readonly revision: number
  readonly kvs: readonly KeyValue[]
  /** The limit kept keys out. */
  readonly more: boolean
  /** How many keys the range has, whatever limit and bounds kept out. */
  readonly count: number
}

export interface TxnResult {
  readonly type: 'txn'
  /** 0 for a transaction within another, as etcd has it. */
  readonly revision: number
  readonly succeeded: boolean
  readonly responses: readonly OperationResult[]
}

export type OperationResult = PutResult | DeleteRangeResult | RangeResult | TxnResult

/** What a command came to. A refused one changed nothing. */
export type Result =
  | OperationResult
  | { readonly type: 'compact'; readonly revision: number }
  | { readonly type: 'setQuota'; readonly revision: number }
  | { readonly type: 'disarm'; readonly revision: number }
  | Refusal
