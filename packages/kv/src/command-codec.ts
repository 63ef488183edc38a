import { Malformed, QuorateError, isMalformed, messageCodec, type MessageOf } from '@quorate/core'
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
  type RangeRequest,
  type TxnRequest,
} from './requests.js'

/** The format of commands. Another one, or one more type of command, is another number: replicas that know less must stop. */
export const commandVersion = 1

const flag = { optional: 'boolean' } as const
const int = { optional: 'int' } as const
const bytes = { optional: 'bytes' } as const

const codec = messageCodec({
  put: {
    key: 'bytes',
    value: 'bytes',
    lease: { optional: 'string' },
    prevKv: flag,
    ignoreValue: flag,
    ignoreLease: flag,
  },
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
    // Operations are messages of this codec: a transaction may hold others.
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

/** The bytes of a command, its version first. It must have passed the checks of requests. */
export function encodeCommand(command: Command): Uint8Array {
  const body = encodeOperation(command)
  const encoded = new Uint8Array(1 + body.length)
  encoded[0] = commandVersion
  encoded.set(body, 1)
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
  const command = decodeOperation(encoded.subarray(1), 0)
  if (isMalformed(command)) return command
  if (command.type === 'range' || command.type === 'empty') return new Malformed(`${command.type} is no command`)
  return command
}

function encodeOperation(operation: Command | Operation): Uint8Array {
  switch (operation.type) {
    case 'put':
      return codec.encode({ ...operation, lease: leaseToText(operation.lease) })
    case 'range':
      return codec.encode({
        ...operation,
        sortOrder: operation.sortOrder && sortOrders.indexOf(operation.sortOrder),
        sortTarget: operation.sortTarget && sortTargets.indexOf(operation.sortTarget),
      })
    case 'txn':
      return codec.encode({
        type: 'txn',
        compare: operation.compare.map((compare) => ({
          ...compare,
          target: compareTargets.indexOf(compare.target),
          result: compareResults.indexOf(compare.result),
          lease: leaseToText(compare.lease),
        })),
        success: operation.success.map(encodeOperation),
        failure: operation.failure.map(encodeOperation),
      })
    case 'deleteRange':
    case 'compact':
    case 'setQuota':
    case 'disarm':
    case 'empty':
      return codec.encode(operation)
  }
}

function decodeOperation(encoded: Uint8Array, depth: number): Command | Operation | Malformed {
  const message = codec.decode(encoded)
  if (isMalformed(message)) return message
  switch (message.type) {
    case 'put': {
      if (message.lease === undefined) return message as Omit<typeof message, 'lease'>
      const lease = leaseFromText(message.lease)
      return lease === undefined ? new Malformed(`put.lease: ${message.lease}`) : { ...message, lease }
    }
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
    const operation = decodeOperation(each, depth + 1)
    if (isMalformed(operation)) return operation
    if (operation.type === 'compact' || operation.type === 'setQuota' || operation.type === 'disarm') {
      return new Malformed(`${operation.type} is no operation of a transaction`)
    }
    operations.push(operation)
  }
  return operations
}
