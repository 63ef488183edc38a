import { create, fromBinary, toBinary, toJson, type MessageInitShape } from '@bufbuild/protobuf'
import type { Compare, KeyValue, Operation, OperationResult } from '@quorate/kv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as pb from '../src/gen/etcdserverpb/rpc_pb.js'
import { decodeCompact, decodeDeleteRange, decodePut, decodeRange, decodeTxn } from '../src/wire/kv-requests.js'
import { ReplyEncoder } from '../src/wire/reply-encoder.js'

/** The generated code reads and writes what etcd's definitions say; ours must do the same. */
const bytes = fc.uint8Array({ maxLength: 300 })
const int64 = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }))
const flag = fc.boolean()

const putInit = fc.record({
  key: bytes,
  value: bytes,
  lease: int64,
  prevKv: flag,
  ignoreValue: flag,
  ignoreLease: flag,
})
const rangeInit = fc.record({
  key: bytes,
  rangeEnd: bytes,
  limit: int64,
  revision: int64,
  sortOrder: fc.integer({ min: 0, max: 2 }),
  sortTarget: fc.integer({ min: 0, max: 4 }),
  serializable: flag,
  keysOnly: flag,
  countOnly: flag,
  minModRevision: int64,
  maxModRevision: int64,
  minCreateRevision: int64,
  maxCreateRevision: int64,
})
const deleteInit = fc.record({ key: bytes, rangeEnd: bytes, prevKv: flag })
const targetUnion = fc.oneof(
  fc.record({ case: fc.constantFrom('version', 'createRevision', 'modRevision', 'lease'), value: int64 }),
  fc.record({ case: fc.constant('value' as const), value: bytes }),
  fc.constant({ case: undefined }),
)
const compareInit = fc.record({
  result: fc.integer({ min: 0, max: 3 }),
  target: fc.integer({ min: 0, max: 4 }),
  key: bytes,
  targetUnion,
  rangeEnd: bytes,
})
type TxnInit = MessageInitShape<typeof pb.TxnRequestSchema>
type OpInit = MessageInitShape<typeof pb.RequestOpSchema>
const { txn: txnInit } = fc.letrec<{ txn: TxnInit; op: OpInit }>((tie) => ({
  op: fc.oneof(
    { depthSize: 'small' },
    fc.constant({}),
    rangeInit.map((value) => ({ request: { case: 'requestRange' as const, value } })),
    putInit.map((value) => ({ request: { case: 'requestPut' as const, value } })),
    deleteInit.map((value) => ({ request: { case: 'requestDeleteRange' as const, value } })),
    tie('txn').map((value) => ({ request: { case: 'requestTxn' as const, value } })),
  ) as fc.Arbitrary<OpInit>,
  txn: fc.record({
    compare: fc.array(compareInit, { maxLength: 3 }),
    success: fc.array(tie('op'), { maxLength: 4 }),
    failure: fc.array(tie('op'), { maxLength: 4 }),
  }) as fc.Arbitrary<TxnInit>,
}))

/** What kv's requests should hold for a generated message: numbers within what is exact, and nothing for what is zero. */
const safe = (value: bigint): number => {
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  return Number(value > most ? most : value < -most ? -most : value)
}
const some = <T>(value: T, isDefault: boolean): T | undefined => (isDefault ? undefined : value)
const end = (value: Uint8Array): Uint8Array | undefined => some(value, value.length === 0)
const orders = ['none', 'ascend', 'descend'] as const
const targets = ['key', 'version', 'create', 'mod', 'value'] as const

const putOf = (it: pb.PutRequest): Operation => ({
  type: 'put',
  key: it.key,
  value: it.value,
  lease: some(it.lease, it.lease === 0n),
  prevKv: some(true, !it.prevKv),
  ignoreValue: some(true, !it.ignoreValue),
  ignoreLease: some(true, !it.ignoreLease),
})
const rangeOf = (it: pb.RangeRequest): Operation => ({
  type: 'range',
  key: it.key,
  rangeEnd: end(it.rangeEnd),
  limit: some(safe(it.limit), it.limit === 0n),
  revision: some(safe(it.revision), it.revision === 0n),
  sortOrder: orders[it.sortOrder],
  sortTarget: targets[it.sortTarget],
  keysOnly: some(true, !it.keysOnly),
  countOnly: some(true, !it.countOnly),
  minModRevision: some(safe(it.minModRevision), it.minModRevision === 0n),
  maxModRevision: some(safe(it.maxModRevision), it.maxModRevision === 0n),
  minCreateRevision: some(safe(it.minCreateRevision), it.minCreateRevision === 0n),
  maxCreateRevision: some(safe(it.maxCreateRevision), it.maxCreateRevision === 0n),
  ...{ serializable: it.serializable },
})
const deleteOf = (it: pb.DeleteRangeRequest): Operation => ({
  type: 'deleteRange',
  key: it.key,
  rangeEnd: end(it.rangeEnd),
  prevKv: some(true, !it.prevKv),
})
const compareOf = (it: pb.Compare): Compare => {
  const target = (['version', 'create', 'mod', 'value', 'lease'] as const)[it.target] as Compare['target']
  const result = (['equal', 'greater', 'less', 'notEqual'] as const)[it.result] as Compare['result']
  const base = { key: it.key, rangeEnd: end(it.rangeEnd), target, result }
  const union = it.targetUnion
  if (target === 'value') return { ...base, value: union.case === 'value' ? union.value : undefined }
  if (target === 'lease') return { ...base, lease: union.case === 'lease' ? union.value : undefined }
  const name = { version: 'version', create: 'createRevision', mod: 'modRevision' }[target]
  return { ...base, number: union.case === name ? safe(union.value as bigint) : undefined }
}
const txnOf = (it: pb.TxnRequest): Extract<Operation, { type: 'txn' }> => ({
  type: 'txn',
  compare: it.compare.map(compareOf),
  success: it.success.map(opOf),
  failure: it.failure.map(opOf),
})
function opOf({ request }: pb.RequestOp): Operation {
  if (request.case === 'requestPut') return putOf(request.value)
  if (request.case === 'requestRange') return rangeOf(request.value)
  if (request.case === 'requestDeleteRange') return deleteOf(request.value)
  return request.case === 'requestTxn' ? txnOf(request.value) : { type: 'empty' }
}

describe('a request', () => {
  it('to put, read, delete or compact is read as the generated code reads it', () => {
    fc.assert(
      fc.property(putInit, rangeInit, deleteInit, int64, (put, range, remove, revision) => {
        const putMessage = create(pb.PutRequestSchema, put)
        expect(decodePut(toBinary(pb.PutRequestSchema, putMessage))).toEqual(putOf(putMessage))
        const rangeMessage = create(pb.RangeRequestSchema, range)
        expect(decodeRange(toBinary(pb.RangeRequestSchema, rangeMessage))).toEqual(rangeOf(rangeMessage))
        const deleteMessage = create(pb.DeleteRangeRequestSchema, remove)
        expect(decodeDeleteRange(toBinary(pb.DeleteRangeRequestSchema, deleteMessage))).toEqual(deleteOf(deleteMessage))
        const compact = toBinary(pb.CompactionRequestSchema, create(pb.CompactionRequestSchema, { revision }))
        expect(decodeCompact(compact)).toEqual({ revision: safe(revision) })
      }),
    )
  })

  it('of a transaction is read as the generated code reads it, however it is nested', () => {
    fc.assert(
      fc.property(txnInit, (init) => {
        const message = create(pb.TxnRequestSchema, init)
        const decoded = decodeTxn(toBinary(pb.TxnRequestSchema, message))
        expect(decoded).toMatchObject({ request: txnOf(message) })
        const all = [...message.success, ...message.failure].map(({ request }) => request)
        expect(decoded).toMatchObject({
          readOnly: all.every((each) => each.case === 'requestRange'),
          serializable: all.every((each) => each.case === 'requestRange' && each.value.serializable),
        })
      }),
    )
  })

  it('of a newer client is read without what is unknown, and one field twice counts as the last', () => {
    const known = toBinary(pb.PutRequestSchema, create(pb.PutRequestSchema, { key: bytesOf('k'), value: bytesOf('v') }))
    // A number, 8 bytes, a string, 4 bytes: fields 100 to 103.
    const unknown = Uint8Array.of(0xa0, 6, 1, 0xa9, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xb2, 6, 1, 65, 0xbd, 6, 1, 2, 3, 4)
    const again = Uint8Array.of(0x0a, 1, 66)
    expect(decodePut(Uint8Array.from([...unknown, ...known, ...again]))).toMatchObject({
      key: bytesOf('B'),
      value: bytesOf('v'),
    })
  })

  it('that is none is refused as such, and never throws', () => {
    const decoders = [decodePut, decodeRange, decodeDeleteRange, decodeCompact, decodeTxn]
    fc.assert(
      fc.property(fc.constantFrom(...decoders), fc.uint8Array({ maxLength: 60 }), (decode, given) => {
        const decoded = decode(given)
        if (decoded.wrong !== undefined) expect([3, 13]).toContain(decoded.wrong.code)
      }),
      { numRuns: 2000 },
    )
    for (const given of [[0x0a], [0x0a, 2, 1], [0x08, 1], [0x0f], [0x00], [0x0b], Array(11).fill(0xff), [0x18, 0x80]]) {
      expect(decodePut(Uint8Array.from(given)).wrong?.code, String(given)).toBe(13)
    }
  })

  it('that is cut anywhere is none, or another one that is whole', () => {
    fc.assert(
      fc.property(txnInit, fc.nat(), (init, at) => {
        const whole = toBinary(pb.TxnRequestSchema, create(pb.TxnRequestSchema, init))
        const cut = whole.subarray(0, at % (whole.length + 1))
        let generated: pb.TxnRequest | undefined
        try {
          generated = fromBinary(pb.TxnRequestSchema, cut)
        } catch {
          generated = undefined
        }
        expect(decodeTxn(cut).wrong === undefined).toBe(generated !== undefined)
      }),
    )
  })

  it('of a transaction nested without end is refused, not followed', () => {
    let nested: Uint8Array = new Uint8Array(0)
    for (let depth = 0; depth < 5000; depth++) {
      nested = lengthPrefixed(0x12, lengthPrefixed(0x22, nested))
    }
    expect(decodeTxn(nested).wrong?.message).toBe('etcdserver: too many operations in txn request')
  })

  it('for an order or a comparison that nobody knows is refused', () => {
    const order = create(pb.RangeRequestSchema, { key: bytesOf('k'), sortOrder: 7 as pb.RangeRequest_SortOrder })
    expect(decodeRange(toBinary(pb.RangeRequestSchema, order)).wrong).toEqual({
      code: 3,
      message: 'etcdserver: invalid sort option',
    })
    const compare = [{ key: bytesOf('k'), target: 9 as pb.Compare_CompareTarget }]
    expect(decodeTxn(toBinary(pb.TxnRequestSchema, create(pb.TxnRequestSchema, { compare }))).wrong?.code).toBe(3)
  })
})

const number = fc.oneof(fc.nat(300), fc.maxSafeNat())
const keyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: bytes,
  value: bytes,
  createRevision: number,
  modRevision: number,
  version: number,
  lease: int64,
})
const { result } = fc.letrec<{ result: OperationResult }>((tie) => ({
  result: fc.oneof(
    { depthSize: 'small' },
    fc.record({ type: fc.constant('put' as const), revision: number, prevKv: fc.option(keyValue, { nil: undefined }) }),
    fc.record({
      type: fc.constant('deleteRange' as const),
      revision: number,
      deleted: number,
      prevKvs: fc.array(keyValue, { maxLength: 3 }),
    }),
    fc.record({
      type: fc.constant('range' as const),
      revision: number,
      kvs: fc.array(keyValue, { maxLength: 4 }),
      more: flag,
      count: number,
    }),
    fc.record({
      type: fc.constant('txn' as const),
      revision: number,
      succeeded: flag,
      responses: fc.array(tie('result'), { maxLength: 4 }),
    }),
  ) as fc.Arbitrary<OperationResult>,
}))

type Header = { clusterId?: bigint; memberId?: bigint; revision: bigint; raftTerm?: bigint }
const kvOf = (kv: KeyValue): object => ({
  ...kv,
  createRevision: BigInt(kv.createRevision),
  modRevision: BigInt(kv.modRevision),
  version: BigInt(kv.version),
})
const names = { put: 'responsePut', range: 'responseRange', deleteRange: 'responseDeleteRange', txn: 'responseTxn' }
function replyOf(it: OperationResult, who: object): object {
  const header: Header = { ...who, revision: BigInt(it.revision) }
  if (it.type === 'put') return { header, ...(it.prevKv !== undefined && { prevKv: kvOf(it.prevKv) }) }
  if (it.type === 'range') return { header, kvs: it.kvs.map(kvOf), more: it.more, count: BigInt(it.count) }
  if (it.type === 'deleteRange') return { header, deleted: BigInt(it.deleted), prevKvs: it.prevKvs.map(kvOf) }
  const responses = it.responses.map((each) => ({ response: { case: names[each.type], value: replyOf(each, {}) } }))
  return { header, succeeded: it.succeeded, responses }
}

describe('an answer', () => {
  it('is, byte for byte, what the generated code writes: whole headers outside, only revisions within', () => {
    const schemas = {
      put: pb.PutResponseSchema,
      range: pb.RangeResponseSchema,
      deleteRange: pb.DeleteRangeResponseSchema,
      txn: pb.TxnResponseSchema,
    }
    fc.assert(
      fc.property(result, fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), number, (given, id, term) => {
        const encoder = new ReplyEncoder({ clusterId: id, memberId: 7n, term: () => term })
        const encoded = encoder[given.type](given as never) as Buffer
        const schema = schemas[given.type]
        const who = { clusterId: id, memberId: 7n, raftTerm: BigInt(term) }
        const expected = create(schema, replyOf(given, who) as never)
        expect(encoded[0]).toBe(0)
        expect(encoded.readUInt32BE(1)).toBe(encoded.length - 5)
        expect(Buffer.compare(encoded.subarray(5), toBinary(schema, expected))).toBe(0)
      }),
    )
  })

  it('of a compaction is a header', () => {
    const encoded = new ReplyEncoder({ clusterId: 1n, memberId: 2n, term: () => 3 }).header(4)
    expect(toJson(pb.CompactionResponseSchema, fromBinary(pb.CompactionResponseSchema, encoded.subarray(5)))).toEqual({
      header: { clusterId: '1', memberId: '2', revision: '4', raftTerm: '3' },
    })
  })
})

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text))
}

function lengthPrefixed(tag: number, content: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = content.length
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Uint8Array.of(tag, ...length, rest), content])
}
