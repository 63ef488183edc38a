/**
 * The requests of etcd's key-value service. A range is a key and its end, which is not included: without an end it is the one key, with
 * the end of a single zero byte it is every key from the first on.
 */
export interface PutRequest {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** The lease that the key goes with; 0, the default, is none. */
  readonly lease?: bigint | undefined
  readonly prevKv?: boolean | undefined
  /** Keeps the value that the key has; the key must exist. */
  readonly ignoreValue?: boolean | undefined
  /** Keeps the lease that the key has; the key must exist. */
  readonly ignoreLease?: boolean | undefined
}

export interface DeleteRangeRequest {
  readonly key: Uint8Array
  readonly rangeEnd?: Uint8Array | undefined
  readonly prevKv?: boolean | undefined
}

export const sortOrders = ['none', 'ascend', 'descend'] as const
export const sortTargets = ['key', 'version', 'create', 'mod', 'value'] as const

export interface RangeRequest {
  readonly key: Uint8Array
  readonly rangeEnd?: Uint8Array | undefined
  /** The most keys to return; 0, the default, and less are no limit. */
  readonly limit?: number | undefined
  /** The revision to read at; 0, the default, and less are the current one. */
  readonly revision?: number | undefined
  readonly sortOrder?: (typeof sortOrders)[number] | undefined
  readonly sortTarget?: (typeof sortTargets)[number] | undefined
  readonly keysOnly?: boolean | undefined
  readonly countOnly?: boolean | undefined
  /** Bounds, included, of the revisions of last change and of creation; 0, the default, is no bound. */
  readonly minModRevision?: number | undefined
  readonly maxModRevision?: number | undefined
  readonly minCreateRevision?: number | undefined
  readonly maxCreateRevision?: number | undefined
}

export const compareTargets = ['version', 'create', 'mod', 'value', 'lease'] as const
export const compareResults = ['equal', 'greater', 'less', 'notEqual'] as const

/** Compares what every key of a range has with what is given; what is not given is 0, or an empty value. */
export interface Compare {
  readonly key: Uint8Array
  readonly rangeEnd?: Uint8Array | undefined
  readonly target: (typeof compareTargets)[number]
  readonly result: (typeof compareResults)[number]
  /** For the targets version, create and mod. */
  readonly number?: number | undefined
  readonly value?: Uint8Array | undefined
  readonly lease?: bigint | undefined
}

/** `success` is done when all of `compare` hold, else `failure`: in one revision, or not at all. */
export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly Operation[]
  readonly failure: readonly Operation[]
}

export type Operation =
  | ({ readonly type: 'put' } & PutRequest)
  | ({ readonly type: 'deleteRange' } & DeleteRangeRequest)
  | ({ readonly type: 'range' } & RangeRequest)
  | ({ readonly type: 'txn' } & TxnRequest)
  /** An operation that names no request: what a client left out. It is refused. */
  | { readonly type: 'empty' }

/** What is replicated. Reads outside of transactions are not: ask the state machine. */
export type Command =
  | ({ readonly type: 'put' } & PutRequest)
  | ({ readonly type: 'deleteRange' } & DeleteRangeRequest)
  | ({ readonly type: 'txn' } & TxnRequest)
  /** Gives up the history before `revision`. */
  | { readonly type: 'compact'; readonly revision: number }
  /** Sets the quota, in bytes. It is a command, not an option of each replica: replicas must refuse alike. */
  | { readonly type: 'setQuota'; readonly bytes: number }
  /** Ends the alarm that a refusal for want of space raised. */
  | { readonly type: 'disarm' }
