/**
 * Requests of etcd's key-value service, from their bytes straight to those of `@quorate/kv`. By hand because they are the hot path, where
 * objects of generated code in between would cost several times as much; tests hold the two against each other. Bytes are not copied.
 */
import { etcdErrors, maxTxnOperations } from '@quorate/kv'
import type { Compare, Operation, RangeRequest } from '@quorate/kv'
import { codes, type Status } from '../grpc/status.js'
import { serverErrors } from '../services/server-errors.js'
import { fields, Reader } from './reader.js'

/** What was asked for, or why it cannot be read; `wrong` tells them apart. */
export type Decoded<Request> = (Request & { readonly wrong?: undefined }) | { readonly wrong: Status }

type OperationOf<Type extends Operation['type']> = Extract<Operation, { type: Type }>

export type RangeCall = OperationOf<'range'> & {
  /** Answer from the state as it is, whatever others have. */
  readonly serializable: boolean
}

export interface TxnCall {
  readonly request: OperationOf<'txn'>
  /** There is nothing in it but reads, none of them nested. */
  readonly readOnly: boolean
  /** All its reads are serializable. */
  readonly serializable: boolean
}

/** Decoding never waits, so one reader serves all. */
const reader = new Reader()

export function decodePut(bytes: Uint8Array): Decoded<OperationOf<'put'>> {
  reader.begin(bytes)
  const request = readPut()
  return reader.failure === undefined ? request : failed()
}

export function decodeRange(bytes: Uint8Array): Decoded<RangeCall> {
  reader.begin(bytes)
  const request = readRange()
  if (reader.failure !== undefined) return failed()
  return hasOrder(request) ? request : { wrong: serverErrors.invalidSortOption }
}

export function decodeDeleteRange(bytes: Uint8Array): Decoded<OperationOf<'deleteRange'>> {
  reader.begin(bytes)
  const request = readDeleteRange()
  return reader.failure === undefined ? request : failed()
}

export function decodeCompact(bytes: Uint8Array): Decoded<{ readonly revision: number }> {
  reader.begin(bytes)
  let revision = 0
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === int(1)) revision = reader.integer()
    // Whether it is to be physical: the answer is always given after it is done.
    else if (tag === int(2)) reader.boolean()
    else reader.skip(tag, compactFields)
  }
  return reader.failure === undefined ? { revision } : failed()
}

export function decodeTxn(bytes: Uint8Array): Decoded<TxnCall> {
  reader.begin(bytes)
  const found: TxnFindings = { readOnly: true, serializable: true, wrong: undefined }
  const request = readTxn(found, 0)
  if (reader.failure !== undefined) return failed()
  if (found.wrong !== undefined) return { wrong: found.wrong }
  return { request, readOnly: found.readOnly, serializable: found.serializable }
}

interface TxnFindings {
  readOnly: boolean
  serializable: boolean
  /** What is well-formed but cannot be carried out. */
  wrong: Status | undefined
}

function failed(): { readonly wrong: Status } {
  return { wrong: { code: codes.internal, message: `grpc: error unmarshalling request: ${reader.failure}` } }
}

const int = (field: number): number => field * 8
const bytes = (field: number): number => field * 8 + 2

const putFields = fields(1, 2, 3, 4, 5, 6)
const rangeFields = fields(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
const deleteFields = fields(1, 2, 3)
const compactFields = fields(1, 2)
const compareFields = fields(1, 2, 3, 4, 5, 6, 7, 8)
const operationFields = fields(1, 2, 3, 4)
const txnFields = fields(1, 2, 3)

function readPut(): OperationOf<'put'> {
  let key = NO_BYTES
  let value = NO_BYTES
  let lease: bigint | undefined
  let prevKv: boolean | undefined
  let ignoreValue: boolean | undefined
  let ignoreLease: boolean | undefined
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case bytesOf1:
        key = reader.bytes()
        break
      case bytesOf2:
        value = reader.bytes()
        break
      case intOf3:
        lease = reader.bigint()
        break
      case intOf4:
        prevKv = reader.boolean()
        break
      case intOf5:
        ignoreValue = reader.boolean()
        break
      case intOf6:
        ignoreLease = reader.boolean()
        break
      default:
        reader.skip(tag, putFields)
    }
  }
  return { type: 'put', key, value, lease, prevKv, ignoreValue, ignoreLease }
}

const bytesOf1 = bytes(1)
const bytesOf2 = bytes(2)
const intOf3 = int(3)
const intOf4 = int(4)
const intOf5 = int(5)
const intOf6 = int(6)
const intOf7 = int(7)
const intOf8 = int(8)
const intOf9 = int(9)
const intOf10 = int(10)
const intOf11 = int(11)
const intOf12 = int(12)
const intOf13 = int(13)

function readRange(): RangeCall {
  let key = NO_BYTES
  let rangeEnd: Uint8Array | undefined
  let limit: number | undefined
  let revision: number | undefined
  let order = 0
  let target = 0
  let serializable = false
  let keysOnly: boolean | undefined
  let countOnly: boolean | undefined
  let minModRevision: number | undefined
  let maxModRevision: number | undefined
  let minCreateRevision: number | undefined
  let maxCreateRevision: number | undefined
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case bytesOf1:
        key = reader.bytes()
        break
      case bytesOf2:
        rangeEnd = reader.bytes()
        break
      case intOf3:
        limit = reader.integer()
        break
      case intOf4:
        revision = reader.integer()
        break
      case intOf5:
        order = reader.integer()
        break
      case intOf6:
        target = reader.integer()
        break
      case intOf7:
        serializable = reader.boolean()
        break
      case intOf8:
        keysOnly = reader.boolean()
        break
      case intOf9:
        countOnly = reader.boolean()
        break
      case intOf10:
        minModRevision = reader.integer()
        break
      case intOf11:
        maxModRevision = reader.integer()
        break
      case intOf12:
        minCreateRevision = reader.integer()
        break
      case intOf13:
        maxCreateRevision = reader.integer()
        break
      default:
        reader.skip(tag, rangeFields)
    }
  }
  return {
    type: 'range',
    key,
    rangeEnd,
    limit,
    revision,
    // What is unknown stays undefined, for `hasOrder`.
    sortOrder: sortOrders[order],
    sortTarget: sortTargets[target],
    keysOnly,
    countOnly,
    minModRevision,
    maxModRevision,
    minCreateRevision,
    maxCreateRevision,
    serializable,
  }
}

const sortOrders = ['none', 'ascend', 'descend'] as const
const sortTargets = ['key', 'version', 'create', 'mod', 'value'] as const

function hasOrder({ sortOrder, sortTarget }: RangeRequest): boolean {
  return sortOrder !== undefined && sortTarget !== undefined
}

function readDeleteRange(): OperationOf<'deleteRange'> {
  let key = NO_BYTES
  let rangeEnd: Uint8Array | undefined
  let prevKv: boolean | undefined
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesOf1) key = reader.bytes()
    else if (tag === bytesOf2) rangeEnd = reader.bytes()
    else if (tag === intOf3) prevKv = reader.boolean()
    else reader.skip(tag, deleteFields)
  }
  return { type: 'deleteRange', key, rangeEnd, prevKv }
}

function readTxn(found: TxnFindings, depth: number): OperationOf<'txn'> {
  const compare: Compare[] = []
  const success: Operation[] = []
  const failure: Operation[] = []
  // Each level takes one at least of the operations that are allowed. What is nested deeper is refused before it is looked at.
  if (depth > maxTxnOperations) found.wrong ??= etcdErrors.tooManyOperations
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (found.wrong === etcdErrors.tooManyOperations && (tag === bytes(1) || tag === bytes(2) || tag === bytes(3))) {
      reader.bytes()
    } else if (tag === bytes(1)) {
      const outer = reader.enter()
      compare.push(readCompare(found))
      reader.leave(outer)
    } else if (tag === bytes(2) || tag === bytes(3)) {
      const outer = reader.enter()
      const operation = readOperation(found, depth)
      reader.leave(outer)
      if (tag === bytes(2)) success.push(operation)
      else failure.push(operation)
    } else reader.skip(tag, txnFields)
  }
  return { type: 'txn', compare, success, failure }
}

/** Of several requests in one operation the last counts. */
function readOperation(found: TxnFindings, depth: number): Operation {
  let operation: Operation = { type: 'empty' }
  let serializable = false
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag < bytes(1) || tag > bytes(4) || (tag & 7) !== 2) {
      reader.skip(tag, operationFields)
      continue
    }
    const outer = reader.enter()
    serializable = false
    if (tag === bytes(1)) {
      const range = readRange()
      if (!hasOrder(range)) found.wrong ??= serverErrors.invalidSortOption
      serializable = range.serializable
      operation = range
    } else if (tag === bytes(2)) operation = readPut()
    else if (tag === bytes(3)) operation = readDeleteRange()
    else operation = readTxn(found, depth + 1)
    reader.leave(outer)
  }
  if (operation.type !== 'range') found.readOnly = false
  if (!serializable) found.serializable = false
  return operation
}

function readCompare(found: TxnFindings): Compare {
  let key = NO_BYTES
  let rangeEnd: Uint8Array | undefined
  let result = 0
  let target = 0
  /** The field that holds what is compared with; of several the last. */
  let given = 0
  let number = 0
  let value: Uint8Array | undefined
  let lease = 0n
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    switch (tag) {
      case int(1):
        result = reader.integer()
        break
      case int(2):
        target = reader.integer()
        break
      case bytes(3):
        key = reader.bytes()
        break
      case int(4):
      case int(5):
      case int(6):
        given = tag >>> 3
        number = reader.integer()
        break
      case bytes(7):
        given = 7
        value = reader.bytes()
        break
      case int(8):
        given = 8
        lease = reader.bigint()
        break
      case bytes(64):
        rangeEnd = reader.bytes()
        break
      default:
        reader.skip(tag, compareFields)
    }
  }
  const [targetName, resultName] = [compareTargets[target], compareResults[result]]
  if (targetName === undefined || resultName === undefined) {
    const what = targetName === undefined ? `target ${target}` : `result ${result}`
    found.wrong ??= { code: codes.invalidArgument, message: `quorate: a transaction compares by an unknown ${what}` }
    return { key, target: 'version', result: 'equal' }
  }
  // What is given for another target is not given: then it is compared with 0.
  const fits = given === target + 4
  switch (targetName) {
    case 'value':
      return { key, rangeEnd, target: targetName, result: resultName, value: fits ? value : undefined }
    case 'lease':
      return { key, rangeEnd, target: targetName, result: resultName, lease: fits ? lease : undefined }
    case 'version':
    case 'create':
    case 'mod':
      return { key, rangeEnd, target: targetName, result: resultName, number: fits ? number : undefined }
  }
}

const compareTargets = ['version', 'create', 'mod', 'value', 'lease'] as const
const compareResults = ['equal', 'greater', 'less', 'notEqual'] as const

const NO_BYTES: Uint8Array = new Uint8Array(0)
