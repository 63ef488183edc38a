import { describe, expect, it } from 'vitest'
import { opened, reopened, text, texts, thrownBy } from './helpers.js'

describe('committing', () => {
  it('calls nothing durable before the disk says so', () => {
    const { disk, log, open } = opened()
    const { store, told } = open('a')
    const write = store.put('k', text('v'))
    log.commit()
    expect([store.durable, told]).toEqual([0, []])
    disk.complete()
    expect([store.durable, told]).toEqual([write, [[write]]])
  })

  it('writes what gathers while the disk is busy with one commit', () => {
    const { disk, log, open } = opened()
    const { store, told } = open('a')
    for (let step = 0; step < 100; step++) {
      store.append([text(`record ${step}`)])
      log.commit()
    }
    expect(disk.commits).toBe(1)
    disk.complete()
    expect(disk.commits).toBe(2)
    disk.complete()
    expect(disk.busy).toBe(false)
    expect(told).toEqual([[1], [100]])
  })

  it('tells each store only of its own writes, each as a step of its own', () => {
    const { disk, log } = opened()
    const order: string[] = []
    const open = (path: string) =>
      log.open(path, (write) => {
        order.push(`${path} ${write}`)
        log.commit()
      })
    const a = open('a')
    const b = open('b')
    open('c')
    a.put('k', text('1'))
    log.commit()
    b.put('k', text('1'))
    b.put('k', text('2'))
    log.commit()
    disk.drain()
    expect(order).toEqual(['a 1', 'b 2'])
  })

  it('gathers what the stores write when they are told into one commit', () => {
    const { disk, log } = opened()
    const stores = ['a', 'b', 'c'].map((path) => {
      const store = log.open(path, (write) => {
        if (write === 1) store.put('answer', text(path))
        log.commit()
      })
      return store
    })
    for (const store of stores) store.put('k', text('v'))
    log.commit()
    disk.complete()
    expect(disk.commits).toBe(2)
    disk.complete()
    expect(stores.map(({ durable }) => durable)).toEqual([2, 2, 2])
    expect(disk.busy).toBe(false)
  })

  it('does not call a store durable before it is told, so that what waits for it leaves in order', () => {
    const { disk, log } = opened()
    const seen: number[] = []
    const a = log.open('a', () => seen.push(b.durable))
    const b = log.open('b', () => undefined)
    a.put('k', text('1'))
    b.put('k', text('1'))
    log.commit()
    disk.complete()
    expect([seen, b.durable]).toEqual([[0], 1])
  })

  it('does not split a step, even when the disk is done in the midst of it', () => {
    const { disk, log, open } = opened()
    const { store } = open('a')
    store.put('k', text('0'))
    log.commit()
    store.append([text('half')])
    disk.complete()
    expect(disk.busy).toBe(false)
    store.append([text('whole')])
    log.commit()
    disk.complete()
    expect(texts(reopened(disk).open('a').store.read(1, 9))).toEqual(['half', 'whole'])
  })

  it('states what is not durable yet', () => {
    const { disk, log, open } = opened()
    const { store } = open('a')
    expect(log.pendingBytes).toBe(0)
    store.append([new Uint8Array(1000)])
    log.commit()
    const inFlight = log.pendingBytes
    expect(inFlight).toBeGreaterThan(1000)
    store.append([new Uint8Array(5000)])
    log.commit()
    expect(log.pendingBytes).toBeGreaterThan(inFlight + 5000)
    disk.drain()
    expect(log.pendingBytes).toBe(0)
  })

  it('tells when everything is durable', () => {
    const { disk, log, open } = opened()
    const idle: string[] = []
    log.whenIdle(() => idle.push('new'))
    expect(idle).toEqual(['new'])
    open('a').store.put('k', text('v'))
    log.commit()
    log.whenIdle((error) => idle.push(error?.message ?? 'written'))
    expect(idle).toEqual(['new'])
    disk.drain()
    expect(idle).toEqual(['new', 'written'])
  })

  it('lets nobody hear of what a crash left in the cache of the operating system before it is durable', () => {
    const { disk, log, open } = opened()
    open('a').store.put('vote', text('n1'))
    log.commit()
    const again = reopened(disk)
    const { store, told } = again.open('a')
    expect(store.get('vote')).toEqual(text('n1'))
    expect([store.latest, store.durable]).toEqual([1, 0])
    again.disk.complete()
    expect([store.durable, told]).toEqual([1, [[1]]])
    const power = opened(again.disk.crashed({ seed: 1, processOnly: false }))
    expect(power.open('a').store.get('vote')).toEqual(text('n1'))
  })
})

describe('a log that fails', () => {
  it('never gives a failed disk anything again', () => {
    const { disk, log, open } = opened()
    const { store, told } = open('a')
    store.put('k', text('1'))
    log.commit()
    store.put('k', text('2'))
    log.commit()
    disk.complete('EIO')
    expect(disk.commits).toBe(1)
    expect([store.durable, told.length]).toEqual([0, 1])
    expect(told[0]).toMatchObject([
      2,
      { code: 'QUORATE_STORE_FAILED', data: { cause: 'QUORATE_DISK_FAILED', reason: 'EIO' } },
    ])
    store.put('k', text('3'))
    log.commit()
    expect([disk.commits, told.length, log.pendingBytes]).toEqual([1, 1, 0])
    expect(store.get('k')).toEqual(text('3'))
    expect(log.failure).toMatchObject({ code: 'QUORATE_STORE_FAILED' })
    log.whenIdle((error) => expect(error).toBe(log.failure))
  })

  it('fails when more waits for the disk than maxPendingBytes, and lets go of it', () => {
    const { disk, log, open } = opened(undefined, { maxPendingBytes: 10_000 })
    const { store, told } = open('a')
    store.append([text('in flight')])
    log.commit()
    for (let step = 0; step < 20; step++) {
      store.append([new Uint8Array(1000)])
      log.commit()
      expect(log.pendingBytes).toBeLessThan(12_000)
    }
    expect(log.failure).toMatchObject({ data: { cause: 'QUORATE_LOG_OVERFLOW' } })
    expect(told).toEqual([])
    disk.complete()
    expect(told).toMatchObject([[21, { code: 'QUORATE_STORE_FAILED' }]])
    expect(disk.commits).toBe(1)
  })

  it('fails when a record that is needed can not be read back as it was written', () => {
    const { disk, log, open } = opened(undefined, { maxCachedBytes: 0 })
    const { store, told } = open('a')
    store.append([new Uint8Array(100).fill(1), new Uint8Array(100).fill(2)])
    log.commit()
    disk.drain()
    const file = disk.list()[0] as string
    disk.flip(file, disk.content(file).indexOf(2) * 8)
    expect(store.read(1, 1).length).toBe(1)
    expect(thrownBy(() => store.read(2, 2))).toMatchObject({ code: 'QUORATE_LOG_CORRUPT', data: { file } })
    expect(told).toEqual([[1]])
    disk.complete()
    expect(told).toMatchObject([
      [1],
      [1, { code: 'QUORATE_STORE_FAILED', data: { cause: 'QUORATE_LOG_CORRUPT', file } }],
    ])
    expect(thrownBy(() => store.read(1, 1))).toMatchObject({ code: 'QUORATE_STORE_FAILED' })
  })

  it('refuses a path that is open, a key that is too long, and numbers that are none', () => {
    const { log, open } = opened()
    const { store } = open('a')
    expect(thrownBy(() => log.open('a', () => undefined))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(thrownBy(() => store.put('x'.repeat(1025), text('')))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(thrownBy(() => store.truncate(Number.NaN))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(thrownBy(() => store.compact(1.5))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    expect(thrownBy(() => opened(undefined, { maxSegmentBytes: 12 }))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
  })

  it('refuses a batch and keys that are too large, and holds what it held', () => {
    const { open } = opened()
    const { store } = open('a')
    const large = new Uint8Array(200 * 1024 * 1024)
    expect(thrownBy(() => store.append([large, large, large]))).toMatchObject({ code: 'QUORATE_LOG_TOO_LARGE' })
    store.put('one', large)
    expect(thrownBy(() => store.put('two', large))).toMatchObject({ code: 'QUORATE_LOG_TOO_LARGE' })
    expect([store.lastIndex, store.get('two'), store.latest]).toEqual([0, undefined, 1])
  })
})
