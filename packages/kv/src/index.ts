export { KeyValueStateMachine, type HashResult } from './key-value-state-machine.js'
export { appliedIndexOf } from './records.js'
export { defaultQuotaBytes } from './versioned-state.js'
export {
  MemoryOrderedStore,
  type OrderedChange,
  type OrderedEntry,
  type OrderedReads,
  type OrderedStore,
  type OrderedView,
} from './ordered-store.js'

export type {
  Command,
  Compare,
  DeleteRangeRequest,
  Operation,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from './requests.js'
export type {
  DeleteRangeResult,
  KeyValue,
  OperationResult,
  PutResult,
  RangeResult,
  Result,
  TxnResult,
} from './results.js'
export { commandVersion, decodeCommand, encodeCommand } from './command-codec.js'
export { etcdErrors, type Refusal } from './errors.js'
export { checkDeleteRange, checkPut, checkRange, checkTxn, maxRequestBytes, maxTxnOperations } from './checks.js'
