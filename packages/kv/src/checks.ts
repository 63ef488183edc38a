/**
 * What etcd refuses before it looks at the store. Each check returns the refusal, or undefined. The state machine makes them too: a
 * command that slipped past the edge must not divide replicas.
 *
 * etcd 3.4, `etcdserver/api/v3rpc/key.go`, its answers to odd questions included.
 */
import { toBinary } from './bytes.js'
import { etcdErrors, type Refusal } from './errors.js'
import type { DeleteRangeRequest, Operation, PutRequest, RangeRequest, TxnRequest } from './requests.js'

/** The most operations in one list of a transaction. Lists of a nested one have what the lists around it leave. */
export const maxTxnOperations = 128

/** The longest encoded command, in bytes: etcd's default for a request. */
export const maxRequestBytes = 1.5 * 1024 * 1024

export function checkRange(request: RangeRequest): Refusal | undefined {
  return request.key.length === 0 ? etcdErrors.emptyKey : undefined
}

export function checkPut(request: PutRequest): Refusal | undefined {
  if (request.key.length === 0) return etcdErrors.emptyKey
  if (request.ignoreValue === true && request.value.length > 0) return etcdErrors.valueProvided
  if (request.ignoreLease === true && (request.lease ?? 0n) !== 0n) return etcdErrors.leaseProvided
  return undefined
}

export function checkDeleteRange(request: DeleteRangeRequest): Refusal | undefined {
  return request.key.length === 0 ? etcdErrors.emptyKey : undefined
}

export function checkTxn(request: TxnRequest): Refusal | undefined {
  const wrong = checkLists(request, maxTxnOperations)
  if (wrong !== undefined) return wrong
  return changesOf(request.success) === undefined || changesOf(request.failure) === undefined
    ? etcdErrors.duplicateKey
    : undefined
}

function checkLists({ compare, success, failure }: TxnRequest, most: number): Refusal | undefined {
  const longest = Math.max(compare.length, success.length, failure.length)
  if (longest > most) return etcdErrors.tooManyOperations
  for (const { key } of compare) if (key.length === 0) return etcdErrors.emptyKey
  for (const operation of success) {
    const wrong = checkOperation(operation, most - longest)
    if (wrong !== undefined) return wrong
  }
  for (const operation of failure) {
    const wrong = checkOperation(operation, most - longest)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkOperation(operation: Operation, most: number): Refusal | undefined {
  switch (operation.type) {
    case 'put':
      return checkPut(operation)
    case 'deleteRange':
      return checkDeleteRange(operation)
    case 'range':
      return checkRange(operation)
    case 'txn':
      return checkLists(operation, most)
    case 'empty':
      return etcdErrors.keyNotFound
  }
}

/** What a list may put and delete, whichever way its nested transactions go. */
interface Changes {
  readonly puts: Set<string>
  readonly deletes: Interval[]
}

interface Interval {
  readonly from: string
  /** Not included; undefined is the key alone. */
  readonly to: string | undefined
}

/**
 * The changes of a list, or undefined when one key is put twice, or put and deleted. As in etcd, a delete counts against the puts of its
 * own list and of nested ones behind it; and its end is taken as written, so that one of a zero byte, which deletes to the end, counts
 * against none.
 */
function changesOf(operations: readonly Operation[]): Changes | undefined {
  const puts = new Set<string>()
  const deletes: Interval[] = []
  for (const operation of operations) if (operation.type === 'deleteRange') deletes.push(intervalOf(operation))
  for (const operation of operations) {
    if (operation.type !== 'txn') continue
    const then = changesOf(operation.success)
    const otherwise = changesOf(operation.failure)
    if (then === undefined || otherwise === undefined) return undefined
    for (const key of then.puts) if (puts.has(key) || covers(deletes, key)) return undefined
    // Only one of the two is done, so they may put the same key.
    for (const key of otherwise.puts) if (puts.has(key) || covers(deletes, key)) return undefined
    for (const key of then.puts) puts.add(key)
    for (const key of otherwise.puts) puts.add(key)
    deletes.push(...then.deletes, ...otherwise.deletes)
  }
  for (const operation of operations) {
    if (operation.type !== 'put') continue
    const key = toBinary(operation.key)
    if (puts.has(key) || covers(deletes, key)) return undefined
    puts.add(key)
  }
  return { puts, deletes }
}

function intervalOf({ key, rangeEnd }: DeleteRangeRequest): Interval {
  const alone = rangeEnd === undefined || rangeEnd.length === 0
  return { from: toBinary(key), to: alone ? undefined : toBinary(rangeEnd) }
}

function covers(intervals: readonly Interval[], key: string): boolean {
  return intervals.some(({ from, to }) => (to === undefined ? key === from : key >= from && key < to))
}
