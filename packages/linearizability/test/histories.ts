import fc from 'fast-check'
import type { CasRegisterInput, EtcdInput, EtcdOperation, EtcdOutput, KvAppendInput, Operation } from '../src/index.js'
import { etcd, registers, texts, type Specification } from './specification.js'

/** One operation as it is drawn: when it is called, takes effect and returns, and whether anybody learns of it. */
interface Drawn<Input> {
  readonly input: Input
  readonly callAt: number
  readonly duration: number
  /** When, within its time, it takes effect. */
  readonly point: number
  readonly known: boolean
  /** How long after its call one of unknown outcome takes effect; `undefined` is never. */
  readonly effectAfter: number | undefined
}

/**
 * Small histories: operations that overlap take effect each at some moment and are answered accordingly, some of unknown outcome. Then, in
 * some, one answer is changed. About half of them are linearizable.
 */
export function histories<Input, Output, State>(
  specification: Specification<Input, Output, State>,
  inputs: fc.Arbitrary<Input>,
  change: (output: Output, input: Input, by: number) => Output,
  maxLength = 7,
): fc.Arbitrary<Operation<Input, Output>[]> {
  const changes = fc.option(fc.record({ index: fc.nat(maxLength - 1), by: fc.nat(7) }), { nil: undefined })
  return fc.tuple(fc.array(drawn(inputs, 12), { minLength: 1, maxLength }), changes).map(([list, changed]) => {
    const history = execute(specification, list)
    if (changed === undefined) return history
    const index = changed.index % history.length
    const { output, ...operation } = history[index] as Operation<Input, Output>
    if (output === undefined) return history
    return history.with(index, { ...operation, output: change(output, operation.input, changed.by) })
  })
}

/** Long ones, all of which are linearizable: each operation took effect at some moment, and was answered accordingly. */
function rightHistories<Input, Output, State>(
  specification: Specification<Input, Output, State>,
  inputs: fc.Arbitrary<Input>,
): fc.Arbitrary<Operation<Input, Output>[]> {
  return fc
    .array(drawn(inputs, 100), { minLength: 30, maxLength: 60, size: 'max' })
    .map((list) => execute(specification, list))
}

function drawn<Input>(inputs: fc.Arbitrary<Input>, latestCall: number): fc.Arbitrary<Drawn<Input>> {
  return fc.record<Drawn<Input>>({
    input: inputs,
    callAt: fc.nat(latestCall),
    duration: fc.nat(7),
    point: fc.double({ min: 0, max: 1, noNaN: true }),
    known: fc.boolean().chain((known) => (known ? fc.constant(true) : fc.boolean())),
    effectAfter: fc.option(fc.nat(10), { nil: undefined }),
  })
}

function execute<Input, Output, State>(
  specification: Specification<Input, Output, State>,
  list: readonly Drawn<Input>[],
): Operation<Input, Output>[] {
  const effectAt = ({ known, callAt, duration, point, effectAfter }: Drawn<Input>): number =>
    known ? callAt + duration * point : callAt + (effectAfter ?? Infinity)
  const outputs = new Map<Drawn<Input>, Output>()
  let { initial: state } = specification
  for (const each of [...list].sort((a, b) => effectAt(a) - effectAt(b))) {
    if (effectAt(each) === Infinity) continue
    const done = specification.apply(state, each.input)
    state = done.state
    outputs.set(each, done.output)
  }
  return list.map((each, client) => {
    const { input, callAt, duration, known } = each
    return known
      ? { client, input, output: outputs.get(each) as Output, callAt, returnAt: callAt + duration }
      : { client, input, callAt }
  })
}

const values = fc.constantFrom(1, 2)
const registerKey = fc.constantFrom({}, {}, { key: 'other' })
const registerInputs: fc.Arbitrary<CasRegisterInput> = fc
  .tuple(
    fc.oneof(
      fc.constant({ type: 'read' as const }),
      fc.record({ type: fc.constant('write' as const), value: values }),
      fc.record({ type: fc.constant('cas' as const), from: fc.constantFrom(null, 1, 2), to: values }),
    ),
    registerKey,
  )
  .map(([input, key]) => ({ ...input, ...key }))

export const registerHistories = histories(registers, registerInputs, (output, { type }, by) => {
  if (type === 'read') return [null, 1, 2][by % 3] as number | null
  return type === 'write' ? output : !output
})

const pieces = fc.constantFrom('a', 'b', 'ab', '')
const textInputs = (kinds: readonly ('append' | 'put')[]): fc.Arbitrary<KvAppendInput> =>
  fc.oneof(
    fc.record({ type: fc.constant('get' as const), key: fc.constantFrom('x', 'x', 'y') }),
    fc.record({ type: fc.constantFrom(...kinds), key: fc.constantFrom('x', 'x', 'y'), value: pieces }),
  )

const changeText = (output: string | true, _: KvAppendInput, by: number): string | true =>
  output === true ? true : ([output.slice(0, -1), `${output}a`, output.slice(1), `b${output}`][by % 4] as string)

export const appendHistories = histories(texts, textInputs(['append']), changeText)
export const putHistories = histories(texts, textInputs(['append', 'append', 'put']), changeText)

const keys = fc.constantFrom('a', 'b', 'c')
const range = fc.oneof(
  fc.record({ key: keys }),
  fc.constantFrom({ key: 'a', rangeEnd: 'c' }, { key: 'b', rangeEnd: '\0' }, { key: 'a', rangeEnd: '\0' }),
)
const etcdValues = fc.constantFrom('1', '2')
const put = fc.record({ type: fc.constant('put' as const), key: keys, value: etcdValues })
const deleteRange = range.map((each) => ({ type: 'deleteRange' as const, ...each }))
const read = fc
  .tuple(range, fc.constantFrom(0, 0, 1))
  .map(([each, limit]) => ({ type: 'range' as const, limit, ...each }))
const etcdOperation: fc.Arbitrary<EtcdOperation> = fc.oneof({ weight: 3, arbitrary: put }, deleteRange, read)
const compare = fc
  .tuple(
    range,
    fc.constantFrom('version' as const, 'create' as const, 'mod' as const, 'value' as const),
    fc.constantFrom('equal' as const, 'greater' as const, 'less' as const, 'notEqual' as const),
    fc.nat(4),
    etcdValues,
  )
  .map(([each, target, result, number, value]) => ({ ...each, target, result, number, value }))
const txn = fc.record({
  type: fc.constant('txn' as const),
  compare: fc.array(compare, { maxLength: 2 }),
  success: fc.array(etcdOperation, { maxLength: 2 }),
  failure: fc.array(etcdOperation, { maxLength: 2 }),
})
const etcdInputs: fc.Arbitrary<EtcdInput> = fc.oneof({ weight: 2, arbitrary: etcdOperation }, txn)

function changeEtcd(output: EtcdOutput, _: EtcdInput, by: number): EtcdOutput {
  const { revision, succeeded, kvs, deleted, count, responses } = output
  const options: EtcdOutput[] = [
    { ...output, revision: revision + 1 },
    { ...output, revision: Math.max(1, revision - 1) },
    // Less is said: it may then be explained where it could not.
    { revision },
    ...(succeeded === undefined ? [] : [{ ...output, succeeded: !succeeded }]),
    ...(deleted === undefined ? [] : [{ ...output, deleted: deleted + 1 }]),
    ...(count === undefined ? [] : [{ ...output, count: count + 1 }]),
    ...(responses === undefined ? [] : [{ ...output, responses: responses.slice(1) }]),
    ...(kvs?.[0] === undefined
      ? []
      : [
          { ...output, kvs: kvs.slice(1) },
          { ...output, kvs: [{ ...kvs[0], value: '3' }, ...kvs.slice(1)] },
          { ...output, kvs: [{ ...kvs[0], version: 9 }, ...kvs.slice(1)] },
          { ...output, kvs: [{ ...kvs[0], modRevision: 9 }, ...kvs.slice(1)] },
          { ...output, kvs: [{ ...kvs[0], createRevision: 9 }, ...kvs.slice(1)] },
          { ...output, kvs: [{ ...kvs[0], key: 'd' }, ...kvs.slice(1)] },
        ]),
  ]
  return options[by % options.length] as EtcdOutput
}

export const etcdHistories = histories(etcd, etcdInputs, changeEtcd, 6)

export const longRegisterHistories = rightHistories(registers, registerInputs)
export const longPutHistories = rightHistories(texts, textInputs(['append', 'append', 'put']))
export const longEtcdHistories = rightHistories(etcd, etcdInputs)
