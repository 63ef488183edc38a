import { describe, expect, it } from 'vitest'
import {
  casRegisterModel,
  checkHistory,
  defineModel,
  etcdModel,
  kvAppendModel,
  registerModel,
  renderViolation,
  type CasRegisterInput,
  type CheckOptions,
  type EtcdInput,
  type EtcdOutput,
  type Operation,
  type RegisterValue,
} from '../src/index.js'
import { thrown } from './codes.js'

type RegisterOperation = Operation<CasRegisterInput, RegisterValue>

const write = (value: number, callAt: number, returnAt?: number): RegisterOperation => ({
  client: `w${value}`,
  input: { type: 'write', value },
  callAt,
  ...(returnAt !== undefined && { output: true, returnAt }),
})
const read = (value: number | null, callAt: number, returnAt: number): RegisterOperation => ({
  client: 'r',
  input: { type: 'read' },
  output: value,
  callAt,
  returnAt,
})

/** Writers that all overlap, and a value that nobody wrote: every order has to be tried. */
const hard = [...Array.from({ length: 12 }, (_, value) => write(value, 0, 100)), read(99, 101, 102)]

const verdict = (history: readonly RegisterOperation[], options?: CheckOptions) =>
  checkHistory(casRegisterModel(), history, options).verdict

describe('a budget', () => {
  it('of steps ends a search undecided', () => {
    expect(checkHistory(casRegisterModel(), hard, { maxSteps: 10_000 })).toMatchObject({
      verdict: 'unknown',
      exhausted: 'steps',
      key: '',
    })
  })

  it('of memory ends a search undecided', () => {
    const result = checkHistory(casRegisterModel(), hard, { maxCacheBytes: 100_000 })
    expect(result).toMatchObject({ verdict: 'unknown', exhausted: 'cache' })
    expect(result.cacheBytes).toBeLessThanOrEqual(100_000)
  })

  it('of time ends a search undecided, by the clock that is handed in', () => {
    let now = 0
    const result = checkHistory(casRegisterModel(), hard, { timeoutMs: 10, now: () => now++ })
    expect(result).toMatchObject({ verdict: 'unknown', exhausted: 'time' })
    expect(now).toBeGreaterThan(10)
  })

  it('that suffices decides the same history', () => {
    expect(verdict(hard)).toBe('violation')
  })

  it('of time needs a clock', () => {
    expect(thrown(() => verdict([], { timeoutMs: 10 }))?.code).toBe('QUORATE_INVALID_OPTION')
    expect(thrown(() => verdict([], { maxSteps: 0 }))?.code).toBe('QUORATE_INVALID_OPTION')
    expect(thrown(() => verdict([], { maxCacheBytes: 1 }))?.code).toBe('QUORATE_INVALID_OPTION')
  })

  it('that one key used up leaves the violation of another to be found', () => {
    const other = { ...read(5, 0, 1), input: { type: 'read', key: 'other' } } as const
    expect(checkHistory(casRegisterModel(), [...hard, other], { maxCacheBytes: 100_000 })).toMatchObject({
      verdict: 'violation',
      violation: { key: 'other' },
    })
  })

  it('that ends while a violation is cut down leaves the violation, and says that the prefix may not be the shortest', () => {
    const append = (at: number) =>
      ({
        client: 1,
        input: { type: 'append', key: 'a', value: 'x' },
        output: true,
        callAt: at,
        returnAt: at + 1,
      }) as const
    const get = { client: 2, input: { type: 'get', key: 'a' }, output: 'y', callAt: 0, returnAt: 100 } as const
    const history = [get, ...Array.from({ length: 40 }, (_, index) => append(2 * index)), append(200), append(300)]
    const violation = (options?: CheckOptions) => {
      const result = checkHistory(kvAppendModel(), history, options)
      return result.verdict === 'violation' ? result.violation : undefined
    }
    expect(violation()).toMatchObject({ isShortest: true, operation: get })
    expect(violation()?.prefix).toHaveLength(41)
    expect(violation({ maxSteps: 20 })).toMatchObject({ isShortest: false })
    expect(violation({ maxSteps: 20 })?.prefix).toHaveLength(43)
  })
})

describe('an operation that cannot be is refused, with its place and field', () => {
  const fault = (check: () => unknown): unknown => {
    const { code, data } = thrown(check) ?? {}
    return [code, data?.['index'], data?.['field']]
  }
  const invalid = 'QUORATE_INVALID_OPERATION'

  it('for its times', () => {
    expect(fault(() => verdict([write(1, 0, 1), write(1, Number.NaN, 2)]))).toEqual([invalid, 1, 'callAt'])
    expect(fault(() => verdict([write(1, 3, 2)]))).toEqual([invalid, 0, 'returnAt'])
    expect(fault(() => verdict([{ ...write(1, 3), output: true }]))).toEqual([invalid, 0, 'returnAt'])
  })

  it('for what is no operation or answer of its model', () => {
    const cas = { client: 1, input: { type: 'cas', from: 1, to: 2 } as never, callAt: 1 }
    expect(fault(() => checkHistory(registerModel(), [cas]))).toEqual([invalid, 0, 'input.type'])
    expect(fault(() => verdict([{ ...write(1, 0, 1), output: 1 }]))).toEqual([invalid, 0, 'output'])
    const get = { client: 1, input: { type: 'get', key: 'a' } as const, output: true as const, callAt: 1, returnAt: 2 }
    expect(fault(() => checkHistory(kvAppendModel(), [get]))).toEqual([invalid, 0, 'output'])
    const compact = { client: 1, input: { type: 'compact' } as never, callAt: 1 }
    expect(fault(() => checkHistory(etcdModel(), [compact]))).toEqual([invalid, 0, 'input.type'])
    const put = { client: 1, input: { type: 'put', key: 'a', value: '' } as const, callAt: 1, returnAt: 2 }
    expect(fault(() => checkHistory(etcdModel(), [{ ...put, output: {} as never }]))).toEqual([
      invalid,
      0,
      'output.revision',
    ])
  })
})

describe('operations of unknown outcome', () => {
  it('are many without making the search long: a hundred of them, of which none explains what is read', () => {
    const unknown = Array.from({ length: 100 }, (_, index) => write(index % 5, index))
    const reads = Array.from({ length: 50 }, (_, index) => read(index % 5, 200 + 2 * index, 201 + 2 * index))
    const history = [...unknown, ...reads, read(9, 400, 401)]
    expect(verdict([...unknown, ...reads])).toBe('linearizable')
    expect(checkHistory(casRegisterModel(), history, { maxSteps: 1_000_000 }).verdict).toBe('violation')
  })
})

describe('the etcd model', () => {
  const put = (value: string, callAt: number, output?: EtcdOutput): Operation<EtcdInput, EtcdOutput> => ({
    client: 1,
    input: { type: 'put', key: 'a', value },
    callAt,
    ...(output && { output, returnAt: callAt + 1 }),
  })
  const get = (callAt: number, revision: number, value: string, modRevision: number) => ({
    client: 2,
    input: { type: 'range', key: 'a' } as const,
    output: { revision, kvs: [{ key: 'a', value, modRevision }] },
    callAt,
    returnAt: callAt + 1,
  })

  it('lets a put of unknown outcome take effect much later, at the revision that is missing', () => {
    const history = [put('lost', 0), put('x', 1, { revision: 2 }), put('y', 3, { revision: 4 }), get(5, 4, 'y', 4)]
    expect(checkHistory(etcdModel(), history).verdict).toBe('linearizable')
    expect(checkHistory(etcdModel(), history.slice(1)).verdict).toBe('violation')
  })

  it('finds a read of an old revision after a newer one was answered', () => {
    const stale = [put('x', 0, { revision: 2 }), put('y', 2, { revision: 3 }), get(4, 2, 'x', 2)]
    expect(checkHistory(etcdModel(), stale)).toMatchObject({ verdict: 'violation', violation: { operation: stale[2] } })
  })

  it('begins at the revision that it is told', () => {
    expect(checkHistory(etcdModel({ initialRevision: 7 }), [put('x', 0, { revision: 8 })]).verdict).toBe('linearizable')
    expect(checkHistory(etcdModel({ initialRevision: 7 }), [put('x', 0, { revision: 2 })]).verdict).toBe('violation')
  })
})

describe('a model of ones own', () => {
  const queue = defineModel<number | 'take', number | 'empty' | 'done', readonly number[]>({
    name: 'queue',
    initial: [],
    identify: (items) => items.join(),
    step(items, input, output) {
      if (input !== 'take') return [...items, input]
      const [first = 'empty', ...rest] = items
      return output === undefined || output === first ? rest : undefined
    },
  })
  const operation = (input: number | 'take', output: number | 'empty' | 'done', callAt: number, returnAt: number) => ({
    client: 1,
    input,
    output,
    callAt,
    returnAt,
  })

  it('is checked by its whole states', () => {
    const both = [operation(1, 'done', 0, 3), operation(2, 'done', 1, 2)]
    const check = (first: number, second: number) =>
      checkHistory(queue, [...both, operation('take', first, 4, 5), operation('take', second, 6, 7)]).verdict
    expect([check(1, 2), check(2, 1), check(1, 1)]).toEqual(['linearizable', 'linearizable', 'violation'])
  })
})

describe('a violation for people', () => {
  it('shows intervals, places in the longest linearization, and what cannot be placed', () => {
    const history = [
      write(1, 0, 4),
      write(2, 2, 6),
      write(3, 5),
      read(2, 7, 8),
      read(3, 9, 10),
      read(1, 11, 12),
      read(1, 13, 14),
    ]
    const result = checkHistory(casRegisterModel(), history)
    if (result.verdict !== 'violation') return expect.fail('no violation')
    expect(result.violation.operation).toBe(history[5])
    expect(`\n${renderViolation(casRegisterModel(), result.violation, { width: 80 })}\n`).toMatchInlineSnapshot(`
      "
      Not linearizable as cas-register: no order of operations explains read → 1 of client r.
      Its answer at 12 ends the shortest prefix that cannot be explained (6 operations, 5 of them placed at most).

      #  client  operation  time →
      1  w1      write 1    ├──────────┤
      2  w2      write 2          ├────────────────┤
      4  w3      write 3                     ├───────────────────────────────────────…
      3  r       read → 2                                ├────┤
      5  r       read → 3                                           ├─────┤
      ✗  r       read → 1                                                      ├─────┤

      # is the place in the longest linearization found; ✗: none is possible; -: it has none there.
      … was not answered by then: it may take effect later, and without a place has not.

      The longest linearization found:
         begins with nil
           1  write 1  ⇒  1
           2  write 2  ⇒  2
           3  read → 2  ⇒  2
           4  write 3  ⇒  3
           5  read → 3  ⇒  3
           ✗  read → 1, which cannot answer so
      "
    `)
  })

  it('shows no more operations than asked for, those that end last', () => {
    const history = [...Array.from({ length: 50 }, (_, at) => write(at, 2 * at, 2 * at + 1)), read(1, 200, 201)]
    const result = checkHistory(casRegisterModel(), history)
    if (result.verdict !== 'violation') return expect.fail('no violation')
    const text = renderViolation(casRegisterModel(), result.violation, { maxOperations: 5 })
    expect(text).toContain('46 earlier operations are not shown.')
    expect(text.match(/├/g)).toHaveLength(5)
    expect(text).toContain('w49')
    expect(text).not.toContain('w45 ')
  })
})
