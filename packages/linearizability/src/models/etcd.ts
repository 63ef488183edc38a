import { HOPELESS, REFUSED, type Machine, type Model } from '../model.js'
import { invalidOperation, type Operation } from '../operation.js'
import { EtcdStates, type EtcdRecord } from './etcd-states.js'
import { EtcdEvidence } from './etcd-evidence.js'
import {
  operationsOf,
  type EtcdAnswer,
  type EtcdCompare,
  type EtcdInput,
  type EtcdKeyValue,
  type EtcdOperation,
  type EtcdOutput,
  type EtcdTxn,
} from './etcd-requests.js'

export interface EtcdModelOptions {
  /** The revision before the first operation; the store is empty then. Default: 1, that of a new cluster. */
  readonly initialRevision?: number
}

/**
 * etcd's key-value store: every change has a revision, a transaction is one, and every answer names the revision that it was given at. That
 * orders most of a history, so a search is short; but all keys share the revision, so they cannot be checked apart.
 *
 * What changes the store without an operation in the history (a lease that ends, another client) must be added as an operation of
 * unknown outcome.
 */
export function etcdModel({ initialRevision = 1 }: EtcdModelOptions = {}): Model<EtcdInput, EtcdOutput> {
  return {
    name: 'etcd',
    inputKey: (input) => JSON.stringify(input),
    start: (operations) => start(operations, initialRevision),
    describe,
  }
}

type EtcdHistory = readonly Operation<EtcdInput, EtcdOutput>[]

function start(operations: EtcdHistory, initialRevision: number): Machine {
  operations.forEach(({ input, output }, index) => requireValid(input, output, index))
  const states = new EtcdStates(putKeys(operations), initialRevision)
  const evidence = new EtcdEvidence(operations)
  return {
    initial: states.initial,
    step(state, index) {
      const { input, output } = operations[index] as Operation<EtcdInput, EtcdOutput>
      const before = states.revision(state)
      if (output === undefined) {
        // Without effect it need not be tried.
        if (!evidence.mayMake(index, before + 1)) return REFUSED
        const after = execute(states, state, input, undefined) as number
        if (after === state) return state
        const fits = evidence.allows(states, input, states.map(state), states.map(after), before + 1)
        return fits ? after : REFUSED
      }
      // Revisions only grow, and while one stays, so does everything in it.
      if (before > output.revision) return HOPELESS
      const after = execute(states, state, input, output)
      if (after !== undefined && states.revision(after) === output.revision) return after
      return before === output.revision ? HOPELESS : REFUSED
    },
    takesUnknown: (state) => evidence.mayBeUnknown(states.revision(state) + 1),
    describe: (state) => states.describe(state),
  }
}

/** The state after a request, or `undefined` when `output` is not what it answers. */
function execute(
  states: EtcdStates,
  state: number,
  input: EtcdInput,
  output: EtcdOutput | undefined,
): number | undefined {
  const revision = states.revision(state) + 1
  if (input.type !== 'txn') {
    if (output?.succeeded !== undefined || output?.responses !== undefined) return undefined
    const map = apply(states, states.map(state), revision, input, output)
    return map === undefined ? undefined : states.after(state, map)
  }
  if (output !== undefined && !isOf(output, 'put')) return undefined
  const succeeded = input.compare.every((each) => holds(states, states.map(state), each))
  if (output?.succeeded !== undefined && output.succeeded !== succeeded) return undefined
  const operations = succeeded ? input.success : input.failure
  if (output?.responses !== undefined && output.responses.length !== operations.length) return undefined
  let map = states.map(state)
  let changed = false
  for (let index = 0; index < operations.length; index++) {
    const next = apply(states, map, revision, operations[index] as EtcdOperation, output?.responses?.[index])
    if (next === undefined) return undefined
    // A transaction may undo what it did, which is a change all the same.
    if (next !== map) changed = true
    map = next
  }
  return changed ? states.changed(state, map) : state
}

/** The map after one operation whose changes have `revision`, or `undefined` when `answer` is not what it answers. */
function apply(
  states: EtcdStates,
  map: number,
  revision: number,
  operation: EtcdOperation,
  answer: EtcdAnswer | undefined,
): number | undefined {
  if (answer !== undefined && !isOf(answer, operation.type)) return undefined
  if (operation.type === 'put') return states.put(map, operation.key, operation.value, revision)
  const keys = states.keysOf(map, operation)
  if (operation.type === 'deleteRange') {
    if (answer?.deleted !== undefined && answer.deleted !== keys.length) return undefined
    return states.delete(map, keys)
  }
  if (answer === undefined) return map
  if (answer.count !== undefined && answer.count !== keys.length) return undefined
  if (answer.kvs === undefined) return map
  const { limit = 0 } = operation
  const returned = limit > 0 ? Math.min(limit, keys.length) : keys.length
  if (answer.kvs.length !== returned) return undefined
  for (let index = 0; index < returned; index++) {
    const key = keys[index] as number
    if (!shows(answer.kvs[index] as EtcdKeyValue, states.keys[key] as string, states.record(map, key))) return undefined
  }
  return map
}

/** Whether an answer says nothing that such an operation is not asked. */
function isOf({ deleted, kvs, count }: EtcdAnswer, type: EtcdOperation['type']): boolean {
  if (deleted !== undefined && type !== 'deleteRange') return false
  return (kvs === undefined && count === undefined) || type === 'range'
}

function shows(kv: EtcdKeyValue, key: string, record: EtcdRecord): boolean {
  return (
    kv.key === key &&
    (kv.value === undefined || kv.value === record.value) &&
    (kv.createRevision === undefined || kv.createRevision === record.createRevision) &&
    (kv.modRevision === undefined || kv.modRevision === record.modRevision) &&
    (kv.version === undefined || kv.version === record.version)
  )
}

function holds(states: EtcdStates, map: number, compare: EtcdCompare): boolean {
  const keys = states.keysOf(map, compare)
  // A range without keys is like a key that is not there.
  if (keys.length === 0) return compare.target !== 'value' && test(compare, 0, compare.number ?? 0)
  return keys.every((key) => {
    const record = states.record(map, key)
    switch (compare.target) {
      case 'value':
        return test(compare, record.value, compare.value ?? '')
      case 'version':
        return test(compare, record.version, compare.number ?? 0)
      case 'create':
        return test(compare, record.createRevision, compare.number ?? 0)
      case 'mod':
        return test(compare, record.modRevision, compare.number ?? 0)
    }
  })
}

function test<Value extends string | number>({ result }: EtcdCompare, is: Value, wanted: Value): boolean {
  switch (result) {
    case 'equal':
      return is === wanted
    case 'notEqual':
      return is !== wanted
    case 'greater':
      return is > wanted
    case 'less':
      return is < wanted
  }
}

function putKeys(operations: EtcdHistory): Set<string> {
  const keys = new Set<string>()
  for (const { input } of operations)
    for (const operation of operationsOf(input)) if (operation.type === 'put') keys.add(operation.key)
  return keys
}

const inputTypes: ReadonlySet<string> = new Set(['put', 'deleteRange', 'range'])

function requireValid(input: EtcdInput, output: EtcdOutput | undefined, index: number): void {
  if (input.type !== 'txn' && !inputTypes.has(input.type))
    throw invalidOperation(index, 'input.type', (input as { type: unknown }).type, 'put, deleteRange, range or txn')
  for (const { type } of operationsOf(input))
    if (!inputTypes.has(type))
      throw invalidOperation(index, 'type of an operation in a txn', type, 'put, deleteRange or range')
  if (output !== undefined && !(Number.isSafeInteger(output.revision) && output.revision >= 1))
    throw invalidOperation(index, 'output.revision', output.revision, "the revision in the answer's header")
}

function describe(input: EtcdInput, output: EtcdOutput | undefined): string {
  const call = input.type === 'txn' ? describeTxn(input) : describeOperation(input)
  if (output === undefined) return call
  const { revision, succeeded, responses, ...answer } = output
  const parts = [
    ...(succeeded === undefined ? [] : [succeeded ? 'succeeded' : 'failed']),
    ...(responses ?? [answer]).map(describeAnswer).filter((text) => text !== ''),
    `at ${revision}`,
  ]
  return `${call} → ${parts.join(', ')}`
}

function describeTxn({ compare, success, failure }: EtcdTxn): string {
  const conditions = compare.map((each) => {
    const wanted = each.target === 'value' ? JSON.stringify(each.value ?? '') : (each.number ?? 0)
    return `${each.target} of ${describeRange(each)} ${signs[each.result]} ${wanted}`
  })
  const list = (operations: readonly EtcdOperation[]): string =>
    operations.map(describeOperation).join(', ') || 'nothing'
  return `if ${conditions.join(' and ') || 'true'} then ${list(success)} else ${list(failure)}`
}

const signs = { equal: '=', notEqual: '≠', greater: '>', less: '<' } as const

function describeOperation(operation: EtcdOperation): string {
  if (operation.type === 'put') return `put ${operation.key} ${JSON.stringify(operation.value)}`
  return `${operation.type === 'range' ? 'range' : 'delete'} ${describeRange(operation)}`
}

function describeRange({ key, rangeEnd }: { readonly key: string; readonly rangeEnd?: string | undefined }): string {
  return rangeEnd === undefined ? key : `[${key}, ${rangeEnd === '\0' ? '…' : rangeEnd})`
}

function describeAnswer({ deleted, kvs, count }: EtcdAnswer): string {
  if (kvs !== undefined)
    return `{${kvs.map(({ key, value, modRevision }) => `${key}: ${JSON.stringify(value)}${modRevision === undefined ? '' : `@${modRevision}`}`).join(', ')}}`
  if (deleted !== undefined) return `${deleted} deleted`
  return count === undefined ? '' : `${count} keys`
}
