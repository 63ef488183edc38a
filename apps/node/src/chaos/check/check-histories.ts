import {
  casRegisterModel,
  checkHistory,
  etcdModel,
  kvAppendModel,
  renderViolation,
  type CasRegisterInput,
  type Exhausted,
  type KvAppendInput,
  type KvAppendOutput,
  type Model,
  type Operation,
  type RegisterOutput,
} from '@quorate/linearizability'
import type { Recorded } from '../workload/history.js'

/** What a checker says of one history. */
export interface Checked {
  readonly model: string
  readonly verdict: 'linearizable' | 'violation' | 'unknown'
  readonly operations: number
  readonly ms: number
  /** Of a violation, a picture of it; of an undecided one, what ran out. */
  readonly explanation?: string
}

/** Enough for an hour's history. */
const timeoutMs = 180_000
const maxCacheBytes = 1024 * 1024 * 1024
const maxSteps = 2_000_000_000

/**
 * Checks what the clients saw: all of it together as etcd's store with its revisions, and the registers and the growing texts by models of
 * their own besides, which know nothing of revisions.
 */
export function checkHistories(operations: readonly Recorded[]): readonly Checked[] {
  const register = operations.filter(({ workload }) => workload === 'register')
  const append = operations.filter(({ workload }) => workload === 'append')
  return [
    check(
      etcdModel(),
      operations.map(({ client, input, output, callAt, returnAt }) => ({ client, input, output, callAt, returnAt })),
    ),
    ...(register.length > 0 ? [check(casRegisterModel(), register.map(asRegister))] : []),
    ...(append.length > 0 ? [check(kvAppendModel(), append.flatMap(asAppend))] : []),
  ]
}

function check<Input, Output>(model: Model<Input, Output>, history: readonly Operation<Input, Output>[]): Checked {
  const startedMs = performance.now()
  const result = checkHistory(model, history, { timeoutMs, maxCacheBytes, maxSteps, now: () => performance.now() })
  const checked = {
    model: model.name,
    verdict: result.verdict,
    operations: history.length,
    ms: performance.now() - startedMs,
  }
  if (result.verdict === 'violation') return { ...checked, explanation: renderViolation(model, result.violation) }
  return result.verdict === 'unknown' ? { ...checked, explanation: `${nouns[result.exhausted]} ran out` } : checked
}

const nouns: Readonly<Record<Exhausted, string>> = { steps: 'its steps', cache: 'its memory', time: 'its time' }

function asRegister({
  client,
  input,
  output,
  callAt,
  returnAt,
}: Recorded): Operation<CasRegisterInput, RegisterOutput> {
  const times = { client, callAt, returnAt }
  if (input.type === 'put')
    return { ...times, input: { type: 'write', key: input.key, value: input.value }, output: true }
  if (input.type === 'range')
    return { ...times, input: { type: 'read', key: input.key }, output: output?.kvs?.[0]?.value ?? null }
  const [compare, put] = [input.compare[0], input.success[0]]
  if (compare?.target !== 'value' || put?.type !== 'put')
    throw new TypeError('a register is set by comparing its value')
  const cas = { type: 'cas', key: put.key, from: compare.value ?? null, to: put.value } as const
  return { ...times, input: cas, output: output?.succeeded === true }
}

/** An append that found another text than it had read changed nothing: it is none. */
function asAppend({
  client,
  input,
  output,
  callAt,
  returnAt,
  mark,
}: Recorded): Operation<KvAppendInput, KvAppendOutput>[] {
  const times = { client, callAt, returnAt }
  if (input.type === 'range')
    return [{ ...times, input: { type: 'get', key: input.key }, output: output?.kvs?.[0]?.value ?? '' }]
  const put = input.type === 'txn' ? input.success[0] : input
  if (put?.type !== 'put' || mark === undefined) throw new TypeError('a text grows by a put')
  if (output?.succeeded !== true) return []
  return [{ ...times, input: { type: 'append', key: put.key, value: mark }, output: true }]
}
