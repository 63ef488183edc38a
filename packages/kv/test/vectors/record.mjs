/**
 * Asks a real etcd the questions below, one after another, and writes them with its answers to etcd-3.4.23.jsonl. The etcd must be
 * empty: `node test/vectors/record.mjs http://127.0.0.1:2379`. The answers are what the tests hold this package to.
 */
import { writeFileSync } from 'node:fs'

const [url] = process.argv.slice(2)
const b = (text) => Buffer.from(text, 'latin1').toString('base64')
const keys = (key, end) => ({ key: b(key), ...(end === undefined ? {} : { range_end: b(end) }) })

const put = (key, value, more = {}) => ({ key: b(key), ...(value === undefined ? {} : { value: b(value) }), ...more })
const range = (key, end, more = {}) => ({ ...keys(key, end), ...more })
const compare = (target, result, key, union, end) => ({ target, result, ...keys(key, end), ...union })
const opPut = (...args) => ({ request_put: put(...args) })
const opRange = (...args) => ({ request_range: range(...args) })
const opDelete = (...args) => ({ request_delete_range: range(...args) })
const opTxn = (txn) => ({ request_txn: txn })
const many = (count, make) => Array.from({ length: count }, (_, index) => make(index))
const ops = (count) => many(count, (index) => opPut(`many${index}`, 'x'))
const deep = (depth, width) =>
  depth === 0
    ? { success: ops(width) }
    : {
        success: [
          ...ops(width)
            .map((_, i) => opPut(`d${depth}-${i}`, 'x'))
            .slice(1),
          opTxn(deep(depth - 1, width)),
        ],
      }

const ALL = ['\0', '\0']
const steps = [
  ['range', range(...ALL)],
  ['range', range('a', undefined, { revision: '1' })],
  ['range', range('a', undefined, { revision: '2' })],
  ['range', range('a', undefined, { revision: '-5' })],
  ['deleterange', range('a')],
  ['txn', { success: [opRange('a')] }],
  ['txn', { success: [opDelete('a')] }],
  ['txn', {}],
  ['compaction', { revision: '2' }],
  ['put', put('a', '1')],
  ['put', put('b', '9')],
  ['put', put('c', '5', { prev_kv: true })],
  ['put', put('c', '6', { prev_kv: true })],
  ['put', put('a', '2', { prev_kv: true })],
  ['put', put('', '2')],
  ['put', put('a', 'v', { ignore_value: true })],
  ['put', put('a', '', { ignore_value: true, prev_kv: true })],
  ['put', put('a', '7', { ignore_lease: true })],
  ['put', put('a', '7', { ignore_lease: true, lease: '5' })],
  ['put', put('none', undefined, { ignore_value: true })],
  ['put', put('none', 'x', { ignore_lease: true })],
  ['put', put('a', '7', { lease: '77' })],
  ['put', put('none', undefined, { ignore_value: true, lease: '77' })],
  ['put', put('\xff\xfe', '\x00\xff')],
  ['put', put('\0', 'zero')],
  ['range', range(...ALL)],
  ['range', range('b', '\0')],
  ['range', range('a', 'c')],
  ['range', range('c', 'a')],
  ['range', range('a', 'a')],
  ['range', range('a')],
  ['range', range('', 'b')],
  ['range', range('a', 'd', { limit: '1' })],
  ['range', range('a', 'd', { limit: '3' })],
  ['range', range('a', 'd', { limit: '-1' })],
  ['range', range('a', 'd', { limit: '2', count_only: true })],
  ['range', range('a', 'd', { keys_only: true })],
  ['range', range('a', 'd', { sort_order: 'DESCEND', sort_target: 'KEY' })],
  ['range', range('a', 'd', { sort_order: 'DESCEND', sort_target: 'KEY', limit: '1' })],
  ['range', range('a', 'd', { sort_order: 'NONE', sort_target: 'VALUE' })],
  ['range', range('a', 'd', { sort_order: 'NONE', sort_target: 'VALUE', limit: '1' })],
  ['range', range('a', 'd', { sort_order: 'ASCEND', sort_target: 'VALUE', limit: '1' })],
  ['range', range('a', 'd', { sort_order: 'DESCEND', sort_target: 'VERSION' })],
  ['range', range('a', 'd', { sort_order: 'DESCEND', sort_target: 'CREATE' })],
  ['range', range('a', 'd', { sort_order: 'ASCEND', sort_target: 'MOD' })],
  ['range', range('a', 'd', { sort_order: 'DESCEND', sort_target: 'VALUE', keys_only: true })],
  ['range', range('a', 'd', { min_mod_revision: '5' })],
  ['range', range('a', 'd', { max_mod_revision: '5', limit: '1' })],
  ['range', range('a', 'd', { min_create_revision: '3', max_create_revision: '3' })],
  ['range', range('a', 'd', { min_mod_revision: '5', count_only: true })],
  ['range', range('a', 'd', { min_mod_revision: '-1', limit: '1' })],
  ['range', range('a', 'd', { max_mod_revision: '-1' })],
  ['range', range('a', 'd', { revision: '3' })],
  ['range', range('a', 'd', { revision: '1' })],
  ['range', range('a', 'd', { revision: '99' })],
  ['range', range('a', 'd', { revision: '3', count_only: true })],
  [
    'txn',
    {
      compare: [compare('VALUE', 'EQUAL', 'none', { value: b('') })],
      success: [opPut('t', '1')],
      failure: [opPut('t', '2')],
    },
  ],
  ['txn', { compare: [compare('VALUE', 'NOT_EQUAL', 'none', { value: b('x') })] }],
  ['txn', { compare: [compare('VALUE', 'EQUAL', 'a', {})] }],
  [
    'txn',
    {
      compare: [compare('VERSION', 'EQUAL', 'none', { version: '0' })],
      success: [opPut('t', '3', { prev_kv: true }), opRange('t'), opRange('a', 'd', { limit: '1' })],
    },
  ],
  ['txn', { compare: [compare('CREATE', 'EQUAL', 'none', {})] }],
  ['txn', { compare: [compare('MOD', 'GREATER', 'none', { mod_revision: '0' })] }],
  ['txn', { compare: [compare('MOD', 'LESS', 'none', { mod_revision: '1' })] }],
  ['txn', { compare: [compare('LEASE', 'EQUAL', 'a', { lease: '0' })] }],
  ['txn', { compare: [compare('LEASE', 'LESS', 'a', { lease: '1' })] }],
  ['txn', { compare: [compare('VERSION', 'GREATER', 'a', { version: '1' }, 'd')] }],
  ['txn', { compare: [compare('VERSION', 'GREATER', 'a', { version: '0' }, 'd')] }],
  ['txn', { compare: [compare('CREATE', 'GREATER', 'b', { create_revision: '2' }, '\0')] }],
  ['txn', { compare: [compare('VALUE', 'GREATER', 'b', { value: b('') }, 'a')] }],
  ['txn', { compare: [compare('VERSION', 'EQUAL', 'x', { version: '0' }, 'z')] }],
  ['txn', { compare: [compare('VERSION', 'EQUAL', '', { version: '0' })] }],
  ['txn', { success: [opPut('d1', 'x'), opPut('d1', 'y')] }],
  ['txn', { success: [opPut('d1', 'x')], failure: [opPut('d1', 'y')] }],
  ['txn', { success: [opPut('d1', 'x'), opDelete('d1')] }],
  ['txn', { success: [opDelete('d0', 'd2'), opPut('d1', 'x')] }],
  ['txn', { success: [opDelete('d0', 'd1'), opPut('d1', 'x'), opDelete('d2')] }],
  ['txn', { success: [opDelete('d0', '\0'), opPut('d1', 'x')] }],
  ['range', range('d0', '\0')],
  ['txn', { success: [opPut('d1', 'again'), opDelete('d0', '\0'), opRange('d0', '\0')] }],
  ['range', range('d0', '\0')],
  ['txn', { success: [opDelete('d2', 'd0'), opPut('d1', 'x')] }],
  ['txn', { success: [opDelete('d1'), opDelete('d1'), opDelete('d0', 'd5', { prev_kv: true })] }],
  ['txn', { success: [opTxn({ success: [opPut('n1', 'x')], failure: [opPut('n1', 'y')] })] }],
  ['txn', { success: [opTxn({ success: [opPut('n1', 'x')] }), opPut('n1', 'y')] }],
  ['txn', { success: [opTxn({ success: [opPut('n1', 'x')] }), opTxn({ success: [opPut('n1', 'y')] })] }],
  ['txn', { success: [opTxn({ success: [opPut('n1', 'x')] }), opTxn({ failure: [opPut('n1', 'y')] })] }],
  ['txn', { success: [opTxn({ success: [opDelete('n1')] }), opTxn({ success: [opPut('n1', 'y')] })] }],
  ['txn', { success: [opTxn({ success: [opPut('n1', 'z')] }), opTxn({ success: [opDelete('n1')] })] }],
  ['range', range('n1')],
  ['txn', { success: [opTxn({ success: [opDelete('n1')] }), opPut('n1', 'y')] }],
  [
    'txn',
    {
      success: [
        opPut('n2', '1'),
        opTxn({
          compare: [compare('VERSION', 'EQUAL', 'n2', { version: '1' })],
          success: [opPut('n3', 'then')],
          failure: [opPut('n3', 'else'), opRange('n2')],
        }),
      ],
    },
  ],
  [
    'txn',
    {
      compare: [compare('VERSION', 'EQUAL', 'n2', { version: '1' })],
      success: [opTxn({ success: [opRange('n2')] }), opTxn({})],
    },
  ],
  ['txn', { success: [opPut('lease', 'x', { lease: '77' })] }],
  ['txn', { success: [opPut('ok', 'x')], failure: [opPut('lease', 'x', { lease: '77' })] }],
  ['txn', { success: [opPut('fresh', 'x'), opPut('none', undefined, { ignore_value: true })] }],
  ['range', range('fresh')],
  ['txn', { success: [opPut('a', 'x', { ignore_value: true })] }],
  ['txn', { success: [opPut('a', undefined, { ignore_value: true, prev_kv: true })] }],
  ['txn', { success: [opPut('', 'x')] }],
  ['txn', { success: [opRange('', 'x')] }],
  ['txn', { success: [opDelete('', 'x')] }],
  ['txn', { success: [{}] }],
  ['txn', { success: [opRange('a', undefined, { revision: '999' })] }],
  ['txn', { success: [opRange('a', undefined, { revision: '-1' })] }],
  ['txn', { success: [opRange('a', undefined, { revision: '-2' })] }],
  [
    'txn',
    {
      success: [
        opPut('rev', 'x'),
        opRange('a', undefined, { revision: '3' }),
        opRange('rev', undefined, { revision: '3' }),
      ],
    },
  ],
  ['txn', { success: ops(128) }],
  ['txn', { success: ops(129) }],
  ['txn', { failure: ops(129) }],
  ['txn', { compare: many(129, () => compare('VERSION', 'EQUAL', 'none', {})) }],
  ['txn', { success: [...ops(127), opTxn({ success: [opPut('nested', 'x')] })] }],
  ['txn', { success: [...ops(126), opTxn({ success: [opPut('nested', 'x')] })] }],
  ['txn', { success: [...ops(126), opTxn({ success: [opPut('nested', 'x'), opPut('nested2', 'x')] })] }],
  ['txn', deep(3, 32)],
  ['txn', deep(4, 32)],
  ['deleterange', range('many', 'mano')],
  ['deleterange', range('d0', 'e')],
  ['deleterange', range('a', undefined, { prev_kv: true })],
  ['deleterange', range('a', undefined, { prev_kv: true })],
  ['deleterange', range('', 'b')],
  ['range', range('a')],
  ['range', range('a', undefined, { revision: '10' })],
  ['put', put('a', 'reborn')],
  ['range', range('a')],
  ['deleterange', range('b', 'd', { prev_kv: true })],
  ['compaction', { revision: '0' }],
  ['compaction', { revision: '0' }],
  ['compaction', { revision: '-1' }],
  ['compaction', { revision: '5', physical: true }],
  ['compaction', { revision: '5' }],
  ['compaction', { revision: '4' }],
  ['compaction', { revision: '9999' }],
  ['range', range('a', 'd', { revision: '5' })],
  ['range', range('a', 'd', { revision: '4' })],
  ['range', range('a', 'd', { revision: '6' })],
  ['range', range('a', 'd', { revision: '-3' })],
  ['range', range('a', 'd', { revision: '4', count_only: true })],
  ['txn', { success: [opRange('a', undefined, { revision: '4' })] }],
  ['txn', { success: [opRange('a', undefined, { revision: '5' })] }],
  ['txn', { success: [opRange('a', undefined, { revision: '-1' })] }],
  ['range', range('b', 'd')],
  [
    'txn',
    {
      success: [
        opTxn({ success: [opPut('last', '1')] }),
        opRange('last'),
        opDelete('last0', 'last9'),
        opDelete('nothing'),
      ],
    },
  ],
  ['range', range(...ALL, { limit: '2', sort_order: 'DESCEND', sort_target: 'MOD' })],
]

const recorded = []
for (const [rpc, request] of steps) {
  const response = await fetch(`${url}/v3/kv/${rpc}`, { method: 'POST', body: JSON.stringify(request) })
  const { header, ...rest } = await response.json()
  const answer =
    header === undefined ? { error: rest.error, code: rest.code } : { revision: header.revision ?? '0', ...rest }
  recorded.push({ rpc, request, answer })
}
const lines = recorded.map((step) => JSON.stringify(step)).join('\n')
writeFileSync(new URL('etcd-3.4.23.jsonl', import.meta.url), `${lines}\n`)
