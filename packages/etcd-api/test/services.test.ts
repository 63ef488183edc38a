import { afterEach, describe, expect, it } from 'vitest'
import { create, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import * as pb from '../src/gen/etcdserverpb/rpc_pb.js'
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '../src/gen/grpc/health/v1/health_pb.js'
import { frame, replyOf, type GrpcClient, type Reply } from './support/grpc-client.js'
import { LocalBackend, member } from './support/local-backend.js'
import { serve, stopAll } from './support/served.js'

afterEach(stopAll)

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
const key = bytes('k')
const KV = '/etcdserverpb.KV'
const MAINTENANCE = '/etcdserverpb.Maintenance'

function ask<In extends DescMessage>(
  client: GrpcClient,
  path: string,
  [schema, request]: readonly [In, MessageInitShape<In>],
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return client.send(path, frame(toBinary(schema, create(schema, request))), headers)
}

const put = [pb.PutRequestSchema, { key, value: bytes('v') }] as const
const range = [pb.RangeRequestSchema, { key }] as const
const staleRange = [pb.RangeRequestSchema, { key, serializable: true }] as const
const txnOf = (
  ...success: MessageInitShape<typeof pb.RequestOpSchema>[]
): readonly [typeof pb.TxnRequestSchema, MessageInitShape<typeof pb.TxnRequestSchema>] => [
  pb.TxnRequestSchema,
  { success },
]
const readOp = (serializable: boolean): MessageInitShape<typeof pb.RequestOpSchema> => ({
  request: { case: 'requestRange', value: { key, serializable } },
})

describe('the key-value service', () => {
  it('puts and reads, with cluster, member, revision and term in every header', async () => {
    const { client, backend } = await serve()
    const header = { clusterId: backend.clusterId, memberId: 1n, revision: 2n, raftTerm: 2n }
    expect(await client.call(`${KV}/Put`, put, pb.PutResponseSchema)).toMatchObject({ header })
    expect(await client.call(`${KV}/Range`, range, pb.RangeResponseSchema)).toMatchObject({
      header,
      kvs: [{ version: 1n, createRevision: 2n, modRevision: 2n }],
      count: 1n,
    })
    const remove = [pb.DeleteRangeRequestSchema, { key, prevKv: true }] as const
    expect(await client.call(`${KV}/DeleteRange`, remove, pb.DeleteRangeResponseSchema)).toMatchObject({
      header: { ...header, revision: 3n },
      deleted: 1n,
      prevKvs: [{ version: 1n }],
    })
    const compact = [pb.CompactionRequestSchema, { revision: 3n }] as const
    expect(await client.call(`${KV}/Compact`, compact, pb.CompactionResponseSchema)).toMatchObject({
      header: { ...header, revision: 3n },
    })
  })

  it('waits for a barrier before it reads, unless a serializable read is asked for', async () => {
    const { client, backend } = await serve()
    await ask(client, `${KV}/Range`, staleRange)
    expect(backend.barriersAsked).toBe(0)
    await ask(client, `${KV}/Range`, range)
    expect(backend.barriersAsked).toBe(1)
  })

  it('answers transactions of reads without the log: after a barrier, or at once when all are serializable', async () => {
    const { client, backend } = await serve()
    expect(await ask(client, `${KV}/Txn`, txnOf(readOp(true), readOp(true)))).toMatchObject({ code: 0 })
    expect(await ask(client, `${KV}/Txn`, txnOf())).toMatchObject({ code: 0 })
    expect(backend.barriersAsked).toBe(0)
    expect(await ask(client, `${KV}/Txn`, txnOf(readOp(true), readOp(false)))).toMatchObject({ code: 0 })
    expect(backend.barriersAsked).toBe(1)
    expect(backend.proposed).toBe(0)
    const nested = { request: { case: 'requestTxn' as const, value: { success: [readOp(true)] } } }
    expect(await ask(client, `${KV}/Txn`, txnOf(nested))).toMatchObject({ code: 0 })
    expect(backend.proposed).toBe(1)
  })

  it('refuses what etcd refuses before it reaches the log', async () => {
    const { client, backend } = await serve()
    const refused = async (path: string, request: readonly [DescMessage, object]): Promise<string> => {
      const { code, message } = await ask(client, path, request as never)
      return `${code} ${message}`
    }
    expect(await refused(`${KV}/Put`, [pb.PutRequestSchema, {}])).toBe('3 etcdserver: key is not provided')
    expect(await refused(`${KV}/Range`, [pb.RangeRequestSchema, {}])).toBe('3 etcdserver: key is not provided')
    expect(await refused(`${KV}/DeleteRange`, [pb.DeleteRangeRequestSchema, {}])).toBe(
      '3 etcdserver: key is not provided',
    )
    const valueTwice = { key, value: key, ignoreValue: true }
    expect(await refused(`${KV}/Put`, [pb.PutRequestSchema, valueTwice])).toBe('3 etcdserver: value is provided')
    expect(await refused(`${KV}/Txn`, txnOf({}))).toBe('3 etcdserver: key not found')
    const tooLarge = { key, value: new Uint8Array(1.5 * 1024 * 1024) }
    expect(await refused(`${KV}/Put`, [pb.PutRequestSchema, tooLarge])).toBe('3 etcdserver: request is too large')
    const tooLong = { key, value: new Uint8Array(2 * 1024 * 1024) }
    expect(await refused(`${KV}/Put`, [pb.PutRequestSchema, tooLong])).toBe(
      '8 grpc: received message larger than max (2097160 vs. 2097152)',
    )
    expect(backend.proposed).toBe(0)
  })

  it('takes a request that is as large as can be', async () => {
    const { client } = await serve()
    const value = new Uint8Array(1.5 * 1024 * 1024 - 100)
    expect(await ask(client, `${KV}/Put`, [pb.PutRequestSchema, { key, value }])).toMatchObject({ code: 0 })
    const { kvs } = await client.call(`${KV}/Range`, range, pb.RangeResponseSchema)
    expect(kvs[0]?.value.length).toBe(value.length)
  })

  it('tells what the store refused', async () => {
    const { client } = await serve()
    const future = [pb.RangeRequestSchema, { key, revision: 9n, serializable: true }] as const
    expect(await ask(client, `${KV}/Range`, future)).toMatchObject({
      code: 11,
      message: 'etcdserver: mvcc: required revision is a future revision',
    })
    expect(await ask(client, `${KV}/Compact`, [pb.CompactionRequestSchema, { revision: 9n }])).toMatchObject({
      code: 11,
    })
    const lease = [pb.PutRequestSchema, { key, lease: 7n }] as const
    expect(await ask(client, `${KV}/Put`, lease)).toMatchObject({
      code: 5,
      message: 'etcdserver: requested lease not found',
    })
  })

  it.each([
    [{ outcome: 'unknown' }, 14, 'etcdserver: request timed out'],
    [{ outcome: 'rejected', reason: 'no-leader' }, 14, 'etcdserver: no leader'],
    [{ outcome: 'rejected', reason: 'superseded' }, 14, 'etcdserver: leader changed'],
    [{ outcome: 'rejected', reason: 'overloaded' }, 8, 'etcdserver: too many requests'],
    [{ outcome: 'rejected', reason: 'too-large' }, 3, 'etcdserver: request is too large'],
  ] as const)('says in etcd’s words that a proposal ended as %o', async (end, code, message) => {
    const { client, backend } = await serve()
    backend.proposals = end
    expect(await ask(client, `${KV}/Put`, put)).toMatchObject({ code, message })
  })

  it.each([
    ['no-leader', 'etcdserver: no leader'],
    ['timed-out', 'etcdserver: request timed out'],
    ['stopped', 'etcdserver: server stopped'],
  ] as const)('says in etcd’s words that a barrier ended as %s', async (end, message) => {
    const { client, backend } = await serve()
    backend.barriers = end
    expect(await ask(client, `${KV}/Range`, range)).toMatchObject({ code: 14, message })
    expect(await ask(client, `${KV}/Range`, staleRange)).toMatchObject({ code: 0 })
  })
})

describe('a deadline', () => {
  it('of the server ends a request that nobody answers', async () => {
    const { client, backend, server } = await serve({ requestTimeoutMs: 50 })
    backend.proposals = 'never'
    backend.barriers = 'never'
    const timedOut = { code: 14, message: 'etcdserver: request timed out' }
    expect(await ask(client, `${KV}/Put`, put)).toMatchObject(timedOut)
    expect(await ask(client, `${KV}/Range`, range)).toMatchObject(timedOut)
    expect(server.stats()).toMatchObject({ timedOut: 2, inFlightRequests: 0, heldBytes: 0 })
  })

  it('of the client ends it before; of a write nobody then knows what became', async () => {
    const { client, backend } = await serve()
    backend.proposals = 'never'
    backend.barriers = 'never'
    const soon = { 'grpc-timeout': '40m' }
    expect(await ask(client, `${KV}/Put`, put, soon)).toMatchObject({
      code: 14,
      message: 'etcdserver: request timed out',
    })
    expect(await ask(client, `${KV}/Range`, range, soon)).toMatchObject({
      code: 4,
      message: 'context deadline exceeded',
    })
  })

  it('that comes before the whole request ends it, too', async () => {
    const { client } = await serve({ requestTimeoutMs: 50 })
    const stream = client.open(`${KV}/Put`)
    stream.write(Buffer.from([0, 0, 0, 1, 0, 1, 2, 3]))
    expect(await replyOf(stream)).toMatchObject({ code: 14, message: 'etcdserver: request timed out', rst: 0 })
  })

  it('is not disturbed by an answer that comes after it', async () => {
    const { client, backend } = await serve({ requestTimeoutMs: 30 })
    let late: (() => void) | undefined
    backend.readBarrier = (done) => {
      late = () => done('ready')
    }
    expect(await ask(client, `${KV}/Range`, range)).toMatchObject({ code: 14 })
    late?.()
    expect(await ask(client, `${KV}/Range`, staleRange)).toMatchObject({ code: 0 })
  })
})

describe('hasleader', () => {
  it('refuses whatever is asked while no leader is known', async () => {
    const { client, backend } = await serve()
    backend.lead(0n)
    const noLeader = { code: 14, message: 'etcdserver: no leader' }
    const required = { hasleader: 'true' }
    expect(await ask(client, `${KV}/Range`, staleRange, required)).toMatchObject(noLeader)
    expect(await ask(client, `${MAINTENANCE}/Status`, [pb.StatusRequestSchema, {}], required)).toMatchObject(noLeader)
    expect(await ask(client, `${KV}/Range`, staleRange)).toMatchObject({ code: 0 })
    backend.lead(1n)
    expect(await ask(client, `${KV}/Range`, staleRange, required)).toMatchObject({ code: 0 })
  })
})

describe('maintenance', () => {
  const status = [pb.StatusRequestSchema, {}] as const
  const alarm = (request: MessageInitShape<typeof pb.AlarmRequestSchema>) => [pb.AlarmRequestSchema, request] as const

  it('tells the status, and what is wrong', async () => {
    const { client, backend } = await serve()
    await ask(client, `${KV}/Put`, put)
    expect(await client.call(`${MAINTENANCE}/Status`, status, pb.StatusResponseSchema)).toMatchObject({
      header: { revision: 2n, raftTerm: 2n },
      version: '3.4.0',
      leader: 1n,
      raftTerm: 2n,
      raftIndex: 1n,
      raftAppliedIndex: 1n,
      errors: [],
    })
    backend.lead(0n)
    expect(await client.call(`${MAINTENANCE}/Status`, status, pb.StatusResponseSchema)).toMatchObject({
      leader: 0n,
      errors: ['etcdserver: no leader'],
    })
  })

  it('hashes what is kept up to a revision', async () => {
    const { client, backend } = await serve()
    for (let count = 0; count < 2500; count++) await ask(client, `${KV}/Put`, put)
    const hash = (revision: bigint): readonly [typeof pb.HashKVRequestSchema, { revision: bigint }] => [
      pb.HashKVRequestSchema,
      { revision },
    ]
    const whole = await client.call(`${MAINTENANCE}/HashKV`, hash(0n), pb.HashKVResponseSchema)
    const own = backend.machine.hash()
    expect(own).toMatchObject({
      hash: whole.hash,
      currentRevision: Number(whole.header?.revision),
      compactRevision: -1,
    })
    expect(whole.compactRevision).toBe(-1n)
    const before = await client.call(`${MAINTENANCE}/HashKV`, hash(1500n), pb.HashKVResponseSchema)
    expect(before.hash).not.toBe(whole.hash)
    expect(before.header?.revision).toBe(whole.header?.revision)
    expect(await ask(client, `${MAINTENANCE}/HashKV`, hash(9999n))).toMatchObject({ code: 11 })
  })

  it('lists the alarm of a full store, and disarms it through the log', async () => {
    const { client, backend } = await serve({}, new LocalBackend([member(1n), member(2n)]))
    const list = (): Promise<pb.AlarmResponse> => client.call(`${MAINTENANCE}/Alarm`, alarm({}), pb.AlarmResponseSchema)
    expect(await list()).toMatchObject({ alarms: [] })
    backend.execute({ type: 'setQuota', bytes: 10 })
    expect(await ask(client, `${KV}/Put`, put)).toMatchObject({
      code: 8,
      message: 'etcdserver: mvcc: database space exceeded',
    })
    const alarms = [
      { memberID: 1n, alarm: pb.AlarmType.NOSPACE },
      { memberID: 2n, alarm: pb.AlarmType.NOSPACE },
    ]
    expect(await list()).toMatchObject({ alarms })
    expect(await client.call(`${MAINTENANCE}/Status`, status, pb.StatusResponseSchema)).toMatchObject({
      errors: ['memberID:1 alarm:NOSPACE ', 'memberID:2 alarm:NOSPACE '],
    })
    const deactivate = (memberID: bigint): Promise<pb.AlarmResponse> => {
      const request = { action: pb.AlarmRequest_AlarmAction.DEACTIVATE, memberID, alarm: pb.AlarmType.NOSPACE }
      return client.call(`${MAINTENANCE}/Alarm`, alarm(request), pb.AlarmResponseSchema)
    }
    expect(await deactivate(99n)).toMatchObject({ alarms: [] })
    expect(backend.machine.noSpace).toBe(true)
    expect(await deactivate(2n)).toMatchObject({ alarms: [alarms[1]] })
    expect(backend.machine.noSpace).toBe(false)
    expect(await list()).toMatchObject({ alarms: [] })
    expect(
      await ask(client, `${MAINTENANCE}/Alarm`, alarm({ action: pb.AlarmRequest_AlarmAction.ACTIVATE })),
    ).toMatchObject({ code: 12 })
  })

  it('moves the leader to another member, if this one leads', async () => {
    const { client, backend } = await serve({}, new LocalBackend([member(1n), member(2n)]))
    const move = (targetID: bigint): Promise<Reply> =>
      ask(client, `${MAINTENANCE}/MoveLeader`, [pb.MoveLeaderRequestSchema, { targetID }])
    expect(await move(9n)).toMatchObject({ code: 9, message: 'etcdserver: bad leader transferee' })
    expect(await move(1n)).toMatchObject({ code: 0 })
    expect(await move(2n)).toMatchObject({ code: 0 })
    expect(backend.leaderId()).toBe(2n)
    expect(await move(1n)).toMatchObject({ code: 9, message: 'etcdserver: not leader' })
  })
})

describe('the cluster service', () => {
  it('lists the members by their ids, in a header without a revision', async () => {
    const { client, url } = await serve({}, new LocalBackend([member(3n), member(1n)]))
    const reply = await client.call(
      '/etcdserverpb.Cluster/MemberList',
      [pb.MemberListRequestSchema, {}],
      pb.MemberListResponseSchema,
    )
    expect(reply).toMatchObject({
      header: { memberId: 3n, revision: 0n, raftTerm: 2n },
      members: [
        { ID: 1n, name: 'm1', peerURLs: ['http://127.0.0.1:2381'], clientURLs: ['http://127.0.0.1:2379'] },
        { ID: 3n, clientURLs: [url] },
      ],
    })
  })
})

describe('health', () => {
  it('is that of the server as a whole', async () => {
    const { client } = await serve()
    const check = '/grpc.health.v1.Health/Check'
    expect(await client.call(check, [HealthCheckRequestSchema, {}], HealthCheckResponseSchema)).toMatchObject({
      status: 1,
    })
    expect(await ask(client, check, [HealthCheckRequestSchema, { service: 'x' }])).toMatchObject({ code: 5 })
  })
})

describe('what is not served', () => {
  it.each([
    ['/etcdserverpb.Watch/Watch', 'quorate: etcdserverpb.Watch/Watch is not served'],
    ['/etcdserverpb.Lease/LeaseGrant', 'quorate: etcdserverpb.Lease/LeaseGrant is not served'],
    ['/etcdserverpb.Auth/AuthEnable', 'quorate: etcdserverpb.Auth/AuthEnable is not served'],
    ['/etcdserverpb.Maintenance/Snapshot', 'quorate: etcdserverpb.Maintenance/Snapshot is not served'],
    ['/grpc.health.v1.Health/Watch', 'quorate: grpc.health.v1.Health/Watch is not served'],
    ['/etcdserverpb.KV/Foo', 'unknown method Foo for service etcdserverpb.KV'],
    ['/foo.Bar/Baz', 'unknown service foo.Bar'],
    ['/toString/x', 'unknown service toString'],
    ['/etcdserverpb.KV', 'malformed method name: "/etcdserverpb.KV"'],
  ])('%s is unimplemented', async (path, message) => {
    const { client } = await serve()
    expect(await client.send(path, frame(new Uint8Array(0)))).toMatchObject({ code: 12, message })
  })
})
