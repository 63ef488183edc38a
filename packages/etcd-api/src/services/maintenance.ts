import { encodeCommand } from '@quorate/kv'
import type { EtcdBackend } from '../backend.js'
import {
  AlarmRequest_AlarmAction as AlarmAction,
  AlarmRequestSchema,
  AlarmResponseSchema,
  AlarmType,
  HashKVRequestSchema,
  HashKVResponseSchema,
  MoveLeaderRequestSchema,
  MoveLeaderResponseSchema,
  StatusResponseSchema,
  type AlarmRequest,
} from '../gen/etcdserverpb/rpc_pb.js'
import type { Call, Method } from '../grpc/call.js'
import { codes } from '../grpc/status.js'
import { frameOf, headerOf, messageOf } from './messages.js'
import { serverErrors, statusOfBarrier, statusOfMove, statusOfProposal } from './server-errors.js'

/** `etcdserverpb.Maintenance`, as far as it makes sense here: nothing needs defragmenting. */
export function maintenanceService(backend: EtcdBackend): Readonly<Record<string, Method>> {
  return {
    Status: (call) => status(backend, call),
    HashKV: hashKv(backend),
    Alarm(call, message) {
      const request = messageOf(AlarmRequestSchema, call, message)
      if (request !== undefined) alarm(backend, call, request)
    },
    MoveLeader(call, message) {
      const request = messageOf(MoveLeaderRequestSchema, call, message)
      if (request !== undefined) moveLeader(backend, call, request.targetID)
    },
  }
}

function status(backend: EtcdBackend, call: Call): void {
  const { version, raftIndex, raftAppliedIndex, dbSizeBytes, dbSizeInUseBytes } = backend.status()
  const leader = backend.leaderId()
  const errors: string[] = leader === 0n ? [serverErrors.noLeader.message] : []
  // As Go prints an alarm.
  for (const { memberID } of alarmsOf(backend)) errors.push(`memberID:${memberID} alarm:NOSPACE `)
  call.reply(
    frameOf(StatusResponseSchema, {
      header: headerOf(backend, backend.state.revision),
      version,
      leader,
      errors,
      dbSize: BigInt(dbSizeBytes),
      dbSizeInUse: BigInt(dbSizeInUseBytes),
      raftIndex: BigInt(raftIndex),
      raftAppliedIndex: BigInt(raftAppliedIndex),
      raftTerm: BigInt(backend.term()),
    }),
  )
}

/** Hashing reads the whole store, so it is done in pieces, for some callers at a time. */
function hashKv(backend: EtcdBackend): Method {
  let hashing = 0
  return (call, message) => {
    const request = messageOf(HashKVRequestSchema, call, message)
    if (request === undefined) return
    if (hashing >= MOST_HASHES_AT_ONCE) return call.fail(serverErrors.tooManyRequests)
    hashing++
    const steps = backend.state.hashing(clamped(request.revision))
    const step = (): void => {
      // Nobody waits for it: the view of the store that it holds is given back.
      const { done, value } = call.over ? steps.return(cancelled) : steps.next()
      if (done !== true) return void setImmediate(step)
      hashing--
      if (value.type === 'refused') return call.fail(value)
      const { hash, currentRevision, compactRevision } = value
      const header = headerOf(backend, currentRevision)
      call.reply(frameOf(HashKVResponseSchema, { header, hash, compactRevision: BigInt(compactRevision) }))
    }
    step()
  }
}

const MOST_HASHES_AT_ONCE = 4
const cancelled = { type: 'refused', ...serverErrors.timedOut } as const

/** An int64 within what a revision can be. */
function clamped(revision: bigint): number {
  return revision > MAX_REVISION ? Number.MAX_SAFE_INTEGER : revision < 0n ? -1 : Number(revision)
}

const MAX_REVISION = BigInt(Number.MAX_SAFE_INTEGER)

/** The state has one alarm for all. In etcd each member raises its own, all for the same entry of the log: so that is how it is told. */
function alarmsOf(backend: EtcdBackend): { readonly memberID: bigint; readonly alarm: AlarmType }[] {
  if (!backend.state.noSpace) return []
  return backend.members().map(({ id }) => ({ memberID: id, alarm: AlarmType.NOSPACE }))
}

function alarm(backend: EtcdBackend, call: Call, request: AlarmRequest): void {
  if (request.action === AlarmAction.ACTIVATE) {
    return call.fail({
      code: codes.unimplemented,
      message: 'quorate: only a full store raises an alarm; none can be set',
    })
  }
  const wanted = (): { readonly memberID: bigint; readonly alarm: AlarmType }[] =>
    request.alarm === AlarmType.NONE || request.alarm === AlarmType.NOSPACE ? alarmsOf(backend) : []
  // Whether there is an alarm is asked of the log: etcd answers so, too, and without a leader not at all.
  backend.readBarrier((end) => {
    if (end !== 'ready') return call.fail(statusOfBarrier[end])
    if (request.action === AlarmAction.GET) return call.reply(frameOf(AlarmResponseSchema, { alarms: wanted() }))
    const named =
      request.alarm === AlarmType.NOSPACE ? wanted().filter(({ memberID }) => memberID === request.memberID) : []
    if (named.length === 0) return call.reply(frameOf(AlarmResponseSchema, {}))
    if (call.over) return
    call.proposed = true
    backend.propose(encodeCommand({ type: 'disarm' }), (proposed) => {
      if (proposed.outcome !== 'committed') return call.fail(statusOfProposal(proposed))
      if (proposed.result.type === 'refused') return call.fail(proposed.result)
      call.reply(frameOf(AlarmResponseSchema, { alarms: named }))
    })
  })
}

function moveLeader(backend: EtcdBackend, call: Call, target: bigint): void {
  const leader = backend.leaderId()
  if (leader !== backend.memberId) return call.fail(serverErrors.notLeader)
  if (!backend.members().some(({ id }) => id === target)) return call.fail(serverErrors.badLeaderTransferee)
  if (target === leader) return call.reply(frameOf(MoveLeaderResponseSchema, {}))
  backend.moveLeader(target, (end) => {
    if (end === 'moved') call.reply(frameOf(MoveLeaderResponseSchema, {}))
    else call.fail(statusOfMove[end])
  })
}
