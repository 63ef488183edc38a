import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf'
import { KV } from '@quorate/etcd-api'
import type { EtcdAnswer, EtcdCompare, EtcdOperation, EtcdOutput, EtcdTxn } from '@quorate/linearizability'

/** The requests of the checker's model as etcd's messages, and etcd's answers as the model's. */

type RangeRequest = MessageShape<typeof KV.method.range.input>
type PutRequest = MessageShape<typeof KV.method.put.input>
type TxnRequest = MessageShape<typeof KV.method.txn.input>
type RangeResponse = MessageShape<typeof KV.method.range.output>
type PutResponse = MessageShape<typeof KV.method.put.output>
type TxnResponse = MessageShape<typeof KV.method.txn.output>
type TxnInit = MessageInitShape<typeof KV.method.txn.input>
type CompareInit = NonNullable<TxnInit['compare']>[number]
type OperationInit = NonNullable<TxnInit['success']>[number]

type Put = Extract<EtcdOperation, { readonly type: 'put' }>
type Range = Extract<EtcdOperation, { readonly type: 'range' }>

/** A key as a range shows it. */
export interface KeyValue {
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function putRequest({ key, value }: Put): PutRequest {
  return create(KV.method.put.input, putFields(key, value))
}

export function rangeRequest(range: Range): RangeRequest {
  return create(KV.method.range.input, rangeFields(range))
}

export function txnRequest({ compare, success, failure }: EtcdTxn): TxnRequest {
  return create(KV.method.txn.input, {
    compare: compare.map(compareFields),
    success: success.map(operationFields),
    failure: failure.map(operationFields),
  })
}

export function putOutput({ header }: PutResponse): EtcdOutput {
  return { revision: revisionOf(header) }
}

export function rangeOutput(response: RangeResponse): EtcdOutput {
  return { revision: revisionOf(response.header), ...rangeAnswer(response) }
}

export function txnOutput({ header, succeeded, responses }: TxnResponse): EtcdOutput {
  const answers = responses.map(({ response }): EtcdAnswer => {
    if (response.case === 'responseRange') return rangeAnswer(response.value)
    return response.case === 'responseDeleteRange' ? { deleted: Number(response.value.deleted) } : {}
  })
  return { revision: revisionOf(header), succeeded, responses: answers }
}

export function keyValuesOf({ kvs }: RangeResponse): KeyValue[] {
  return kvs.map(({ key, value, createRevision, modRevision, version }) => ({
    key: decoder.decode(key),
    value: decoder.decode(value),
    createRevision: Number(createRevision),
    modRevision: Number(modRevision),
    version: Number(version),
  }))
}

function rangeAnswer(response: RangeResponse): EtcdAnswer {
  return { kvs: keyValuesOf(response), count: Number(response.count) }
}

function revisionOf(header: { readonly revision: bigint } | undefined): number {
  return Number(header?.revision ?? 0n)
}

function putFields(key: string, value: string): MessageInitShape<typeof KV.method.put.input> {
  return { key: encoder.encode(key), value: encoder.encode(value) }
}

function keyFields({ key, rangeEnd = '' }: { readonly key: string; readonly rangeEnd?: string | undefined }): {
  key: Uint8Array<ArrayBuffer>
  rangeEnd: Uint8Array<ArrayBuffer>
} {
  return { key: encoder.encode(key), rangeEnd: encoder.encode(rangeEnd) }
}

function rangeFields(range: Range): MessageInitShape<typeof KV.method.range.input> {
  return { ...keyFields(range), limit: BigInt(range.limit ?? 0) }
}

function operationFields(operation: EtcdOperation): OperationInit {
  switch (operation.type) {
    case 'put':
      return { request: { case: 'requestPut', value: putFields(operation.key, operation.value) } }
    case 'range':
      return { request: { case: 'requestRange', value: rangeFields(operation) } }
    case 'deleteRange':
      return { request: { case: 'requestDeleteRange', value: keyFields(operation) } }
  }
}

const results = { equal: 0, greater: 1, less: 2, notEqual: 3 } as const
const targets = { version: 0, create: 1, mod: 2, value: 3 } as const

function compareFields(compare: EtcdCompare): CompareInit {
  const { target, result, number = 0, value = '' } = compare
  return { ...keyFields(compare), result: results[result], target: targets[target], targetUnion: wanted() }

  function wanted(): NonNullable<CompareInit['targetUnion']> {
    if (target === 'value') return { case: 'value', value: encoder.encode(value) }
    const of = { version: 'version', create: 'createRevision', mod: 'modRevision' } as const
    return { case: of[target], value: BigInt(number) }
  }
}
