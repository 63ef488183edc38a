import {
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type JsonObject,
  type JsonValue,
} from '@bufbuild/protobuf'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as pb from '../src/gen/etcdserverpb/rpc_pb.js'
import { frame } from './support/grpc-client.js'
import { serve, stopAll, type Served } from './support/served.js'

interface Step {
  readonly rpc: string
  readonly request: JsonValue
  readonly answer: JsonValue
}

/** What a real etcd was asked over HTTP, and answered: recorded for `@quorate/kv`. */
const steps = readFileSync(new URL('../../kv/test/vectors/etcd-3.4.23.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Step)

const methods: Readonly<Record<string, readonly [string, DescMessage, DescMessage]>> = {
  range: ['Range', pb.RangeRequestSchema, pb.RangeResponseSchema],
  put: ['Put', pb.PutRequestSchema, pb.PutResponseSchema],
  deleterange: ['DeleteRange', pb.DeleteRangeRequestSchema, pb.DeleteRangeResponseSchema],
  txn: ['Txn', pb.TxnRequestSchema, pb.TxnResponseSchema],
  compaction: ['Compact', pb.CompactionRequestSchema, pb.CompactionResponseSchema],
}

describe('what etcd 3.4.23 answered', () => {
  let served: Served

  beforeAll(async () => {
    served = await serve()
  })
  afterAll(stopAll)

  // In this order: each builds on those before it.
  it.each(steps.map((step, at) => [at, step.rpc, JSON.stringify(step.request).slice(0, 120), step] as const))(
    '%i: %s %s',
    async (_at, rpc, _request, step) => {
      const [name, input, output] = methods[rpc] as readonly [string, DescMessage, DescMessage]
      const request = toBinary(input, fromJson(input, step.request))
      const { code, message, body } = await served.client.send(`/etcdserverpb.KV/${name}`, frame(request))
      if (code !== 0) return expect({ error: message, code }).toEqual(step.answer)
      const answer = toJson(output, fromBinary(output, body as Uint8Array), { useProtoFieldName: true }) as JsonObject
      const { header, ...rest } = answer
      expect({ revision: (header as JsonObject)['revision'], ...rest }).toEqual(step.answer)
    },
  )
})
