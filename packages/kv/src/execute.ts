import { checkDeleteRange, checkPut, checkTxn } from './checks.js'
import { etcdErrors, type Refusal } from './errors.js'
import { toBinary } from './bytes.js'
import { holds, rangeOf, readRange } from './reads.js'
import { PUT_OVERHEAD_BYTES } from './records.js'
import type { Command, DeleteRangeRequest, Operation, PutRequest, RangeRequest, TxnRequest } from './requests.js'
import type { DeleteRangeResult, OperationResult, PutResult, Result, TxnResult } from './results.js'
import type { VersionedState } from './versioned-state.js'

/**
 * Carries out one command: in one revision if it changes anything, else in none.
 *
 * etcd 3.4, `etcdserver/apply.go`.
 */
export function execute(state: VersionedState, command: Command): Result {
  switch (command.type) {
    case 'put':
      return executePut(state, command)
    case 'deleteRange': {
      const wrong = checkDeleteRange(command)
      if (wrong !== undefined) return wrong
      const result = deleteRange(state, command)
      state.endRevision()
      return result
    }
    case 'txn':
      return executeTxn(state, command)
    case 'compact':
      return compact(state, command.revision)
    case 'setQuota':
      state.quotaBytes = command.bytes
      return { type: 'setQuota', revision: state.revision }
    case 'disarm':
      state.noSpace = false
      return { type: 'disarm', revision: state.revision }
  }
}

function executePut(state: VersionedState, request: PutRequest): Result {
  const wrong = checkPut(request) ?? reserve(state, costOf(request)) ?? checkPrevious(state, request, leaseBefore)
  if (wrong !== undefined) return wrong
  const result = put(state, request)
  state.endRevision()
  return result
}

function executeTxn(state: VersionedState, request: TxnRequest): Result {
  const wrong = checkTxn(request) ?? reserve(state, costOfTxn(request))
  if (wrong !== undefined) return wrong
  const plan = planOf(state, request)
  const refusal = checkPlan(state, plan, 'put') ?? checkPlan(state, plan, 'range')
  if (refusal !== undefined) return refusal
  const result = carryOut(state, plan)
  state.endRevision()
  return { ...result, revision: state.revision }
}

/** A transaction of nothing but reads, which needs no revision and no log. */
export function readTxn(state: VersionedState, request: TxnRequest): TxnResult | Refusal {
  const wrong = checkTxn(request)
  if (wrong !== undefined) return wrong
  const plan = planOf(state, request)
  const refusal = checkPlan(state, plan, 'range')
  return refusal ?? { ...carryOut(state, plan), revision: state.revision }
}

function compact(state: VersionedState, revision: number): Result {
  if (revision <= state.compactRevision) return etcdErrors.compacted
  if (revision > state.revision) return etcdErrors.futureRevision
  state.compact(revision)
  return { type: 'compact', revision: state.revision }
}

/** A transaction with its way chosen, for those within it too. */
interface Plan {
  readonly type: 'plan'
  readonly succeeded: boolean
  readonly steps: readonly (Exclude<Operation, { type: 'txn' }> | Plan)[]
}

/** Nested transactions, too, compare with what was before the outermost: none sees what those before it put. */
function planOf(state: VersionedState, request: TxnRequest): Plan {
  const succeeded = request.compare.every((compare) => holds(state, compare))
  const operations = succeeded ? request.success : request.failure
  const steps = operations.map((operation) => (operation.type === 'txn' ? planOf(state, operation) : operation))
  return { type: 'plan', succeeded, steps }
}

/** Finds what would fail midway, before anything is done: all puts first, then all reads. */
function checkPlan(state: VersionedState, plan: Plan, type: 'put' | 'range'): Refusal | undefined {
  for (const step of plan.steps) {
    let wrong: Refusal | undefined
    if (step.type === 'plan') wrong = checkPlan(state, step, type)
    else if (step.type !== type) continue
    else if (step.type === 'put') wrong = checkPrevious(state, step, leaseAfter)
    else if (step.type === 'range') wrong = checkRevision(state, step)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** Stricter than a read on its own: a negative revision counts as compacted once it is below the compacted one. */
function checkRevision(state: VersionedState, { revision = 0 }: RangeRequest): Refusal | undefined {
  if (revision === 0) return undefined
  if (revision > state.revision) return etcdErrors.futureRevision
  return revision < state.compactRevision ? etcdErrors.compacted : undefined
}

const leaseBefore = true
const leaseAfter = false

/** A put on its own looks for its lease before the key that it builds on; one in a transaction after it. */
function checkPrevious(state: VersionedState, request: PutRequest, leaseFirst: boolean): Refusal | undefined {
  // No command grants a lease yet, so none exists.
  const noLease = (request.lease ?? 0n) === 0n ? undefined : etcdErrors.leaseNotFound
  const keeps = request.ignoreValue === true || request.ignoreLease === true
  const noKey = keeps && state.latest(toBinary(request.key)) === undefined ? etcdErrors.keyNotFound : undefined
  return leaseFirst ? (noLease ?? noKey) : (noKey ?? noLease)
}

function carryOut(state: VersionedState, plan: Plan): TxnResult {
  const responses: OperationResult[] = []
  for (const step of plan.steps) {
    if (step.type === 'put') responses.push(put(state, step))
    else if (step.type === 'deleteRange') responses.push(deleteRange(state, step))
    else if (step.type === 'plan') responses.push(carryOut(state, step))
    else if (step.type === 'range') {
      const result = readRange(state, step, state.current)
      if (result.type === 'refused') throw new Error(`a read that was found well fails: ${result.message}`)
      responses.push(result)
    }
  }
  return { type: 'txn', revision: 0, succeeded: plan.succeeded, responses }
}

function put(state: VersionedState, request: PutRequest): PutResult {
  const { key, ignoreValue = false, ignoreLease = false, prevKv = false } = request
  const looks = ignoreValue || ignoreLease || prevKv
  const name = looks ? toBinary(key) : ''
  const position = looks ? state.latest(name) : undefined
  const previous = position && state.keyValue(position)
  // It was there when it was looked for; a delete in between, which the checks let through at an odd end, does not take the value.
  const before = ignoreValue || ignoreLease ? (position ?? state.index.get(name)?.at(state.revision)) : undefined
  const kept = previous ?? (before && state.keyValue(before))
  const value = ignoreValue && kept !== undefined ? kept.value : request.value
  const lease = ignoreLease && kept !== undefined ? kept.lease : (request.lease ?? 0n)
  state.put(key, value, lease)
  const result = { type: 'put', revision: state.current } as const
  return prevKv && previous !== undefined ? { ...result, prevKv: previous } : result
}

function deleteRange(state: VersionedState, request: DeleteRangeRequest): DeleteRangeResult {
  const { key, rangeEnd, prevKv = false } = request
  const previous = prevKv ? readRange(state, { key, rangeEnd }, state.current) : undefined
  const deleted = state.deleteRange(rangeOf(key, rangeEnd))
  const prevKvs = previous?.type === 'range' ? previous.kvs : []
  return { type: 'deleteRange', revision: state.current, deleted, prevKvs }
}

/** Refuses puts beyond the quota, and, from the first such on, all puts until the alarm is disarmed. */
function reserve(state: VersionedState, cost: number): Refusal | undefined {
  if (cost === 0) return undefined
  if (state.bytes + cost > state.quotaBytes) state.noSpace = true
  return state.noSpace ? etcdErrors.noSpace : undefined
}

function costOf({ key, value }: PutRequest): number {
  return key.length + value.length + PUT_OVERHEAD_BYTES
}

function costOfTxn({ success, failure }: TxnRequest): number {
  return Math.max(costOfList(success), costOfList(failure))
}

function costOfList(operations: readonly Operation[]): number {
  let cost = 0
  for (const operation of operations) {
    if (operation.type === 'put') cost += costOf(operation)
    else if (operation.type === 'txn') cost += costOfTxn(operation)
  }
  return cost
}
