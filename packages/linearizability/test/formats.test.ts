import { describe, expect, it } from 'vitest'
import { casRegisterReader, kvAppendReader, registerReader } from '../src/index.js'
import { thrown } from './codes.js'

const log = (...lines: readonly string[]): string =>
  lines.map((line) => `INFO  jepsen.util - ${line.replaceAll(' | ', '\t')}\n`).join('')

/** The code, line and field of what reading throws. */
function fault(read: () => unknown): unknown {
  const { code, data } = thrown(read) ?? {}
  return [code, data?.['line'], data?.['field']]
}

describe("lines of Jepsen's log", () => {
  it('become operations whose times are the numbers of their lines', () => {
    const text = log(
      '0 | :invoke | :read | nil',
      '1 | :invoke | :write | 4',
      '0 | :ok | :read | nil',
      '1 | :ok | :write | 4',
      '2 | :invoke | :cas | [4 -1]',
      '2 | :ok | :cas | [4 -1]',
    )
    expect(casRegisterReader().text(text).end()).toEqual([
      { client: '0', input: { type: 'read' }, output: null, callAt: 1, returnAt: 3 },
      { client: '1', input: { type: 'write', value: 4 }, output: true, callAt: 2, returnAt: 4 },
      { client: '2', input: { type: 'cas', from: 4, to: -1 }, output: true, callAt: 5, returnAt: 6 },
    ])
  })

  it('have an unknown outcome when they end with :info or not at all', () => {
    const text = log('0 | :invoke | :write | 1', '0 | :info | :write | :timed-out', '0 | :invoke | :read | nil')
    expect(casRegisterReader().text(text).end()).toEqual([
      { client: '0', input: { type: 'write', value: 1 }, callAt: 1 },
      { client: '0', input: { type: 'read' }, callAt: 3 },
    ])
  })

  it('that end with :fail are left out, but a cas has seen another value', () => {
    const text = log(
      '0 | :invoke | :write | 1',
      '0 | :fail | :write | 1',
      '0 | :invoke | :cas | [1 2]',
      '0 | :fail | :cas | [1 2]',
    )
    expect(casRegisterReader().text(text).end()).toEqual([
      { client: '0', input: { type: 'cas', from: 1, to: 2 }, output: false, callAt: 3, returnAt: 4 },
    ])
  })

  it('are refused with line and field when they are malformed', () => {
    const read = (...lines: readonly string[]) => fault(() => casRegisterReader().text(log(...lines)))
    const call = '0 | :invoke | :write | 1'
    const malformed = 'QUORATE_MALFORMED_HISTORY'
    expect(fault(() => casRegisterReader().text('\nnonsense'))).toEqual([malformed, 2, 'line'])
    expect(read('0 | :invoke | :read')).toEqual([malformed, 1, 'line'])
    expect(read('x | :invoke | :read | nil')).toEqual([malformed, 1, 'process'])
    expect(read(call, '0 | :okay | :write | 1')).toEqual([malformed, 2, 'type'])
    expect(read('0 | :invoke | read | nil')).toEqual([malformed, 1, 'function'])
    expect(read('0 | :invoke | :increment | nil')).toEqual([malformed, 1, 'function'])
    expect(read('0 | :invoke | :read | 3')).toEqual([malformed, 1, 'value'])
    expect(read('0 | :invoke | :write | 1.5')).toEqual([malformed, 1, 'value'])
    expect(read('0 | :invoke | :write | [1 2]')).toEqual([malformed, 1, 'value'])
    expect(read('0 | :invoke | :cas | [1]')).toEqual([malformed, 1, 'value'])
    expect(read('0 | :invoke | :cas | [1 2 3]')).toEqual([malformed, 1, 'value'])
    expect(read('0 | :invoke | :cas | [1 2')).toEqual([malformed, 1, 'value'])
    expect(read(call, call)).toEqual([malformed, 2, 'process'])
    expect(read(call, '1 | :ok | :write | 1')).toEqual([malformed, 2, 'process'])
    expect(read(call, '0 | :ok | :read | 1')).toEqual([malformed, 2, 'function'])
    expect(read(call, '0 | :ok | :write | 2')).toEqual([malformed, 2, 'value'])
    expect(read('0 | :invoke | :read | nil', '0 | :ok | :read | :timed-out')).toEqual([malformed, 2, 'value'])
  })

  it('of cas are no history of a plain register', () => {
    expect(fault(() => registerReader().text(log('0 | :invoke | :cas | [1 2]')))).toEqual([
      'QUORATE_MALFORMED_HISTORY',
      1,
      'function',
    ])
  })
})

describe('maps in EDN', () => {
  it('become operations of append-only keys', () => {
    const text = String.raw`
{:process 0, :type :invoke, :f :append, :key "7", :value "x \"0\"\n"}
{:type :invoke :process 1 :f :get :key "7" :value nil :time 123 :tags [:a "b" 3]}
{:process 1, :type :ok, :f :get, :key "7", :value ""}
{:process 0, :type :ok, :f :append, :key "7", :value "x \"0\"\n"}
{:process 2, :type :invoke, :f :put, :key "8", :value ":y"}
{:process 2, :type :info, :f :put, :key "8", :value :timed-out}`
    expect(kvAppendReader().text(text).end()).toEqual([
      { client: '1', input: { type: 'get', key: '7' }, output: '', callAt: 3, returnAt: 4 },
      { client: '0', input: { type: 'append', key: '7', value: 'x "0"\n' }, output: true, callAt: 2, returnAt: 5 },
      { client: '2', input: { type: 'put', key: '8', value: ':y' }, callAt: 6 },
    ])
  })

  it('become operations of registers, one for each key', () => {
    const text = `{:process 0, :type :invoke, :f :cas, :key "a", :value [nil "x"]}
{:process 0, :type :ok, :f :cas, :key "a", :value [nil "x"]}`
    expect(casRegisterReader().text(text).end()).toEqual([
      { client: '0', input: { type: 'cas', from: null, to: 'x', key: 'a' }, output: true, callAt: 1, returnAt: 2 },
    ])
  })

  it('are refused with line and field when they are malformed', () => {
    const call = '{:process 0, :type :invoke, :f :get, :key "7", :value nil}'
    const read = (...lines: readonly string[]) => fault(() => kvAppendReader().text(lines.join('\n')))
    const malformed = 'QUORATE_MALFORMED_HISTORY'
    expect(read('{:type :invoke, :f :get, :key "7", :value nil}')).toEqual([malformed, 1, ':process'])
    expect(read('{:process "0", :type :invoke, :f :get, :key "7"}')).toEqual([malformed, 1, ':process'])
    expect(read('{:process 0, :f :get, :key "7"}')).toEqual([malformed, 1, ':type'])
    expect(read('{:process 0, :type "invoke", :f :get, :key "7"}')).toEqual([malformed, 1, ':type'])
    expect(read('{:process 0, :type :call, :f :get, :key "7"}')).toEqual([malformed, 1, ':type'])
    expect(read('{:process 0, :type :invoke, :key "7"}')).toEqual([malformed, 1, ':f'])
    expect(read('{:process 0, :type :invoke, :f "get", :key "7"}')).toEqual([malformed, 1, ':f'])
    expect(read('{:process 0, :type :invoke, :f :get, :key [7]}')).toEqual([malformed, 1, ':key'])
    expect(read('{:process 0, :type :invoke, :f :get, :key "7", :value "unterminated}')).toEqual([
      malformed,
      1,
      ':value',
    ])
    expect(read('{:process 0, :type :invoke, :f :get, :key "7", :value 1e5}')).toEqual([malformed, 1, ':value'])
    expect(read('{:process 0, :process 1}')).toEqual([malformed, 1, ':process'])
    expect(read('{:process 0')).toEqual([malformed, 1, 'line'])
    expect(read('{:process')).toEqual([malformed, 1, ':process'])
    expect(read('{:process 0, :tags [1 2')).toEqual([malformed, 1, ':tags'])
    expect(read('{:process 0} {')).toEqual([malformed, 1, 'line'])
    expect(read('{0 :process}')).toEqual([malformed, 1, 'line'])
    expect(read('{"process" 0}')).toEqual([malformed, 1, 'line'])
    expect(read('{:process 0, :type :invoke, :f :get, :value nil}')).toEqual([malformed, 1, 'key'])
    expect(read('{:process 0, :type :invoke, :f :delete, :key "7"}')).toEqual([malformed, 1, 'function'])
    expect(read('{:process 0, :type :invoke, :f :append, :key "7", :value 3}')).toEqual([malformed, 1, 'value'])
    expect(read(call, '{:process 0, :type :ok, :f :get, :key "8", :value ""}')).toEqual([malformed, 2, 'key'])
    expect(read(call, '{:process 0, :type :ok, :f :get, :key "7", :value nil}')).toEqual([malformed, 2, 'value'])
  })

  it('say in the message what was found and what must be there', () => {
    const text = '{:process 0, :type :oky, :f :get, :key "7", :value nil}'
    expect(thrown(() => kvAppendReader().text(text))?.message).toBe(
      'line 1: :type must be :invoke, :ok, :fail or :info, not :oky',
    )
  })
})
