import { expect, it } from 'vitest'
import { checkHistory, etcdModel, type EtcdInput, type EtcdOutput, type Operation } from '../src/index.js'

it('a put of unknown outcome may have been deleted by a transaction of unknown outcome that is known by what it put', () => {
  const kv = (key: string, value: string, createRevision: number, modRevision: number, version: number) => ({
    key,
    value,
    createRevision,
    modRevision,
    version,
  })
  const everything: EtcdInput = { type: 'range', key: 'a', rangeEnd: '\0' }
  const moves: EtcdInput = {
    type: 'txn',
    compare: [],
    success: [
      { type: 'deleteRange', key: 'a' },
      { type: 'put', key: 'b', value: '3' },
    ],
    failure: [],
  }
  const history: readonly Operation<EtcdInput, EtcdOutput>[] = [
    { client: 1, input: { type: 'put', key: 'a', value: '1' }, output: { revision: 2 }, callAt: 0, returnAt: 1 },
    {
      client: 1,
      input: everything,
      output: { revision: 2, kvs: [kv('a', '1', 2, 2, 1)] },
      callAt: 2,
      returnAt: 3,
    },
    { client: 2, input: { type: 'put', key: 'a', value: '2' }, callAt: 4 },
    { client: 3, input: moves, callAt: 5 },
    { client: 1, input: { type: 'put', key: 'a', value: '4' }, output: { revision: 5 }, callAt: 6, returnAt: 7 },
    {
      client: 1,
      input: everything,
      output: { revision: 5, kvs: [kv('a', '4', 5, 5, 1), kv('b', '3', 4, 4, 1)] },
      callAt: 8,
      returnAt: 9,
    },
  ]
  expect(checkHistory(etcdModel(), history).verdict).toBe('linearizable')
})
