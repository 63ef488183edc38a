import { KeyValueStateMachine, MemoryOrderedStore } from '@quorate/kv'
import * as lmdb from 'lmdb'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openKeyValueStore, type KeyValueStore } from '../src/key-value-store.js'
import { applyNext } from './support/commands.mjs'
import { Life, build, type LifeEvent } from './support/lives.js'

const root = mkdtempSync(join(tmpdir(), 'quorate-kv-'))
let folders = 0
const freshFolder = (): string => join(root, `${folders++}`)
const fileIn = (dir: string): string => join(dir, 'state.mdb')

beforeAll(build, 120_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

let open: KeyValueStore[] = []
afterEach(async () => {
  for (const store of open) await store.close()
  open = []
})

function openIn(dir: string): KeyValueStore {
  const store = openKeyValueStore({ dir })
  open.push(store)
  return store
}

function described(machine: KeyValueStateMachine): unknown {
  const { appliedIndex, revision, compactRevision, bytes, keys } = machine
  const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) }
  return { appliedIndex, revision, compactRevision, bytes, keys, hash: machine.hash(), now: machine.range(all) }
}

/** The state that the commands up to an index lead to. */
function replayed(appliedIndex: number): KeyValueStateMachine {
  const machine = new KeyValueStateMachine(new MemoryOrderedStore())
  if (appliedIndex > 0) applyNext(machine, appliedIndex)
  return machine
}

function expectReplayed({ machine }: KeyValueStore): void {
  const expected = replayed(machine.appliedIndex)
  expect(described(machine)).toEqual(described(expected))
  // And it goes on as if nothing had been.
  for (const each of [machine, expected]) applyNext(each, 300)
  expect(described(machine)).toEqual(described(expected))
}

const indexOf = (event: LifeEvent | undefined): number => Number(event?.['syncedIndex'])

describe('a key-value store on disk', { timeout: 30_000 }, () => {
  it('is after a kill in the midst of commits the state of an index, none older than it said was on disk', async () => {
    const dir = freshFolder()
    for (let life = 1; life <= 6; life++) {
      const process = new Life('store-life.mjs', ['write', dir, life % 2 === 0 ? '50' : '1'])
      const said = (await process.event()) ?? { type: 'nothing' }
      await process.event(({ type, index }) => type === 'wrote' && Number(index) > Number(said['index']) + 700 * life)
      await process.kill()
      const store = openIn(dir)
      const { appliedIndex } = store.machine
      expect(appliedIndex).toBeGreaterThanOrEqual(indexOf(process.events.at(-1)))
      expect(indexOf(process.events.at(-1))).toBeGreaterThan(0)
      expect(store.syncedIndex).toBe(appliedIndex)
      expect(described(store.machine)).toEqual(described(replayed(appliedIndex)))
      await store.close()
    }
    expectReplayed(openIn(dir))
  }, 120_000)

  it('tells which index is on disk, and has on disk at its end what was applied', async () => {
    const dir = freshFolder()
    const store = openIn(dir)
    expect([store.machine.appliedIndex, store.syncedIndex]).toEqual([0, 0])
    applyNext(store.machine, 100)
    expect([store.machine.appliedIndex, store.syncedIndex]).toEqual([100, 0])
    await store.flush()
    applyNext(store.machine, 20)
    expect([store.machine.appliedIndex, store.syncedIndex]).toEqual([120, 100])
    await store.close()
    const again = openIn(dir)
    expect([again.machine.appliedIndex, again.syncedIndex]).toEqual([120, 120])
    expectReplayed(again)
  })

  it('takes a snapshot of another, and is restored from it for good', async () => {
    const source = openIn(freshFolder())
    applyNext(source.machine, 2000)
    const dir = freshFolder()
    const store = openIn(dir)
    applyNext(store.machine, 50)
    const receiver = store.machine.restore(2000)
    for (const chunk of source.machine.snapshot()) receiver.chunk(chunk)
    receiver.finish()
    expect(described(store.machine)).toEqual(described(source.machine))
    await store.close()
    expectReplayed(openIn(dir))
  })

  it('ends with a coded error when its disk takes no more, and holds what it held', async () => {
    const dir = freshFolder()
    const events = await new Life('store-life.mjs', ['write', dir], '-f 6000').end()
    const refused = events.find(({ type }) => type === 'refused')
    expect(refused).toMatchObject({ code: 'QUORATE_STORE_FAILED', data: { file: fileIn(dir) } })
    const store = openIn(dir)
    expect(store.syncedIndex).toBe(indexOf(events.at(-1)))
    expect(store.syncedIndex).toBeGreaterThan(0)
    expectReplayed(store)
  }, 60_000)
})

describe('a damaged file', { timeout: 30_000 }, () => {
  /** Copies of one file, each changed, opened in a process of its own, since damage could end it. */
  async function opened(changes: readonly ((path: string) => void)[]): Promise<readonly LifeEvent[]> {
    const dir = freshFolder()
    const store = openIn(dir)
    applyNext(store.machine, 3000)
    await store.close()
    const copies = changes.map((change) => {
      const copy = freshFolder()
      mkdirSync(copy)
      copyFileSync(fileIn(dir), fileIn(copy))
      change(fileIn(copy))
      return copy
    })
    const events = await new Life('store-life.mjs', ['open', ...copies]).end()
    expect(events.map((event) => event['dir'])).toEqual(copies)
    return events
  }

  it('that is none of lmdb is refused, and named', async () => {
    const events = await opened([
      (path) => writeFileSync(path, 'no pages at all'),
      (path) => writeFileSync(path, new Uint8Array(100_000)),
      (path) => writeFileSync(path, Buffer.alloc(100_000, 'text')),
    ])
    for (const event of events) {
      expect(event).toMatchObject({ code: 'QUORATE_CORRUPT_STORE', data: { file: fileIn(String(event['dir'])) } })
    }
  })

  it('that was cut short is refused, wherever it was cut', async () => {
    const parts = Array.from({ length: 12 }, (_, index) => index / 12)
    const events = await opened(
      parts.map((part) => (path) => truncateSync(path, Math.max(100, Math.floor(statSync(path).size * part)))),
    )
    for (const event of events) {
      expect(event).toMatchObject({ code: 'QUORATE_CORRUPT_STORE', data: { file: fileIn(String(event['dir'])) } })
    }
  })

  it('that has a changed byte in a value is refused', async () => {
    const [event] = await opened([
      (path) => {
        const bytes = readFileSync(path)
        const at = bytes.lastIndexOf('2999 2999')
        expect(at).toBeGreaterThan(0)
        bytes[at] = 0
        writeFileSync(path, bytes)
      },
    ])
    expect(event).toMatchObject({ code: 'QUORATE_CORRUPT_STORE', data: { file: fileIn(String(event?.['dir'])) } })
  })

  it('of another release is refused', async () => {
    const dir = freshFolder()
    mkdirSync(dir)
    const other = lmdb.open({ path: fileIn(dir), noSubdir: true, maxDbs: 1 })
    other.openDB('entries-2', {})
    await other.close()
    const [event] = await new Life('store-life.mjs', ['open', dir]).end()
    expect(event).toMatchObject({
      code: 'QUORATE_UNSUPPORTED_VERSION',
      data: { file: fileIn(dir), known: 'entries-1' },
    })
  })
})
