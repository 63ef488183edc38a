import type { Store } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { opened, reopened, text } from './helpers.js'
import { TestDisk } from './test-disk.js'

const OPTIONS = { maxSegmentBytes: 4096, maxCachedBytes: 4096 }

/** What one log of the load does in each step. */
const habit = fc.record({
  appended: fc.integer({ min: 1, max: 4 }),
  recordBytes: fc.integer({ min: 0, max: 300 }),
  /**
   * Its log is cut down to so many records now and then; those of some are cut off at the end instead of at the start.
   */
  kept: fc.constantFrom(0, 1, 5, 50, 1_000_000),
  cutEvery: fc.integer({ min: 1, max: 40 }),
  atEnd: fc.boolean(),
  /** It writes only in every so many-th step, so that its records lie far apart. */
  writesEvery: fc.constantFrom(1, 1, 7, 60),
  keyBytes: fc.constantFrom(0, 0, 50, 3000),
})

/** All records of a store as one string: comparing thousands of arrays takes long. */
function joined(store: Store): string {
  const records = store.read(store.firstIndex, store.lastIndex)
  return records.map((record) => Buffer.from(record).toString('latin1')).join(' ')
}

describe('reclaiming space', () => {
  it('keeps the disk within three times what is needed and three segments at rest, four and four under load', () => {
    fc.assert(
      fc.property(
        fc.array(habit, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 50, max: 300 }),
        (habits, steps) => {
          const { disk, log, open } = opened(new TestDisk(), OPTIONS)
          const stores = habits.map((_, number) => open(`path-${number}`).store)
          let mostLive = 0
          let mostDisk = 0
          for (let step = 1; step <= steps; step++) {
            for (const [number, each] of habits.entries()) {
              const store = stores[number]!
              if (step % each.writesEvery !== 0) continue
              store.append(Array.from({ length: each.appended }, () => new Uint8Array(each.recordBytes).fill(step)))
              if (each.keyBytes > 0) store.put('key', new Uint8Array(each.keyBytes).fill(step))
              if (step % each.cutEvery !== 0) continue
              if (each.atEnd) store.truncate(store.firstIndex + each.kept)
              else store.compact(store.lastIndex - each.kept)
            }
            log.commit()
            disk.complete()
            mostLive = Math.max(mostLive, log.stats().liveBytes)
            mostDisk = Math.max(mostDisk, log.stats().diskBytes)
          }
          expect(mostDisk).toBeLessThanOrEqual(4 * (mostLive + OPTIONS.maxSegmentBytes))
          disk.drain()
          const { diskBytes, liveBytes } = log.stats()
          expect(disk.bytes).toBe(diskBytes)
          expect(diskBytes).toBeLessThanOrEqual(3 * (liveBytes + OPTIONS.maxSegmentBytes))

          const again = reopened(disk, OPTIONS)
          for (const [number, before] of stores.entries()) {
            const { store } = again.open(`path-${number}`)
            expect([store.firstIndex, store.lastIndex]).toEqual([before.firstIndex, before.lastIndex])
            expect(store.get('key')).toEqual(before.get('key'))
            expect(joined(store)).toBe(joined(before))
          }
          // It may need to copy once more, as what makes a segment full is known less exactly after a restart.
          again.disk.drain()
          expect(again.log.stats().diskBytes).toBeLessThanOrEqual(
            3 * (again.log.stats().liveBytes + OPTIONS.maxSegmentBytes),
          )
        },
      ),
      { numRuns: 80 },
    )
  }, 60_000)

  it('writes no more than three times what the protocols wrote when one old record pins a busy log', () => {
    const { disk, log, open } = opened(new TestDisk(), OPTIONS)
    const pinned = open('pinned').store
    const busy = open('busy').store
    let written = 0
    for (let step = 0; step < 2000; step++) {
      if (step % 20 === 0) pinned.append([text(`record ${step}`)])
      busy.append([new Uint8Array(200)])
      busy.compact(busy.lastIndex - 5)
      written += 200
      log.commit()
      disk.drain()
    }
    expect(disk.bytesWritten).toBeLessThan(3 * written)
    expect(disk.list().length).toBeLessThan(10)
    expect(pinned.read(1, 2).length).toBe(2)
  })

  it('removes a segment only when the batch that made it useless is durable', () => {
    const { disk, log, open } = opened(new TestDisk(), OPTIONS)
    const { store } = open('a')
    for (let step = 0; step < 30; step++) {
      store.append([new Uint8Array(300)])
      log.commit()
      disk.drain()
    }
    const before = disk.list()
    expect(before.length).toBeGreaterThan(2)
    store.compact(store.lastIndex)
    log.commit()
    expect(disk.list()).toEqual(before)
    disk.complete()
    expect(disk.list()).toEqual(before.slice(1))
    disk.drain()
    expect(disk.list()).toEqual(before.slice(-1))
  })

  it('removes one segment with each commit, so that a crash never leaves a gap', () => {
    const { disk, log, open } = opened(new TestDisk(), OPTIONS)
    const { store } = open('a')
    for (let step = 0; step < 60; step++) {
      store.append([new Uint8Array(300)])
      log.commit()
      disk.drain()
    }
    store.compact(store.lastIndex)
    log.commit()
    for (let files = disk.list().length; disk.busy; files = disk.list().length) {
      disk.complete()
      expect(files - disk.list().length).toBeLessThanOrEqual(1)
    }
    expect(disk.list().length).toBe(1)
  })

  it('starts segments with what all keys are, so that old ones are not needed for them', () => {
    const { disk, log, open } = opened(new TestDisk(), OPTIONS)
    open('quiet').store.put('vote', text('n1'))
    const { store } = open('busy')
    for (let step = 0; step < 100; step++) {
      store.append([new Uint8Array(200)])
      store.compact(store.lastIndex)
      log.commit()
      disk.drain()
    }
    expect(disk.list()[0]).not.toBe('0000000000000001.wal')
    expect(reopened(disk).open('quiet').store.get('vote')).toEqual(text('n1'))
  })

  it('makes room for new writes however large the keys are', () => {
    const { disk, log, open } = opened(new TestDisk(), OPTIONS)
    const { store } = open('a')
    store.put('large', new Uint8Array(50_000))
    log.commit()
    disk.drain()
    for (let step = 0; step < 2000; step++) {
      store.append([new Uint8Array(100)])
      store.compact(store.lastIndex - 10)
      log.commit()
      disk.drain()
    }
    expect(disk.bytesWritten).toBeLessThan(5 * 2000 * 100)
  })
})
