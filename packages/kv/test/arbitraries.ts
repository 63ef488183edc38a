import fc from 'fast-check'
import {
  checkTxn,
  type Command,
  type Compare,
  type Operation,
  type RangeRequest,
  type TxnRequest,
} from '../src/index.js'
import { bytes } from './machine.js'

/** Few keys, so that they meet; some are prefixes of others, some have bytes beyond ASCII. */
const key = fc.constantFrom('a', 'aa', 'ab', 'b', 'b\0', 'c', '\xff', '\0').map(bytes)
const rangeEnd = fc.option(fc.constantFrom('', '\0', 'a', 'b', 'c', '\xff').map(bytes), { nil: undefined })
const value = fc.constantFrom('', '1', '2', '\xfe').map(bytes)
const flag = fc.option(fc.constant(true), { nil: undefined })
const small = fc.integer({ min: 0, max: 12 })
const bound = fc.option(fc.integer({ min: -1, max: 20 }), { nil: undefined, freq: 1 })

const put = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('put' as const), key, value, prevKv: flag, ignoreLease: flag }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      key,
      value: fc.constant(bytes('')),
      prevKv: flag,
      ignoreValue: fc.constant(true),
    }),
  },
)
const deleteRange = fc.record({ type: fc.constant('deleteRange' as const), key, rangeEnd, prevKv: flag })

export const rangeRequest = (revision: fc.Arbitrary<number | undefined>): fc.Arbitrary<RangeRequest> =>
  fc.record({
    key,
    rangeEnd,
    revision,
    limit: fc.option(fc.integer({ min: -1, max: 4 }), { nil: undefined }),
    sortOrder: fc.option(fc.constantFrom('none', 'ascend', 'descend'), { nil: undefined }),
    sortTarget: fc.option(fc.constantFrom('key', 'version', 'create', 'mod', 'value'), { nil: undefined }),
    keysOnly: flag,
    countOnly: flag,
    minModRevision: bound,
    maxModRevision: bound,
    minCreateRevision: bound,
    maxCreateRevision: bound,
  })

export const compare: fc.Arbitrary<Compare> = fc.record({
  key,
  rangeEnd,
  target: fc.constantFrom('version', 'create', 'mod', 'value', 'lease'),
  result: fc.constantFrom('equal', 'greater', 'less', 'notEqual'),
  number: fc.option(small, { nil: undefined }),
  value: fc.option(value, { nil: undefined }),
  lease: fc.option(fc.bigInt(-1n, 1n), { nil: undefined }),
})

export const rangeOperation = rangeRequest(fc.option(fc.integer({ min: -1, max: 20 }), { nil: undefined })).map(
  (request) => ({
    type: 'range' as const,
    ...request,
  }),
)

const { txn } = fc.letrec<{ txn: TxnRequest & { type: 'txn' }; operation: Operation }>((tie) => ({
  operation: fc.oneof({ depthSize: 'small' }, put, deleteRange, rangeOperation, tie('txn')),
  txn: fc.record({
    type: fc.constant('txn' as const),
    compare: fc.array(compare, { maxLength: 2 }),
    success: fc.array(tie('operation'), { maxLength: 4 }),
    failure: fc.array(tie('operation'), { maxLength: 4 }),
  }),
}))

/** Commands that pass the checks of the edge. `compact` is at times beyond, at times behind. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 3, arbitrary: deleteRange },
  { weight: 4, arbitrary: txn.filter((request) => checkTxn(request) === undefined && !keepsWhatGoes(request)) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('compact' as const), revision: small }) },
)

/** What brings a real etcd down: to keep the value of a key that the transaction itself deletes. */
function keepsWhatGoes(request: TxnRequest): boolean {
  const all = [...operations(request)]
  return all.some((each) => each.type === 'deleteRange') && all.some((each) => each.type === 'put' && keeps(each))
}

function keeps(request: { ignoreValue?: boolean | undefined; ignoreLease?: boolean | undefined }): boolean {
  return request.ignoreValue === true || request.ignoreLease === true
}

function* operations(request: TxnRequest): Generator<Operation> {
  for (const each of [...request.success, ...request.failure]) {
    yield each
    if (each.type === 'txn') yield* operations(each)
  }
}
