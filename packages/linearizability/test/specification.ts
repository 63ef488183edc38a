import type {
  CasRegisterInput,
  EtcdCompare,
  EtcdInput,
  EtcdKeyValue,
  EtcdOperation,
  EtcdOutput,
  KvAppendInput,
  Operation,
  RegisterValue,
} from '../src/index.js'

/** What the operations do, one after the other: written anew, as plainly as can be, to hold the models against. */
export interface Specification<Input, Output, State> {
  readonly initial: State
  apply(state: State, input: Input): { readonly state: State; readonly output: Output }
}

/** The value of each key, on all of which it works at once: nothing here is split by key. */
export const registers: Specification<CasRegisterInput, RegisterValue, Readonly<Record<string, RegisterValue>>> = {
  initial: {},
  apply(state, input) {
    const key = input.key ?? ''
    const value = state[key] ?? null
    if (input.type === 'read') return { state, output: value }
    if (input.type === 'write') return { state: { ...state, [key]: input.value }, output: true }
    return value === input.from ? { state: { ...state, [key]: input.to }, output: true } : { state, output: false }
  },
}

export const texts: Specification<KvAppendInput, string | true, Readonly<Record<string, string>>> = {
  initial: {},
  apply(state, input) {
    const text = state[input.key] ?? ''
    if (input.type === 'get') return { state, output: text }
    return { state: { ...state, [input.key]: input.type === 'put' ? input.value : text + input.value }, output: true }
  },
}

interface EtcdState {
  readonly revision: number
  /** In the order of keys. */
  readonly kvs: readonly Required<EtcdKeyValue>[]
}

const inRange = (key: string, range: { readonly key: string; readonly rangeEnd?: string | undefined }): boolean =>
  range.rangeEnd === undefined
    ? key === range.key
    : key >= range.key && (range.rangeEnd === '\0' || key < range.rangeEnd)

function one(kvs: EtcdState['kvs'], revision: number, operation: EtcdOperation) {
  if (operation.type === 'range') {
    const found = kvs.filter(({ key }) => inRange(key, operation))
    const { limit = 0 } = operation
    return { kvs, wrote: false, answer: { kvs: limit > 0 ? found.slice(0, limit) : found, count: found.length } }
  }
  if (operation.type === 'deleteRange') {
    const left = kvs.filter(({ key }) => !inRange(key, operation))
    const deleted = kvs.length - left.length
    return { kvs: left, wrote: deleted > 0, answer: { deleted } }
  }
  const { key, value } = operation
  const before = kvs.find((each) => each.key === key)
  const after = {
    key,
    value: value as string | undefined,
    createRevision: before?.createRevision ?? revision,
    modRevision: revision as number | undefined,
    version: (before?.version ?? 0) + 1,
  }
  const all = [...kvs.filter((each) => each !== before), after].sort((a, b) => (a.key < b.key ? -1 : 1))
  return { kvs: all, wrote: true, answer: {} }
}

function holds(kvs: EtcdState['kvs'], compare: EtcdCompare): boolean {
  const found = kvs.filter(({ key }) => inRange(key, compare))
  const test = (is: string | number, wanted: string | number): boolean =>
    ({ equal: is === wanted, notEqual: is !== wanted, greater: is > wanted, less: is < wanted })[compare.result]
  if (compare.target === 'value')
    return found.length > 0 && found.every(({ value }) => test(value as string, compare.value ?? ''))
  const field = ({ version: 'version', create: 'createRevision', mod: 'modRevision' } as const)[compare.target]
  const numbers = found.length === 0 ? [0] : found.map((each) => each[field] as number)
  return numbers.every((number) => test(number, compare.number ?? 0))
}

export const etcd: Specification<EtcdInput, EtcdOutput, EtcdState> = {
  initial: { revision: 1, kvs: [] },
  apply(state, input) {
    const isTxn = input.type === 'txn'
    const succeeded = isTxn && input.compare.every((compare) => holds(state.kvs, compare))
    let { kvs } = state
    let wrote = false
    const responses = []
    for (const operation of isTxn ? (succeeded ? input.success : input.failure) : [input]) {
      const done = one(kvs, state.revision + 1, operation)
      kvs = done.kvs
      wrote ||= done.wrote
      responses.push(done.answer)
    }
    const revision = state.revision + (wrote ? 1 : 0)
    const output = isTxn ? { revision, succeeded, responses } : { revision, ...responses[0] }
    return { state: { revision, kvs }, output }
  },
}

/** Whether everything that an expected answer has is in the actual one. */
function includes(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return actual === expected
  if (typeof actual !== 'object' || actual === null) return false
  if (Array.isArray(expected) && (actual as unknown[]).length !== expected.length) return false
  return Object.entries(expected).every(
    ([name, value]) => value === undefined || includes((actual as Record<string, unknown>)[name], value),
  )
}

/** Tries every order of every choice of operations: right by its plainness, and only for small histories. */
export function isLinearizable<Input, Output, State>(
  specification: Specification<Input, Output, State>,
  history: readonly Operation<Input, Output>[],
): boolean {
  const go = (state: State, left: readonly Operation<Input, Output>[]): boolean => {
    const answered = left.filter(({ output }) => output !== undefined)
    if (answered.length === 0) return true
    const firstReturn = Math.min(...answered.map(({ returnAt }) => returnAt as number))
    return left.some((each) => {
      if (each.callAt > firstReturn) return false
      const { state: after, output } = specification.apply(state, each.input)
      if (each.output !== undefined && !includes(output, each.output)) return false
      return go(
        after,
        left.filter((other) => other !== each),
      )
    })
  }
  return go(specification.initial, history)
}

/** What is wrong with an order that is said to explain a history; `undefined` when nothing is. */
export function faultOf<Input, Output, State>(
  specification: Specification<Input, Output, State>,
  history: readonly Operation<Input, Output>[],
  order: readonly Operation<Input, Output>[],
): string | undefined {
  if (new Set(order).size !== order.length) return 'an operation is there twice'
  if (order.some((each) => !history.includes(each))) return 'an operation is not of the history'
  if (history.some((each) => each.output !== undefined && !order.includes(each))) return 'an answered one is missing'
  let { initial: state } = specification
  for (const [index, each] of order.entries()) {
    const late = order
      .slice(index + 1)
      .find(({ output, returnAt }) => output !== undefined && (returnAt as number) < each.callAt)
    if (late !== undefined) return 'an operation stands before one that had ended before its call'
    const { state: after, output } = specification.apply(state, each.input)
    if (each.output !== undefined && !includes(output, each.output)) return `the answer of ${index} is another`
    state = after
  }
  return undefined
}
