import { describe, expect, it } from 'vitest'
import {
  MemoryOrderedStore,
  defaultQuotaBytes,
  etcdErrors,
  type Command,
  type KeyValueStateMachine,
} from '../src/index.js'
import { apply, bytes, described, open, put, remove } from './machine.js'

const big = 'v'.repeat(1000)
const txn = (...success: Extract<Command, { type: 'txn' }>['success']): Command => ({
  type: 'txn',
  compare: [],
  success,
  failure: [],
})

/** Puts one key again and again, until it is refused. */
function fill(machine: KeyValueStateMachine): number {
  for (let count = 0; count < 100; count++) {
    if (apply(machine, put('k', big))[0]?.type === 'refused') return count
  }
  throw new Error('never full')
}

function full(): KeyValueStateMachine {
  const machine = open()
  apply(machine, { type: 'setQuota', bytes: 10_000 })
  fill(machine)
  return machine
}

describe('the quota', () => {
  it('is 2 GiB until it is set', () => {
    expect(open().quotaBytes).toBe(defaultQuotaBytes)
    expect(defaultQuotaBytes).toBe(2_147_483_648)
  })

  it('counts the history, bounds what is kept, and refuses with the words of etcd', () => {
    const machine = open()
    apply(machine, { type: 'setQuota', bytes: 10_000 })
    expect(fill(machine)).toBe(9)
    expect(machine.bytes).toBeLessThanOrEqual(10_000)
    const { revision } = machine
    expect(apply(machine, put('k', big))).toEqual([etcdErrors.noSpace])
    expect(etcdErrors.noSpace).toMatchObject({ code: 8, message: 'etcdserver: mvcc: database space exceeded' })
    expect(machine.revision).toBe(revision)
  })

  it('refuses the least put, too, once the alarm is raised, but not deletes, reads and compactions', () => {
    const machine = full()
    expect(machine.noSpace).toBe(true)
    expect(apply(machine, put('a', ''))).toEqual([etcdErrors.noSpace])
    expect(apply(machine, txn(put('a', '')))).toEqual([etcdErrors.noSpace])
    expect(apply(machine, txn({ ...txn(put('a', '')), type: 'txn' } as never))).toEqual([etcdErrors.noSpace])
    expect(apply(machine, { type: 'txn', compare: [], success: [], failure: [put('a', '')] })).toEqual([
      etcdErrors.noSpace,
    ])
    expect(apply(machine, txn({ type: 'range', key: bytes('k') }))[0]?.type).toBe('txn')
    expect(apply(machine, remove('k'))[0]).toMatchObject({ type: 'deleteRange', deleted: 1 })
    expect(apply(machine, { type: 'compact', revision: machine.revision })[0]?.type).toBe('compact')
  })

  it('lets puts go on once there is space and the alarm is disarmed, and not before', () => {
    const machine = full()
    apply(machine, { type: 'compact', revision: machine.revision })
    expect(machine.bytes).toBeLessThan(2_000)
    expect(apply(machine, put('k', big))).toEqual([etcdErrors.noSpace])
    apply(machine, { type: 'disarm' })
    expect(apply(machine, put('k', big))[0]?.type).toBe('put')
  })

  it('raises the alarm again when it was disarmed without space', () => {
    const machine = full()
    apply(machine, { type: 'disarm' })
    expect(machine.noSpace).toBe(false)
    expect(apply(machine, put('k', big))).toEqual([etcdErrors.noSpace])
    expect(machine.noSpace).toBe(true)
  })

  it('counts down to nothing when all is deleted and compacted', () => {
    const machine = full()
    apply(machine, remove('\0', '\0'))
    apply(machine, { type: 'disarm' }, put('other'), remove('other'), put('last'))
    apply(machine, { type: 'compact', revision: machine.revision })
    apply(machine, remove('last'), { type: 'disarm' }, put('z'), remove('z'), put('y'), remove('y'))
    apply(machine, put('x'))
    apply(machine, { type: 'compact', revision: machine.revision })
    expect(machine.keys).toBe(1)
    const fresh = open()
    apply(fresh, put('x'))
    // Only the revisions that the record names are longer than the fresh one's.
    expect(Math.abs(machine.bytes - fresh.bytes)).toBeLessThanOrEqual(2)
  })

  it('survives a restart with its alarm', () => {
    const store = new MemoryOrderedStore()
    const machine = open(store)
    apply(machine, { type: 'setQuota', bytes: 10_000 })
    fill(machine)
    expect(described(open(store))).toEqual(described(machine))
    expect(open(store).noSpace).toBe(true)
  })
})
