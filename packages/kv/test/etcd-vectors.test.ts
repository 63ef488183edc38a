import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Command, Compare, KeyValue, Operation, RangeRequest, Result } from '../src/index.js'
import { apply, open } from './machine.js'

type Json = Record<string, never> & { [name: string]: Json | string | boolean | Json[] | undefined }
interface Step {
  readonly rpc: string
  readonly request: Json
  readonly answer: Json
}

const steps = readFileSync(new URL('vectors/etcd-3.4.23.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Step)

const fromBase64 = (value: unknown): Uint8Array => Uint8Array.from(Buffer.from((value as string) ?? '', 'base64'))
const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64')
const end = (json: Json): object => (json['range_end'] === undefined ? {} : { rangeEnd: fromBase64(json['range_end']) })
const number = (value: unknown): number => Number(value ?? 0)
const lower = (value: unknown): string | undefined => (value as string | undefined)?.toLowerCase()

function rangeOf(json: Json): RangeRequest {
  return {
    key: fromBase64(json['key']),
    ...end(json),
    limit: number(json['limit']),
    revision: number(json['revision']),
    sortOrder: lower(json['sort_order']) as RangeRequest['sortOrder'],
    sortTarget: lower(json['sort_target']) as RangeRequest['sortTarget'],
    keysOnly: json['keys_only'] === (true as never),
    countOnly: json['count_only'] === (true as never),
    minModRevision: number(json['min_mod_revision']),
    maxModRevision: number(json['max_mod_revision']),
    minCreateRevision: number(json['min_create_revision']),
    maxCreateRevision: number(json['max_create_revision']),
  }
}

function putOf(json: Json): Extract<Command, { type: 'put' }> {
  return {
    type: 'put',
    key: fromBase64(json['key']),
    value: fromBase64(json['value']),
    lease: BigInt((json['lease'] as string | undefined) ?? 0),
    prevKv: Boolean(json['prev_kv']),
    ignoreValue: Boolean(json['ignore_value']),
    ignoreLease: Boolean(json['ignore_lease']),
  }
}

function deleteOf(json: Json): Extract<Command, { type: 'deleteRange' }> {
  return { type: 'deleteRange', key: fromBase64(json['key']), ...end(json), prevKv: Boolean(json['prev_kv']) }
}

function compareOf(json: Json): Compare {
  const results = { EQUAL: 'equal', GREATER: 'greater', LESS: 'less', NOT_EQUAL: 'notEqual' } as const
  return {
    key: fromBase64(json['key']),
    ...end(json),
    target: lower(json['target']) as Compare['target'],
    result: results[json['result'] as unknown as keyof typeof results],
    number: number(json['version'] ?? json['create_revision'] ?? json['mod_revision']),
    value: fromBase64(json['value']),
    lease: BigInt((json['lease'] as string | undefined) ?? 0),
  }
}

function operationOf(json: Json): Operation {
  if (json['request_put'] !== undefined) return putOf(json['request_put'])
  if (json['request_range'] !== undefined) return { type: 'range', ...rangeOf(json['request_range']) }
  if (json['request_delete_range'] !== undefined) return deleteOf(json['request_delete_range'])
  if (json['request_txn'] !== undefined) return txnOf(json['request_txn'])
  return { type: 'empty' }
}

function txnOf(json: Json): Extract<Command, { type: 'txn' }> {
  const list = (name: string): Json[] => (json[name] as unknown as Json[] | undefined) ?? []
  return {
    type: 'txn',
    compare: list('compare').map(compareOf),
    success: list('success').map(operationOf),
    failure: list('failure').map(operationOf),
  }
}

/** As the JSON of protobuf: zeros, false and what is empty are left out. */
function filled(fields: object): object {
  const kept = Object.entries(fields).filter(
    ([, value]) =>
      value !== undefined && value !== false && value !== '0' && value !== '' && (value as []).length !== 0,
  )
  return Object.fromEntries(kept)
}

function kvJson(kv: KeyValue): object {
  return filled({
    key: base64(kv.key),
    create_revision: String(kv.createRevision),
    mod_revision: String(kv.modRevision),
    version: String(kv.version),
    value: base64(kv.value),
    lease: String(kv.lease),
  })
}

function bodyJson(result: Result): object {
  switch (result.type) {
    case 'put':
      return filled({ prev_kv: result.prevKv && kvJson(result.prevKv) })
    case 'deleteRange':
      return filled({ deleted: String(result.deleted), prev_kvs: result.prevKvs.map(kvJson) })
    case 'range':
      return filled({ kvs: result.kvs.map(kvJson), more: result.more, count: String(result.count) })
    case 'txn':
      return filled({ succeeded: result.succeeded, responses: result.responses.map(responseJson) })
    default:
      return {}
  }
}

function responseJson(result: Result): object {
  const names = { put: 'put', deleteRange: 'delete_range', range: 'range', txn: 'txn' } as const
  const name = names[result.type as keyof typeof names]
  const revision = 'revision' in result ? String(result.revision) : '0'
  return { [`response_${name}`]: { header: filled({ revision }), ...bodyJson(result) } }
}

function answerJson(result: Result): object {
  if (result.type === 'refused') return { error: result.message, code: result.code }
  return { revision: String(result.revision), ...bodyJson(result) }
}

const machine = open()

function ask({ rpc, request }: Step): Result | undefined {
  if (rpc === 'range') return machine.range(rangeOf(request))
  if (rpc === 'put') return apply(machine, putOf(request))[0]
  if (rpc === 'deleterange') return apply(machine, deleteOf(request))[0]
  if (rpc === 'txn') return apply(machine, txnOf(request))[0]
  return apply(machine, { type: 'compact', revision: number(request['revision']) })[0]
}

describe('what etcd 3.4.23 answered', () => {
  for (const [index, step] of steps.entries()) {
    it(`${index}: ${step.rpc} ${JSON.stringify(step.request).slice(0, 120)}`, () => {
      expect(answerJson(ask(step) as Result)).toEqual(step.answer)
    })
  }
})
