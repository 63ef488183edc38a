/**
 * A range is a key and its end, which is not included: without an end it is the one key, with the end `"\0"` every key from `key` on.
 * Keys are compared by their UTF-16 code units; for keys beyond ASCII give texts of one character for each byte.
 */
export interface EtcdRange {
  readonly key: string
  readonly rangeEnd?: string | undefined
}

export type EtcdOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | ({ readonly type: 'deleteRange' } & EtcdRange)
  /** `limit`: the most keys to return, in the order of keys; 0 and less are no limit. */
  | ({ readonly type: 'range'; readonly limit?: number | undefined } & EtcdRange)

/** Compares what every key of a range has; what is not given is 0, or `""`. A key that is not there has 0, and fails a compare of its value. */
export interface EtcdCompare extends EtcdRange {
  readonly target: 'version' | 'create' | 'mod' | 'value'
  readonly result: 'equal' | 'greater' | 'less' | 'notEqual'
  /** For the targets version, create and mod. */
  readonly number?: number | undefined
  /** For the target value. */
  readonly value?: string | undefined
}

export interface EtcdTxn {
  readonly type: 'txn'
  readonly compare: readonly EtcdCompare[]
  readonly success: readonly EtcdOperation[]
  readonly failure: readonly EtcdOperation[]
}

/** A request at the current revision. Reads of the past and serializable reads promise less, and are checked otherwise. */
export type EtcdInput = EtcdOperation | EtcdTxn

/** What a request may do, whether its compares hold or not. */
export function operationsOf(input: EtcdInput): readonly EtcdOperation[] {
  return input.type === 'txn' ? [...input.success, ...input.failure] : [input]
}

/** Of a key, what an answer says. What is not given is not compared. */
export interface EtcdKeyValue {
  readonly key: string
  readonly value?: string | undefined
  readonly createRevision?: number | undefined
  readonly modRevision?: number | undefined
  readonly version?: number | undefined
}

/** An answer to one operation. What is not given is not compared. */
export interface EtcdAnswer {
  /** How many keys a `deleteRange` deleted. */
  readonly deleted?: number | undefined
  /** What a `range` returned, in the order of keys. */
  readonly kvs?: readonly EtcdKeyValue[] | undefined
  /** How many keys a `range` has, whatever its limit kept out. */
  readonly count?: number | undefined
}

export interface EtcdOutput extends EtcdAnswer {
  /** The revision in the answer's header. */
  readonly revision: number
  /** Of a `txn`: whether all compares held. */
  readonly succeeded?: boolean | undefined
  /** Of a `txn`: an answer for each operation that was done. */
  readonly responses?: readonly EtcdAnswer[] | undefined
}
