import { Malformed, QuorateError, isMalformed, messageCodec, type MessageOf } from '@quorate/core'
import { readInt64, readUint32, writeInt64, writeUint32 } from './bytes.js'
import { maxTxnOperations } from './checks.js'
import { leaseFromText, leaseToText } from './lease-id.js'
import {
  compareResults,
  compareTargets,
  sortOrders,
  sortTargets,
  type Command,
  type Compare,
  type Operation,
  type PutRequest,
  type RangeRequest,
  type TxnRequest,
} from './requests.js'

/** The format of commands. Another one, or one more type of command, is another number: replicas that know less must stop. */
export const commandVersion = 1

const flag = { optional: 'boolean' } as const
const int = { optional: 'int' } as const
const bytes = { optional: 'bytes' } as const

/** Of all operations but puts. Most commands are puts: they have a form of their own, which takes a tenth of the time. */
const codec = messageCodec({
  deleteRange: { key: 'bytes', rangeEnd: bytes, prevKv: flag },
  txn: {
    compare: {
      list: {
        record: {
          key: 'bytes',
          rangeEnd: bytes,
          target: 'uint',
          result: 'uint',
          number: int,
          value: bytes,
          lease: { optional: 'string' },
        },
      },
    },
    // Encoded operations: a transaction may hold others.
    success: { list: 'bytes' },
    failure: { list: 'bytes' },
  },
  compact: { revision: 'int' },
  setQuota: { bytes: 'uint' },
  disarm: {},
  range: {
    key: 'bytes',
    rangeEnd: bytes,
    limit: int,
    revision: int,
    sortOrder: { optional: 'uint' },
    sortTarget: { optional: 'uint' },
    keysOnly: flag,
    countOnly: flag,
    minModRevision: int,
    maxModRevision: int,
    minCreateRevision: int,
    maxCreateRevision: int,
  },
  empty: {},
})

type Message = MessageOf<typeof codec>
type MessageOfType<Type extends Message['type']> = Extract<Message, { type: Type }>

/**
 * An operation is a byte of options, of which those of other operations than puts have one alone, and what it says. A put says the length of
 * its key, its lease if it has one, its key and its value.
 */
const PREV_KV = 0x01
const IGNORE_VALUE = 0x02
const IGNORE_LEASE = 0x04
const LEASE = 0x08
const NO_PUT = 0x80

/** The bytes of a command, its version first. It must have passed the checks of requests. */
export function encodeCommand(command: Command): Uint8Array {
  const encoded = encodeOperation(command, 1)
  encoded[0] = commandVersion
  return encoded
}

/**
 * The command, or why the bytes are none. Throws `QUORATE_UNSUPPORTED_VERSION` for a command of another version: a replica that cannot
 * know what others do must stop, not go on without it.
 */
export function decodeCommand(encoded: Uint8Array): Command | Malformed {
  const version = encoded[0]
  if (version === undefined) return new Malformed('no bytes')
  if (version !== commandVersion) {
    throw new QuorateError(
      'QUORATE_UNSUPPORTED_VERSION',
      `a command has version ${version}, this replica knows version ${commandVersion}; run the same release on all members`,
      { version, known: commandVersion },
    )
  }
  const command = decodeOperation(encoded, 1, 0)
  if (isMalformed(command)) return command
  if (command.type === 'range' || command.type === 'empty') return new Malformed(`${command.type} is no command`)
  return command
}

/** Behind `from` bytes that are left to the caller. */
function encodeOperation(operation: Command | Operation, from: number): Uint8Array {
  if (operation.type === 'put') return encodePut(operation, from)
  const message = codec.encode(messageOf(operation))
  const encoded = new Uint8Array(from + 1 + message.length)
  encoded[from] = NO_PUT
  encoded.set(message, from + 1)
  return encoded
}

function encodePut(request: PutRequest, from: number): Uint8Array {
  const { key, value, lease = 0n } = request
  const keyAt = from + 5 + (lease === 0n ? 0 : 8)
  const encoded = new Uint8Array(keyAt + key.length + value.length)
  encoded[from] =
    (request.prevKv === true ? PREV_KV : 0) |
    (request.ignoreValue === true ? IGNORE_VALUE : 0) |
    (request.ignoreLease === true ? IGNORE_LEASE : 0) |
    (lease === 0n ? 0 : LEASE)
  writeUint32(encoded, from + 1, key.length)
  if (lease !== 0n) writeInt64(encoded, from + 5, lease)
  encoded.set(key, keyAt)
  encoded.set(value, keyAt + key.length)
  return encoded
}

/** What it returns shares the memory of `encoded`. */
function decodePut(encoded: Uint8Array, from: number): ({ readonly type: 'put' } & PutRequest) | Malformed {
  const options = encoded[from] as number
  const keyAt = from + 5 + (options & LEASE ? 8 : 0)
  if (options > (PREV_KV | IGNORE_VALUE | IGNORE_LEASE | LEASE)) return new Malformed(`put: unknown options ${options}`)
  if (keyAt > encoded.length) return new Malformed('put: it breaks off')
  const valueAt = keyAt + readUint32(encoded, from + 1)
  if (valueAt > encoded.length) return new Malformed('put: its key breaks off')
  return {
    type: 'put',
    key: encoded.subarray(keyAt, valueAt),
    value: encoded.subarray(valueAt),
    lease: options & LEASE ? readInt64(encoded, from + 5) : 0n,
    prevKv: (options & PREV_KV) !== 0,
    ignoreValue: (options & IGNORE_VALUE) !== 0,
    ignoreLease: (options & IGNORE_LEASE) !== 0,
  }
}

function messageOf(operation: Exclude<Command | Operation, { type: 'put' }>): Message {
  switch (operation.type) {
    case 'range':
      return {
        ...operation,
        sortOrder: operation.sortOrder && sortOrders.indexOf(operation.sortOrder),
        sortTarget: operation.sortTarget && sortTargets.indexOf(operation.sortTarget),
      }
    case 'txn':
      return {
        type: 'txn',
        compare: operation.compare.map((compare) => ({
          ...compare,
          target: compareTargets.indexOf(compare.target),
          result: compareResults.indexOf(compare.result),
          lease: leaseToText(compare.lease),
        })),
        success: operation.success.map((each) => encodeOperation(each, 0)),
        failure: operation.failure.map((each) => encodeOperation(each, 0)),
      }
    case 'deleteRange':
    case 'compact':
    case 'setQuota':
    case 'disarm':
    case 'empty':
      return operation
  }
}

function decodeOperation(encoded: Uint8Array, from: number, depth: number): Command | Operation | Malformed {
  if (from >= encoded.length) return new Malformed('no operation')
  if (encoded[from] !== NO_PUT) return decodePut(encoded, from)
  const message = codec.decode(encoded.subarray(from + 1))
  if (isMalformed(message)) return message
  switch (message.type) {
    case 'txn':
      return decodeTxn(message, depth)
    case 'range':
      return decodeRange(message)
    case 'deleteRange':
    case 'compact':
    case 'setQuota':
    case 'disarm':
    case 'empty':
      return message
  }
}

function decodeRange(message: MessageOfType<'range'>): ({ readonly type: 'range' } & RangeRequest) | Malformed {
  const { sortOrder, sortTarget, ...rest } = message
  if ((sortOrder ?? 0) >= sortOrders.length) return new Malformed(`range.sortOrder: ${sortOrder}`)
  if ((sortTarget ?? 0) >= sortTargets.length) return new Malformed(`range.sortTarget: ${sortTarget}`)
  return {
    ...rest,
    sortOrder: sortOrder === undefined ? undefined : sortOrders[sortOrder],
    sortTarget: sortTarget === undefined ? undefined : sortTargets[sortTarget],
  }
}

function decodeTxn(message: MessageOfType<'txn'>, depth: number): ({ readonly type: 'txn' } & TxnRequest) | Malformed {
  // Each level takes at least one of the operations that the checks allow.
  if (depth > maxTxnOperations) return new Malformed('txn: nested too deep')
  const compare: Compare[] = []
  for (const each of message.compare) {
    const target = compareTargets[each.target]
    const result = compareResults[each.result]
    const lease = leaseFromText(each.lease)
    if (target === undefined || result === undefined || lease === undefined) return new Malformed('txn.compare')
    compare.push({ ...each, target, result, lease })
  }
  const success = decodeList(message.success, depth)
  if (isMalformed(success)) return success
  const failure = decodeList(message.failure, depth)
  if (isMalformed(failure)) return failure
  return { type: 'txn', compare, success, failure }
}

function decodeList(list: readonly Uint8Array[], depth: number): Operation[] | Malformed {
  const operations: Operation[] = []
  for (const each of list) {
    const operation = decodeOperation(each, 0, depth + 1)
    if (isMalformed(operation)) return operation
    if (operation.type === 'compact' || operation.type === 'setQuota' || operation.type === 'disarm') {
      return new Malformed(`${operation.type} is no operation of a transaction`)
    }
    operations.push(operation)
  }
  return operations
}
