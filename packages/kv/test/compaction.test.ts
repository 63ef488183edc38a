import { describe, expect, it } from 'vitest'
import { MemoryOrderedStore, etcdErrors } from '../src/index.js'
import { apply, bytes, open, put, remove } from './machine.js'

describe('compaction', () => {
  it('keeps a deletion of the compacted revision itself, and drops it with the next', () => {
    const store = new MemoryOrderedStore()
    const machine = open(store)
    apply(machine, put('a'), remove('a'), put('b'))
    apply(machine, { type: 'compact', revision: 3 })
    expect([machine.keys, store.size]).toEqual([2, 3])
    expect(machine.range({ key: bytes('a'), revision: 3 })).toMatchObject({ count: 0, revision: 4 })
    apply(machine, { type: 'compact', revision: 4 })
    expect([machine.keys, store.size]).toEqual([1, 2])
  })

  it('keeps such a deletion also when the key came again behind it', () => {
    const store = new MemoryOrderedStore()
    const machine = open(store)
    apply(machine, put('a'), remove('a'), put('a'))
    apply(machine, { type: 'compact', revision: 3 })
    expect(store.size).toBe(3)
    apply(machine, { type: 'compact', revision: 4 })
    expect(store.size).toBe(2)
  })

  it('drops a key that was deleted before, and one generation of a key that came again', () => {
    const store = new MemoryOrderedStore()
    const machine = open(store)
    apply(machine, put('a', '1'), remove('a'), put('a', '2'), put('a', '3'))
    apply(machine, { type: 'compact', revision: 4 })
    expect(store.size).toBe(3)
    expect(machine.range({ key: bytes('a'), revision: 4 })).toMatchObject({
      kvs: [{ createRevision: 4, modRevision: 4, version: 1 }],
    })
    expect(machine.range({ key: bytes('a') })).toMatchObject({ kvs: [{ createRevision: 4, version: 2 }] })
  })

  it('within a batch sees what the batch put before it', () => {
    const store = new MemoryOrderedStore()
    const machine = open(store)
    const results = apply(machine, put('a', '1'), put('a', '2'), { type: 'compact', revision: 3 }, put('b'))
    expect(results.map(({ type }) => type)).toEqual(['put', 'put', 'compact', 'put'])
    expect(store.size).toBe(3)
    expect(machine.range({ key: bytes('a'), revision: 2 })).toEqual(etcdErrors.compacted)
    expect(machine.range({ key: bytes('a'), revision: 3 })).toMatchObject({ count: 1 })
  })

  it('costs as much as there is to forget, not as much as there is', () => {
    const store = new MemoryOrderedStore()
    const machine = open(store)
    const many = Array.from({ length: 2000 }, (_, index) => put(`key${index}`))
    apply(machine, ...many)
    apply(machine, { type: 'compact', revision: machine.revision })
    apply(machine, put('key7'))
    let reads = 0
    const get = store.get.bind(store)
    store.get = (key) => {
      reads++
      return get(key)
    }
    apply(machine, { type: 'compact', revision: machine.revision })
    expect(reads).toBeLessThan(5)
    expect(store.size).toBe(2001)
  })
})
