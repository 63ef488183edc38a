import { QuorateError } from '@quorate/core'
import { describe, expect, it } from 'vitest'
import type { StoreClient } from '../src/demo/data/store-client.js'
import { WriteHistory } from '../src/demo/data/write-history.js'
import { Writer, writeOf, writerOf } from '../src/demo/data/writer.js'
import { FakeStore } from './support/fake-store.js'

/** A history with acknowledgements at these times. */
function recorded(acknowledged: Readonly<Record<string, readonly number[]>>): WriteHistory {
  const history = new WriteHistory(Object.keys(acknowledged))
  for (const [node, times] of Object.entries(acknowledged)) {
    for (const atMs of times) history.acknowledge(node, history.begin(node), atMs - 1, atMs)
  }
  return history
}

describe('how long no write was acknowledged', () => {
  it('is the longest time between two acknowledgements, whoever they were for', () => {
    const history = recorded({ n1: [10, 30, 180], n2: [20, 150, 160] })
    expect(history.longestGap(['n1', 'n2'], 15, 170)).toEqual({ fromMs: 30, untilMs: 150 })
  })

  it('counts a gap that began before the window or ends after it as a whole', () => {
    const history = recorded({ n1: [0, 100, 101, 300] })
    expect(history.longestGap(['n1'], 60, 102)).toEqual({ fromMs: 101, untilMs: 300 })
    expect(history.longestGap(['n1'], 60, 100)).toEqual({ fromMs: 0, untilMs: 100 })
  })

  it('has no part of a longer gap outside the window', () => {
    const history = recorded({ n1: [0, 500, 510, 530, 1_000] })
    expect(history.longestGap(['n1'], 505, 520)).toEqual({ fromMs: 510, untilMs: 530 })
  })

  it('leaves out writers that are not asked about', () => {
    const history = recorded({ n1: [10, 20, 30, 40], n2: [10, 40] })
    expect(history.longestGap(['n2'], 15, 35)).toEqual({ fromMs: 10, untilMs: 40 })
  })

  it('without any acknowledgement is the window', () => {
    expect(recorded({ n1: [] }).longestGap(['n1'], 100, 350)).toEqual({ fromMs: 100, untilMs: 350 })
  })
})

describe('what the writers did', () => {
  it('has failures within a window, of the writers that are asked about', () => {
    const history = new WriteHistory(['n1', 'n2'])
    for (const atMs of [1, 10, 20, 30]) history.fail('n1', atMs)
    history.fail('n2', 15)
    expect(history.failedWithin(['n1'], 10, 20)).toBe(2)
    expect(history.failedWithin(['n1', 'n2'], 10, 20)).toBe(3)
    expect(history.failed).toBe(5)
  })

  it('goes on once every writer has had a write acknowledged that began later', () => {
    const history = recorded({ n1: [100], n2: [90] })
    expect(history.goOn(['n1', 'n2'], 89)).toBe(true)
    // Acknowledged at 90, but begun at 89.
    expect(history.goOn(['n1', 'n2'], 90)).toBe(false)
  })

  it('has a rate over the last second', () => {
    const history = recorded({ n1: Array.from({ length: 3_000 }, (_, index) => index) })
    expect(history.ratePerSecond('n1', 3_000)).toBe(999)
    expect(history.ratePerSecond('n1', 3_500)).toBe(499)
    expect(history.ratePerSecond('n1', 9_000)).toBe(0)
  })
})

describe('a writer', () => {
  it('writes values that are unique, one after the other, and records what was acknowledged', async () => {
    const store = new FakeStore()
    const history = new WriteHistory(['n1'])
    const writer = new Writer('n1', store, history, () => performance.now())
    writer.start()
    while (history.acknowledged < 20) await new Promise((resolve) => setImmediate(resolve))
    await writer.stop()
    const { entries } = await store.page({ from: '', limit: 10_000, revision: 0, serializable: true })
    expect(entries.length).toBe(history.acknowledged)
    expect(new Set(entries.map(({ value }) => value)).size).toBe(entries.length)
    expect(entries[3]).toMatchObject(writeOf('n1', 4))
    expect(writerOf(entries[3]?.key ?? '')).toEqual({ node: 'n1', write: 4 })
  })

  it('records a write that failed and goes on with another', async () => {
    const keys: string[] = []
    const store: Pick<StoreClient, 'put'> = {
      put: (key) => {
        keys.push(key)
        if (keys.length < 3) return Promise.reject(new QuorateError('QUORATE_REQUEST_FAILED', 'Put failed', {}))
        return new Promise((resolve) => setImmediate(resolve))
      },
    }
    const history = new WriteHistory(['n1'])
    const writer = new Writer('n1', store as StoreClient, history, () => performance.now())
    writer.start()
    while (history.acknowledged === 0) await new Promise((resolve) => setImmediate(resolve))
    await writer.stop()
    expect(history.failed).toBe(2)
    expect(keys.slice(0, 3)).toEqual([1, 2, 3].map((write) => writeOf('n1', write).key))
    expect(history.acknowledgedOf('n1').has(2)).toBe(false)
    expect(history.acknowledgedOf('n1').has(3)).toBe(true)
  })

  it('ends with a defect, and does not take it for a write that failed', async () => {
    const store = { put: () => Promise.reject(new TypeError('a defect')) } as unknown as StoreClient
    const history = new WriteHistory(['n1'])
    const writer = new Writer('n1', store, history, () => performance.now())
    writer.start()
    await expect(writer.stop()).rejects.toThrow('a defect')
    expect(history.failed).toBe(0)
  })
})
