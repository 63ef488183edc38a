import { AT_ONCE } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import { opened, reopened, text, texts } from './helpers.js'

const SMALL = { maxSegmentBytes: 1024, maxCachedBytes: 0 }

describe('a store of the log', () => {
  it('shows every write at once, durable or not', () => {
    const { store } = opened().open('a')
    store.put('vote', text('n1'))
    store.append([text('one'), text('two')])
    expect(store.get('vote')).toEqual(text('n1'))
    expect([store.firstIndex, store.lastIndex]).toEqual([1, 2])
    expect(texts(store.read(1, 2))).toEqual(['one', 'two'])
    store.put('vote', undefined)
    expect(store.get('vote')).toBeUndefined()
  })

  it('numbers its writes by itself: tokens of other stores do not move them', () => {
    const { open } = opened()
    const a = open('a').store
    const b = open('b').store
    expect([a.latest, a.durable]).toEqual([AT_ONCE, AT_ONCE])
    const first = a.put('k', text('1'))
    b.append([text('x')])
    b.append([text('y')])
    const second = a.put('k', text('2'))
    expect(second).toBeGreaterThan(first)
    expect(a.latest).toBe(second)
    expect(a.durable).toBe(AT_ONCE)
  })

  it('writes nothing for what changes nothing', () => {
    const { log, disk, open } = opened()
    const { store } = open('a')
    store.put('absent', undefined)
    store.append([])
    store.truncate(1)
    store.compact(0)
    log.commit()
    expect([store.latest, disk.commits]).toEqual([AT_ONCE, 0])
  })

  it('reads what is left of a range that reaches beyond the log, and nothing outside of it', () => {
    const { store } = opened().open('a')
    store.append(['1', '2', '3', '4'].map(text))
    store.compact(1)
    expect(texts(store.read(0, 99))).toEqual(['2', '3', '4'])
    expect(store.read(5, 9)).toEqual([])
    expect(store.read(3, 2)).toEqual([])
    expect(store.read(0, 1)).toEqual([])
  })

  it.each([
    ['in memory', {}],
    ['on the disk', SMALL],
  ])('stops reading before maxBytes are exceeded, but not before the first record: %s', (_, options) => {
    const { store } = opened(undefined, options).open('a')
    store.append([new Uint8Array(10), new Uint8Array(10), new Uint8Array(10), new Uint8Array(50)])
    expect(store.read(1, 4, 25).length).toBe(2)
    expect(store.read(1, 4, 20).length).toBe(2)
    expect(store.read(1, 4, 19).length).toBe(1)
    expect(store.read(1, 4, 5).length).toBe(1)
    expect(store.read(4, 4, 0).length).toBe(1)
    expect(store.read(1, 4, 80).length).toBe(4)
  })

  it('replaces the end of its log', () => {
    const { store } = opened().open('a')
    store.append(['1', '2', '3'].map(text))
    store.truncate(2)
    expect(store.lastIndex).toBe(1)
    store.append([text('2b')])
    expect(texts(store.read(1, 9))).toEqual(['1', '2b'])
  })

  it('empties a log that is cut before its start, and goes on where it started', () => {
    const { store } = opened().open('a')
    store.append(['1', '2', '3'].map(text))
    store.compact(2)
    store.truncate(1)
    expect([store.firstIndex, store.lastIndex]).toEqual([3, 2])
    store.append([text('3b')])
    expect(texts(store.read(3, 3))).toEqual(['3b'])
  })

  it('starts its log behind what was compacted, also beyond its end', () => {
    const { store } = opened().open('a')
    store.append(['1', '2'].map(text))
    store.compact(10)
    expect([store.firstIndex, store.lastIndex]).toEqual([11, 10])
    store.append([text('11')])
    expect(store.lastIndex).toBe(11)
  })

  it('serves records from memory, from the batch in flight, from the one that gathers, and from the disk alike', () => {
    const { disk, log, open } = opened(undefined, SMALL)
    const { store } = open('a')
    const all: string[] = []
    const append = (name: string): void => {
      const records = Array.from({ length: 5 }, (_, index) => `${name} ${index}`)
      all.push(...records)
      store.append(records.map(text))
      log.commit()
      expect(texts(store.read(1, 99))).toEqual(all)
      expect(texts(store.read(store.lastIndex - 7, 99))).toEqual(all.slice(-8))
    }
    append('durable')
    disk.drain()
    append('in flight')
    append('gathering')
    disk.drain()
    expect(texts(store.read(1, 99))).toEqual(all)
    expect(log.stats().cachedBytes).toBe(0)
    expect(disk.reads).toBeGreaterThan(0)
  })

  it('serves empty records at the border of two batches that are not on the disk yet', () => {
    const { log, open } = opened(undefined, SMALL)
    const { store } = open('a')
    store.append([text('one'), text('')])
    log.commit()
    store.append([text('')])
    log.commit()
    expect(texts(store.read(1, 3))).toEqual(['one', '', ''])
    expect(texts(store.read(2, 3))).toEqual(['', ''])
  })

  it('keeps the newest records in memory, within maxCachedBytes, whichever stores they belong to', () => {
    const { disk, log, open } = opened(undefined, { maxCachedBytes: 10_000 })
    const a = open('a').store
    const b = open('b').store
    for (let step = 0; step < 50; step++) {
      a.append([new Uint8Array(1000).fill(step)])
      b.append([new Uint8Array(10).fill(step)])
      log.commit()
      disk.drain()
      expect(log.stats().cachedBytes).toBeLessThanOrEqual(10_000)
    }
    expect(a.read(a.lastIndex, a.lastIndex)[0]?.[0]).toBe(49)
    expect(disk.reads).toBe(0)
    expect(a.read(1, 1)[0]?.[0]).toBe(0)
    expect(disk.reads).toBe(1)
  })

  it('reads many small records with one access to the disk', () => {
    const { disk, log, open } = opened(undefined, { maxCachedBytes: 0 })
    const { store } = open('a')
    for (let step = 0; step < 100; step++) {
      store.append([text(`record ${step}`)])
      log.commit()
      disk.drain()
    }
    expect(store.read(1, 100).length).toBe(100)
    expect(disk.reads).toBe(1)
  })

  it('forgets what is stored at a dropped path and below it, and nothing else', () => {
    const { disk, log, open } = opened()
    for (const path of ['a', 'a/b', 'a/b/c', 'ab', '']) open(path).store.put('k', text(path))
    log.commit()
    log.drop('a')
    log.commit()
    disk.drain()
    const again = reopened(disk)
    const values = ['a', 'a/b', 'a/b/c', 'ab', ''].map((path) => again.open(path).store.get('k'))
    expect(values).toEqual([undefined, undefined, undefined, text('ab'), text('')])
  })

  it('takes no more writes from a store that was dropped, and starts an empty one at the same path', () => {
    const { disk, log, open } = opened()
    const old = open('a').store
    old.append([text('old')])
    log.drop('a')
    old.append([text('late')])
    old.put('k', text('late'))
    expect([old.firstIndex, old.lastIndex, old.get('k')]).toEqual([1, 0, undefined])
    const fresh = open('a').store
    expect(fresh.latest).toBe(AT_ONCE)
    fresh.append([text('new')])
    log.commit()
    disk.drain()
    expect(texts(reopened(disk).open('a').store.read(1, 9))).toEqual(['new'])
  })

  it('keeps every string that can be a key or a path', () => {
    const names = ['', 'ä', '漢字', '🙂', '\ud800', '\udc00x', '\0']
    const { disk, log, open } = opened()
    for (const path of names) {
      const { store } = open(path)
      for (const key of names) store.put(key, text(`${path} ${key}`))
    }
    log.commit()
    disk.drain()
    const again = reopened(disk)
    for (const path of names) {
      const { store } = again.open(path)
      for (const key of names) expect(store.get(key)).toEqual(text(`${path} ${key}`))
    }
  })
})
