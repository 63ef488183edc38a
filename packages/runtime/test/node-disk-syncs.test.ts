import type { DiskChange, DiskError } from '@quorate/core'
import type nodeFs from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NodeDisk } from '../src/index.js'

const system = vi.hoisted(() => ({ calls: [] as string[], failing: undefined as string | undefined, isShort: false }))

// What the disk asks of the system, in its order: nothing else shows whether a sync is missing, short of cutting the power.
vi.mock('node:fs', async (importOriginal) => {
  const { default: actual } = await importOriginal<{ default: typeof nodeFs }>()
  const recorded: Record<string, unknown> = { ...actual }
  for (const name of [
    'open',
    'writev',
    'writevSync',
    'ftruncate',
    'unlink',
    'fsync',
    'fdatasync',
    'fsyncSync',
  ] as const) {
    const call = actual[name] as (...args: unknown[]) => unknown
    const recording = (...args: unknown[]): unknown => {
      const what = typeof args[0] === 'number' ? actual.readlinkSync(`/proc/self/fd/${args[0]}`) : String(args[0])
      system.calls.push(`${name} ${what.split('/').at(-1)}`)
      if (system.failing === name) {
        if (name === 'writevSync') throw Object.assign(new Error('it is broken'), { code: 'EIO' })
        const callback = args.at(-1) as (error: Error) => void
        setImmediate(() => callback(Object.assign(new Error('it is broken'), { code: 'EIO' })))
        return undefined
      }
      // A system may write less than it was asked to: here two bytes at most.
      if (system.isShort && name.startsWith('writev')) args[1] = [(args[1] as Uint8Array[])[0]?.subarray(0, 2)]
      return call(...args)
    }
    // `promisify` finds in them how to make a promise of the function.
    recorded[name] = Object.defineProperties(recording, Object.getOwnPropertyDescriptors(call))
  }
  return { ...recorded, default: recorded }
})

let folder = ''

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'quorate-disk-')), 'log')
  system.calls = []
  system.failing = undefined
  system.isShort = false
})

afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

/** What the system was asked for by a commit until it was done, and how it ended. */
async function asked(disk: NodeDisk, ...changes: DiskChange[]): Promise<readonly [string[], DiskError | undefined]> {
  system.calls = []
  const error = await new Promise<DiskError | undefined>((resolve) => disk.commit(changes, resolve))
  return [system.calls, error]
}

const bytes = [new Uint8Array(3)]

describe.skipIf(process.platform !== 'linux')('what NodeDisk syncs (skipped where there is no /proc)', () => {
  it('makes a new folder and its list of files durable before it is used', async () => {
    const disk = new NodeDisk(folder)
    expect(system.calls).toEqual([`fsyncSync ${folder.split('/').at(-2)}`, 'fsyncSync log'])
    await disk.close()
  })

  it('syncs what it wrote, and the folder when the file may be new', async () => {
    const disk = new NodeDisk(folder)
    const append: DiskChange = { type: 'append', file: 'a', bytes }
    expect(await asked(disk, append)).toEqual([['open a', 'writevSync a', 'fsync a', 'fsync log'], undefined])
    expect(await asked(disk, append)).toEqual([['writevSync a', 'fdatasync a'], undefined])
    expect(await asked(disk, append, append)).toEqual([['writevSync a', 'writevSync a', 'fdatasync a'], undefined])
    // Much is written by a thread.
    const much = { ...append, bytes: [new Uint8Array(100_000)] }
    expect(await asked(disk, much)).toEqual([['writev a', 'fdatasync a'], undefined])
    await disk.close()
  })

  it('syncs more than the data of a file whose size it set, also when that was its size', async () => {
    const disk = new NodeDisk(folder)
    await asked(disk, { type: 'append', file: 'a', bytes })
    expect(await asked(disk, { type: 'resize', file: 'a', bytes: 3 })).toEqual([['ftruncate a', 'fsync a'], undefined])
    await disk.close()
  })

  it('syncs the folder when a file was removed', async () => {
    const disk = new NodeDisk(folder)
    await asked(disk, { type: 'append', file: 'a', bytes })
    const calls = await asked(disk, { type: 'append', file: 'b', bytes }, { type: 'remove', file: 'a' })
    expect(calls).toEqual([['open b', 'writevSync b', 'unlink a', 'fsync b', 'fsync log'], undefined])
    await disk.close()
  })

  it('writes on when the system wrote only a part', async () => {
    const disk = new NodeDisk(folder)
    system.isShort = true
    const parts = [Uint8Array.of(1, 2, 3), Uint8Array.of(4), Uint8Array.of(5, 6, 7, 8)]
    const [calls] = await asked(disk, { type: 'append', file: 'a', bytes: parts })
    expect(calls.filter((call) => call === 'writevSync a').length).toBe(5)
    expect(disk.read('a')).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
    expect(disk.stats().bytes).toBe(8)
    await disk.close()
  })

  it.each(['writevSync', 'fdatasync'])('asks for nothing more once %s has failed', async (failing) => {
    const disk = new NodeDisk(folder)
    await asked(disk, { type: 'append', file: 'a', bytes })
    system.failing = failing
    const [calls, error] = await asked(disk, { type: 'append', file: 'a', bytes })
    expect(error).toMatchObject({ code: 'QUORATE_DISK_FAILED', reason: 'EIO' })
    const expected = failing === 'writevSync' ? ['writevSync a'] : ['writevSync a', 'fdatasync a']
    expect(calls).toEqual(expected)
    system.failing = undefined
    expect(() => disk.commit([{ type: 'append', file: 'a', bytes }], () => undefined)).toThrow(
      expect.objectContaining({ code: 'QUORATE_DISK_FAILED' }),
    )
    await disk.close()
    expect(calls).toEqual(expected)
  })
})
