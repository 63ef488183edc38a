import { isQuorateError } from '@quorate/core'
import {
  MemoryOrderedStore,
  type OrderedChange,
  type OrderedReads,
  type OrderedStore,
  type OrderedView,
} from '@quorate/kv'
import fc from 'fast-check'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { LmdbOrderedStore, type LmdbOrderedStoreOptions } from '../src/key-value-store.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-store-'))
  folders.push(folder)
  return join(folder, 'state.mdb')
}

/** One that writes only when it is told to, unless the options say otherwise. */
function open(path: string, options: Partial<LmdbOrderedStoreOptions> = {}): LmdbOrderedStore {
  return new LmdbOrderedStore({ path, flushIntervalMs: 3_600_000, ...options })
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
const put = (key: string, value: string): OrderedChange => ({ key: bytes(key), value: bytes(value) })
const remove = (key: string): OrderedChange => ({ key: bytes(key), value: undefined })

function contents(reads: OrderedReads, from = '', to?: string): string[] {
  const entries = [...reads.range(bytes(from), to === undefined ? undefined : bytes(to))]
  return entries.map((entry) => entry.map((each) => Buffer.from(each).toString('latin1')).join('='))
}

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (isQuorateError(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

const key = fc.oneof(
  fc.constantFrom('a', 'aa', 'ab', 'b', 'b\0', 'c', '\xff', '\0', '\xff\xff'),
  fc.integer({ min: 0, max: 300 }).map((number) => `n${number}`),
)
const value = fc.oneof(
  fc.constant(''),
  fc.string(),
  fc.nat(9000).map((length) => 'v'.repeat(length)),
)
const change = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(key, value).map(([k, v]) => put(k, v)) },
  { weight: 1, arbitrary: key.map(remove) },
)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('commit' as const), changes: fc.array(change, { maxLength: 60 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('begin a flush' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('flush' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('view' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('close a view' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reopen' as const) }) },
)
const bounds = fc.tuple(fc.oneof(fc.constant(''), key), fc.option(fc.oneof(fc.constant(''), key), { nil: undefined }))

function expectSame(
  one: OrderedReads,
  other: OrderedReads,
  ranges: readonly (readonly [string, string | undefined])[],
): void {
  for (const [from, to] of ranges) {
    expect(contents(one, from, to)).toEqual(contents(other, from, to))
    expect(one.get(bytes(from))).toEqual(other.get(bytes(from)))
  }
}

describe('LmdbOrderedStore', { timeout: 30_000 }, () => {
  it('reads, ranges and views as the store in memory does, whatever is on disk by then', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.array(bounds, { minLength: 1, maxLength: 4 }),
        async (steps, ranges) => {
          const path = freshPath()
          // Little may wait, so that commits are held up, too.
          const limits = { maxPendingBytes: 30_000 }
          let store = open(path, limits)
          const memory: OrderedStore = new MemoryOrderedStore()
          let views: (readonly [OrderedView, OrderedView])[] = []
          const closeViews = (): void => {
            for (const pair of views) for (const view of pair) view.close()
            views = []
          }
          for (const each of steps) {
            if (each.type === 'commit') for (const one of [store, memory]) one.commit(each.changes)
            else if (each.type === 'begin a flush') {
              void store.flush()
              await nextTurn()
            } else if (each.type === 'flush') await store.flush()
            else if (each.type === 'view') views.push([store.view(), memory.view()])
            else if (each.type === 'close a view') views.shift()?.[0].close()
            else {
              closeViews()
              await store.close()
              store = open(path, limits)
            }
            expectSame(store, memory, ranges)
            for (const [one, other] of views) expectSame(one, other, [...ranges, ['', undefined]])
          }
          expect(contents(store)).toEqual(contents(memory))
          closeViews()
          await store.close()
          rmSync(path)
        },
      ),
      { numRuns: 40 },
    )
  }, 60_000)

  it('has on disk what was committed before a flush, and what was committed together only together', async () => {
    const path = freshPath()
    const store = open(path)
    store.commit([put('a', '1'), put('b', '1')])
    expect(contents(store.durable)).toEqual([])
    const flushed = store.flush()
    await nextTurn()
    store.commit([put('a', '2'), put('b', '2')])
    await flushed
    expect(contents(store.durable)).toEqual(['a=1', 'b=1'])
    await store.flush()
    expect(contents(store.durable)).toEqual(['a=2', 'b=2'])
    await store.close()
  })

  it('writes by itself after the interval, and at once when much is waiting', async () => {
    const soon = open(freshPath(), { flushIntervalMs: 1 })
    soon.commit([put('a', '1')])
    await expect.poll(() => contents(soon.durable)).toEqual(['a=1'])
    soon.commit([put('b', '1')])
    await expect.poll(() => contents(soon.durable)).toEqual(['a=1', 'b=1'])
    await soon.close()
    const much = open(freshPath(), { flushBytes: 10_000 })
    much.commit([put('a', '1')])
    much.commit([put('b', 'v'.repeat(10_000))])
    much.commit([put('c', '1')])
    await expect.poll(() => contents(much.durable).length).toBe(3)
    await much.close()
  })

  it('holds up who commits more than may wait, whether or not a write is under way', async () => {
    const store = open(freshPath(), { maxPendingBytes: 10_000, flushBytes: 1_000_000 })
    for (let count = 0; count < 100; count++) store.commit([put(`k${count % 30}`, `${count}`.padEnd(900))])
    expect(contents(store.durable).length).toBe(30)
    await store.flush()
    store.commit([put('x', 'v'.repeat(9000))])
    void store.flush()
    for (let turn = 0; turn < 2; turn++) await nextTurn()
    // What is read in this turn of the event loop is seen as of now, but for what the store writes itself.
    expect(store.get(bytes('y'))).toBe(undefined)
    store.commit([put('y', 'v'.repeat(9000))])
    expect(store.get(bytes('x'))?.length).toBe(9000)
    store.commit([put('z', 'v'.repeat(90_000))])
    expect(contents(store, 'x').length).toBe(3)
    expect(contents(store.durable, 'x').length).toBeGreaterThan(0)
    await store.flush()
    expect(contents(store.durable, 'x').length).toBe(3)
    await store.close()
  })

  it('lets a range see what it saw when it began, and lets go of it when it is left', async () => {
    const store = open(freshPath())
    store.commit([put('a', '1'), put('b', '1'), put('c', '1')])
    await store.flush()
    const seen: string[] = []
    for (const [each] of store.range(bytes(''))) {
      seen.push(Buffer.from(each).toString())
      store.commit([remove('c'), put('d', '1')])
      await store.flush()
    }
    expect(seen).toEqual(['a', 'b', 'c'])
    for (const _ of store.range(bytes(''))) break
    // With a view that is left open, pages would never be used again.
    const before = store.fileBytes
    for (let count = 0; count < 50; count++) {
      store.commit([put('a', `${count}`.repeat(1000))])
      await store.flush()
    }
    expect(store.fileBytes - before).toBeLessThan(100_000)
    await store.close()
  })

  it('refuses keys that it could not find again, and values outlive what they were read from', async () => {
    const store = open(freshPath())
    expect(codeOf(() => store.commit([put('a', '1'), put('', '1')]))).toBe('QUORATE_INVALID_OPTION')
    expect(codeOf(() => store.commit([put('k'.repeat(1979), '1')]))).toBe('QUORATE_INVALID_OPTION')
    expect(contents(store)).toEqual([])
    store.commit([put('k'.repeat(1978), '1'), put('m', 'first'), put('n', 'other')])
    await store.flush()
    const first = store.get(bytes('m'))
    store.get(bytes('n'))
    expect(first).toEqual(bytes('first'))
    await store.close()
    expect(codeOf(() => store.commit([put('a', '1')]))).toBe('QUORATE_STORE_CLOSED')
  })

  it('takes no more of the disk than it may, and says so from then on', async () => {
    const path = freshPath()
    const store = open(path, { maxFileBytes: 1_000_000 })
    const fill = async (): Promise<void> => {
      for (let count = 0; ; count++) {
        store.commit([put(`k${count}`, 'v'.repeat(50_000))])
        await store.flush()
      }
    }
    await expect(fill()).rejects.toMatchObject({ code: 'QUORATE_STORE_FULL', data: { file: path } })
    expect(codeOf(() => store.commit([put('a', '1')]))).toBe('QUORATE_STORE_FULL')
    const held = contents(store).length
    expect(held).toBeGreaterThan(10)
    expect(statSync(path).size).toBeLessThan(1_200_000)
    await expect(store.close()).rejects.toMatchObject({ code: 'QUORATE_STORE_FULL' })
    expect(codeOf(() => open(path, { maxFileBytes: 1_000_000 }))).toBe('QUORATE_STORE_FULL')
    const again = open(path)
    expect(contents(again).length).toBe(held)
    await again.close()
  })
})
