export { checkHistory, type CheckOptions, type CheckResult, type Linearization } from './check.js'
export type { BudgetOptions, Exhausted } from './budget.js'
export type { Violation } from './explain.js'
export { renderViolation, type RenderOptions } from './render.js'
export type { Operation } from './operation.js'
export { defineModel, HOPELESS, REFUSED, type Machine, type Model, type ModelDefinition } from './model.js'

export {
  casRegisterModel,
  registerModel,
  type CasRegisterInput,
  type RegisterInput,
  type RegisterOutput,
  type RegisterValue,
} from './models/register.js'
export { kvAppendModel, type KvAppendInput, type KvAppendOutput } from './models/kv-append.js'
export { etcdModel, type EtcdModelOptions } from './models/etcd.js'
export type {
  EtcdAnswer,
  EtcdCompare,
  EtcdInput,
  EtcdKeyValue,
  EtcdOperation,
  EtcdOutput,
  EtcdRange,
  EtcdTxn,
} from './models/etcd-requests.js'

export type { HistoryReader } from './formats/history-reader.js'
export { casRegisterReader, kvAppendReader, registerReader } from './formats/readings.js'
