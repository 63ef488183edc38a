import type { Command, Compare, KeyValue, Operation, OperationResult, RangeRequest, Result } from '@quorate/kv'
import type {
  EtcdAnswer,
  EtcdCompare,
  EtcdInput,
  EtcdKeyValue,
  EtcdOperation,
  EtcdOutput,
} from '@quorate/linearizability'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

export const latin1 = (value: Uint8Array): string => String.fromCharCode(...value)

/** What the store is asked for an operation of the model. */
export function commandOf(input: EtcdInput): Command | undefined {
  if (input.type !== 'txn') return input.type === 'range' ? undefined : (operationOf(input) as Command)
  const { compare, success, failure } = input
  return {
    type: 'txn',
    compare: compare.map(compareOf),
    success: success.map(operationOf),
    failure: failure.map(operationOf),
  }
}

export function rangeOf({ key, rangeEnd }: EtcdOperation & { readonly type: 'range' }): RangeRequest {
  return { key: bytes(key), rangeEnd: rangeEnd === undefined ? undefined : bytes(rangeEnd) }
}

/** What the model is told of a result; `undefined` for one that the model does not have. */
export function outputOf(result: Result): EtcdOutput | undefined {
  switch (result.type) {
    case 'put':
    case 'deleteRange':
    case 'range':
      return { revision: result.revision, ...answerOf(result) }
    case 'txn': {
      const { revision, succeeded, responses } = result
      return { revision, succeeded, responses: responses.map(answerOf) }
    }
    default:
      return undefined
  }
}

function operationOf(operation: EtcdOperation): Operation {
  if (operation.type === 'put') return { type: 'put', key: bytes(operation.key), value: bytes(operation.value) }
  const { type, key, rangeEnd } = operation
  return { type, key: bytes(key), rangeEnd: rangeEnd === undefined ? undefined : bytes(rangeEnd) }
}

function compareOf({ key, target, result, number, value }: EtcdCompare): Compare {
  return { key: bytes(key), target, result, number, value: value === undefined ? undefined : bytes(value) }
}

function answerOf(result: OperationResult): EtcdAnswer {
  if (result.type === 'deleteRange') return { deleted: result.deleted }
  return result.type === 'range' ? { kvs: result.kvs.map(keyValueOf), count: result.count } : {}
}

function keyValueOf({ key, value, createRevision, modRevision, version }: KeyValue): EtcdKeyValue {
  return { key: latin1(key), value: latin1(value), createRevision, modRevision, version }
}
