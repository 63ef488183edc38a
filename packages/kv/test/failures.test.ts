import { isMalformed, isQuorateError } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  KeyValueStateMachine,
  MemoryOrderedStore,
  decodeCommand,
  encodeCommand,
  etcdErrors,
  maxRequestBytes,
  type Operation,
  type OrderedChange,
} from '../src/index.js'
import { command } from './arbitraries.js'
import { apply, bytes, described, everything, open, put, remove } from './machine.js'

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (isQuorateError(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

class FailingStore extends MemoryOrderedStore {
  failing = false

  override commit(changes: readonly OrderedChange[]): void {
    if (this.failing) throw new Error('the disk is full')
    super.commit(changes)
  }
}

describe('what is no command', () => {
  it('is refused alike by every replica, counts as applied, and changes nothing', () => {
    const machine = open()
    const results = machine.apply(5, [Uint8Array.of(1, 255, 3), Uint8Array.of(), encodeCommand(put('a'))])
    expect(results.map(({ type }) => type)).toEqual(['refused', 'refused', 'put'])
    expect([machine.appliedIndex, machine.revision]).toEqual([7, 2])
  })

  it('stops the replica, before anything is applied, when it is of a version that it does not know', () => {
    const machine = open()
    const other = Uint8Array.of(2, ...encodeCommand(put('a')).subarray(1))
    expect(codeOf(() => machine.apply(1, [encodeCommand(put('a')), other]))).toBe('QUORATE_UNSUPPORTED_VERSION')
    expect([machine.appliedIndex, machine.revision]).toEqual([0, 1])
  })

  it('is one that is too large', () => {
    const machine = open()
    expect(apply(machine, put('a', 'v'.repeat(maxRequestBytes)))).toEqual([etcdErrors.requestTooLarge])
    expect(apply(machine, put('a', 'v'.repeat(maxRequestBytes - 100)))[0]?.type).toBe('put')
    expect(machine.range({ key: bytes('a') })).toMatchObject({ count: 1 })
  })

  it('is one nested so deep that reading it would exhaust the stack', () => {
    let operation: Operation = put('a')
    for (let depth = 0; depth < 140; depth++) {
      operation = { type: 'txn', compare: [], success: [operation], failure: [] }
    }
    expect(isMalformed(decodeCommand(encodeCommand(operation as never)))).toBe(true)
  })

  it('never makes the decoder throw, and bytes that are one are read as written', () => {
    fc.assert(
      fc.property(command, fc.nat(), fc.integer({ min: 0, max: 255 }), (given, at, byte) => {
        const encoded = encodeCommand(given)
        const back = decodeCommand(encoded)
        expect(isMalformed(back)).toBe(false)
        expect(encodeCommand(back as never)).toEqual(encoded)
        encoded[1 + (at % (encoded.length - 1))] = byte
        decodeCommand(encoded)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a transaction that keeps the value of a key that it deletes', () => {
  it('keeps the value that the key had before it', () => {
    const machine = open()
    apply(machine, put('a', 'kept'))
    const keep = put('a', '', { ignoreValue: true })
    const [result] = apply(machine, { type: 'txn', compare: [], success: [remove('a', '\0'), keep], failure: [] })
    expect(result?.type).toBe('txn')
    expect(machine.range({ key: bytes('a') })).toMatchObject({ kvs: [{ value: bytes('kept'), version: 1 }] })
  })
})

describe('a store that fails', () => {
  it('stops the machine, which then answers nothing more, and leaves the state of the last commit', () => {
    const store = new FailingStore()
    const machine = open(store)
    apply(machine, put('a'))
    store.failing = true
    expect(codeOf(() => apply(machine, put('b')))).toBe('QUORATE_STATE_MACHINE_FAILED')
    store.failing = false
    expect(codeOf(() => apply(machine, put('c')))).toBe('QUORATE_STATE_MACHINE_FAILED')
    const again = open(store)
    expect([again.appliedIndex, again.revision]).toEqual([1, 2])
    apply(again, put('b'))
    expect(again.revision).toBe(3)
  })

  it('leaves nothing of a batch that was not committed, a compaction in its midst included', () => {
    const store = new FailingStore()
    const machine = open(store)
    apply(machine, put('a'))
    const before = [described(machine), everything(machine)]
    store.failing = true
    const batch = [put('a', '2'), { type: 'compact', revision: 3 } as const, put('b')]
    expect(codeOf(() => apply(machine, ...batch))).toBe('QUORATE_STATE_MACHINE_FAILED')
    store.failing = false
    const again = open(store)
    expect([described(again), everything(again)]).toEqual(before)
    const whole = open()
    apply(whole, put('a'), ...batch)
    for (const each of batch) apply(again, each)
    expect([described(again), everything(again)]).toEqual([described(whole), everything(whole)])
  })

  it('is found corrupt when a record is missing, changed, or not a record', () => {
    const damage = (change: (key: Uint8Array, value: Uint8Array) => OrderedChange): string => {
      const store = new MemoryOrderedStore()
      apply(open(store), put('a', 'value'), put('b', 'value'))
      const [key, value] = [...store.range(Uint8Array.of(1))][0] as [Uint8Array, Uint8Array]
      store.commit([change(key, value)])
      return codeOf(() => new KeyValueStateMachine(store))
    }
    expect(damage((key) => ({ key, value: undefined }))).toBe('QUORATE_CORRUPT_STORE')
    expect(damage((key, value) => ({ key, value: value.slice(1) }))).toBe('QUORATE_CORRUPT_STORE')
    expect(damage((_, value) => ({ key: Uint8Array.of(1, 2), value }))).toBe('QUORATE_CORRUPT_STORE')
    expect(damage(() => ({ key: Uint8Array.of(0), value: Uint8Array.of(7) }))).toBe('QUORATE_CORRUPT_STORE')
    expect(damage(() => ({ key: Uint8Array.of(0), value: undefined }))).toBe('QUORATE_CORRUPT_STORE')
    expect(damage((key, value) => ({ key, value }))).toBe('nothing was thrown')
  })
})

describe('indices', () => {
  it('may leave gaps and never go back', () => {
    const machine = open()
    machine.apply(3, [encodeCommand(put('a'))])
    expect(codeOf(() => machine.apply(3, [encodeCommand(put('a'))]))).toBe('QUORATE_INVALID_OPTION')
    machine.apply(9, [encodeCommand(put('a'))])
    expect([machine.appliedIndex, machine.revision]).toEqual([9, 3])
  })
})

describe('a snapshot', () => {
  const source = open()
  apply(source, put('a', '1'), put('b', '2'), remove('a'))
  const image = Buffer.concat([...source.snapshot()])

  function restoring(change: (image: Buffer) => Buffer, appliedIndex = 3): string {
    const store = new MemoryOrderedStore()
    const machine = open(store)
    apply(machine, put('old'))
    const before = [described(machine), everything(machine)]
    const code = codeOf(() => {
      const receiver = machine.restore(appliedIndex)
      receiver.chunk(change(Buffer.from(image)))
      receiver.finish()
    })
    if (code !== 'nothing was thrown') {
      expect([described(machine), everything(machine)]).toEqual(before)
      const again = open(store)
      expect([described(again), everything(again)]).toEqual(before)
      expect(store.size).toBe(2) // the head and the record: nothing is left of the attempt
    }
    return code
  }

  it('that is cut, changed, continued or of another index is refused, and the state stays', () => {
    for (let length = 0; length < image.length; length++) {
      expect(restoring((whole) => whole.subarray(0, length))).toBe('QUORATE_INVALID_SNAPSHOT')
    }
    for (let at = 0; at < image.length; at++) {
      const code = restoring((whole) => {
        whole[at] = (whole[at] as number) ^ 0x10
        return whole
      })
      // A head that names another format is refused as such.
      expect(['QUORATE_INVALID_SNAPSHOT', 'QUORATE_UNSUPPORTED_VERSION']).toContain(code)
    }
    expect(restoring((whole) => Buffer.concat([whole, whole]))).toBe('QUORATE_INVALID_SNAPSHOT')
    expect(restoring((whole) => whole, 4)).toBe('QUORATE_INVALID_SNAPSHOT')
    expect(restoring((whole) => whole)).toBe('nothing was thrown')
  })

  it('that is abandoned leaves the state, and one begun later ends one begun before', () => {
    const machine = open()
    apply(machine, put('old'))
    const first = machine.restore(3)
    first.chunk(image.subarray(0, 20))
    const second = machine.restore(3)
    expect(codeOf(() => first.chunk(image.subarray(20)))).toBe('QUORATE_RESTORE_ENDED')
    second.chunk(image.subarray(0, 30))
    first.abandon()
    second.chunk(image.subarray(30))
    second.finish()
    expect(everything(machine)).toEqual(everything(source))
    const third = machine.restore(3)
    third.abandon()
    expect(codeOf(() => third.finish())).toBe('QUORATE_RESTORE_ENDED')
  })

  it('closes its view when all is taken, when it is left early, and when none was taken', () => {
    const store = new MemoryOrderedStore()
    let opened = 0
    const view = store.view.bind(store)
    store.view = () => {
      opened++
      let closed = false
      return {
        ...view(),
        close() {
          if (!closed) opened--
          closed = true
        },
      }
    }
    const machine = open(store)
    for (let count = 0; count < 300; count++) apply(machine, put(`k${count}`, 'v'.repeat(1000)))
    expect([...machine.snapshot()].length).toBeGreaterThan(3)
    for (const _ of machine.snapshot()) break
    machine.snapshot()[Symbol.iterator]().return?.()
    machine.hash()
    expect(opened).toBe(0)
  })
})

describe('the hash', () => {
  // All numbers are what etcdctl 3.4.23 printed for a real etcd that was told the same.
  it('is that of etcd: of what is kept, and up to the compacted revision of what a read sees', () => {
    const machine = open()
    const hashOf = (revision?: number): number => (machine.hash(revision) as { hash: number }).hash
    expect([hashOf(), hashOf(-1)]).toEqual([1084519789, 1084519789])
    apply(machine, put('a', '1'), put('b', '2'), put('a', '3'), { type: 'deleteRange', key: bytes('a') }, put('c', ''))
    expect([hashOf(), hashOf(3), hashOf(4), hashOf(5)]).toEqual([2522524288, 1827592406, 2069675932, 1346927904])
    apply(machine, { type: 'compact', revision: 4 })
    expect([hashOf(), hashOf(5)]).toEqual([3545813561, 2051293682])
    // A deletion in the compacted revision itself is kept here for those who watch, and not hashed.
    apply(machine, { type: 'compact', revision: 5 })
    expect([hashOf(), hashOf(6)]).toEqual([2690948391, 2690948391])
    // A read sees nothing any more: then all that is kept counts.
    apply(machine, { type: 'deleteRange', key: bytes('\0'), rangeEnd: bytes('\0') })
    expect(hashOf()).toBe(3981311459)
  })

  it('is that of the revisions up to one, whatever came behind, and refuses what cannot be read', () => {
    const machine = open()
    apply(machine, put('a', '1'), put('b', '2'))
    const { hash } = machine.hash() as { hash: number }
    apply(machine, put('a', '3'))
    expect(machine.hash(3)).toMatchObject({ hash, revision: 3, currentRevision: 4 })
    expect(machine.hash()).not.toMatchObject({ hash })
    expect(machine.hash(5)).toEqual(etcdErrors.futureRevision)
    apply(machine, { type: 'compact', revision: 3 })
    expect(machine.hash(2)).toEqual(etcdErrors.compacted)
    expect(machine.hash(3)).toEqual(etcdErrors.compacted)
    apply(machine, { type: 'compact', revision: 4 })
    expect(machine.hash()).toMatchObject({ revision: 4, compactRevision: 4 })
  })

  it('is taken in steps of the state at the first one', () => {
    const machine = open()
    for (let count = 0; count < 25; count++) {
      apply(machine, ...Array.from({ length: 100 }, (_, index) => put(`k${index}`, String(count))))
    }
    const expected = machine.hash()
    const hashing = machine.hashing()
    expect(hashing.next().done).toBe(false)
    apply(machine, put('k7', 'later'), { type: 'compact', revision: machine.revision })
    let last = hashing.next()
    while (last.done !== true) last = hashing.next()
    expect(last.value).toEqual(expected)
  })
})
