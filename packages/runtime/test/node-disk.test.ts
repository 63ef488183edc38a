import type { DiskChange, DiskError } from '@quorate/core'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { NodeDisk } from '../src/index.js'

const folders: string[] = []

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-disk-'))
  folders.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function commit(disk: NodeDisk, ...changes: DiskChange[]): Promise<DiskError | undefined> {
  return new Promise((resolve) => disk.commit(changes, resolve))
}

function append(file: string, ...parts: string[]): DiskChange {
  return { type: 'append', file, bytes: parts.map((part) => new TextEncoder().encode(part)) }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}

/** How many files this process has open in a folder, the folder with them. */
function openIn(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false // the one that listed the others is closed by now
    }
  }).length
}

const linux = it.skipIf(process.platform !== 'linux')

describe('NodeDisk', () => {
  it('appends, resizes and removes files, in the order of the changes', async () => {
    const disk = new NodeDisk(freshFolder())
    expect(await commit(disk, append('b', 'one ', '', 'two'), append('a', 'x'))).toBeUndefined()
    expect(disk.list()).toEqual(['a', 'b'])
    expect(text(disk.read('b'))).toBe('one two')
    await commit(disk, { type: 'resize', file: 'b', bytes: 3 }, append('b', ' more'), { type: 'remove', file: 'a' })
    expect(disk.list()).toEqual(['b'])
    expect(text(disk.read('b'))).toBe('one more')
    expect(text(disk.readAt('b', 4, 2))).toBe('mo')
    await commit(disk, { type: 'remove', file: 'b' }, append('b', 'new'))
    expect(text(disk.read('b'))).toBe('new')
    await disk.close()
  })

  it('goes on with files of an earlier life where they end', async () => {
    const folder = freshFolder()
    const first = new NodeDisk(folder)
    await commit(first, append('a', 'one '))
    await first.close()
    const second = new NodeDisk(folder)
    await commit(second, append('a', 'two'))
    expect(text(second.read('a'))).toBe('one two')
    await second.close()
  })

  it('makes what it reads its caller’s own: slices are copies', async () => {
    const disk = new NodeDisk(freshFolder())
    await commit(disk, append('a', 'abc'))
    const bytes = disk.read('a')
    bytes.slice(0, 1)[0] = 0
    expect(text(bytes)).toBe('abc')
    await disk.close()
  })

  it('is never done within commit, also when there is nothing to change', async () => {
    const disk = new NodeDisk(freshFolder())
    let isDone = false
    await new Promise<void>((resolve) => {
      disk.commit([], () => {
        isDone = true
        resolve()
      })
      expect(isDone).toBe(false)
    })
    await disk.close()
  })

  it('reads while a commit is in flight', async () => {
    const disk = new NodeDisk(freshFolder())
    await commit(disk, append('a', 'old'))
    const inFlight = commit(disk, append('a', ' new'))
    expect(text(disk.readAt('a', 0, 3))).toBe('old')
    await inFlight
    await disk.close()
  })

  linux(
    'opens a file once, also when a read and a commit want it together (skipped where there is no /proc)',
    async () => {
      const folder = freshFolder()
      writeFileSync(join(folder, 'a'), 'old')
      const disk = new NodeDisk(folder)
      const inFlight = commit(disk, append('a', ' new'))
      expect(text(disk.read('a'))).toMatch(/^old/)
      await inFlight
      expect(openIn(folder)).toBe(2)
      await disk.close()
    },
  )

  it('lets nobody but the owner read folder and files', async () => {
    const folder = join(freshFolder(), 'log')
    const disk = new NodeDisk(folder)
    await commit(disk, append('a', 'x'))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o600)
    await disk.close()
  })

  linux('keeps few files open, and uses any number (skipped where there is no /proc)', async () => {
    const disk = new NodeDisk(freshFolder())
    for (let round = 0; round < 2; round++) {
      for (let file = 0; file < 100; file++) await commit(disk, append(`file-${file}`, `${round}`))
    }
    for (let file = 0; file < 100; file++) expect(text(disk.read(`file-${file}`))).toBe('01')
    expect(openIn(disk.folder)).toBe(33)
    await disk.close()
    expect(openIn(disk.folder)).toBe(0)
  })

  it('writes a commit over more files than it keeps open', async () => {
    const disk = new NodeDisk(freshFolder())
    const files = Array.from({ length: 50 }, (_, file) => `file-${file}`)
    await commit(disk, ...files.map((file) => append(file, file)))
    for (const file of files) expect(text(disk.read(file))).toBe(file)
    await disk.close()
  })

  it('reports an error once and refuses further use', async () => {
    const folder = freshFolder()
    const disk = new NodeDisk(folder)
    mkdirSync(join(folder, 'a'))
    const told: (DiskError | undefined)[] = []
    await new Promise<void>((resolve) => {
      disk.commit([append('a', 'x'), append('b', 'y')], (error) => {
        told.push(error)
        resolve()
      })
    })
    expect(told).toMatchObject([{ code: 'QUORATE_DISK_FAILED', reason: 'EISDIR' }])
    expect(thrownBy(() => disk.commit([append('b', 'y')], () => told.push(undefined)))).toMatchObject({
      code: 'QUORATE_DISK_FAILED',
      data: { reason: 'EISDIR' },
    })
    await disk.close()
    expect(told.length).toBe(1)
    expect(existsSync(join(folder, 'b'))).toBe(false)
  })

  it('reports what happens to a file that is removed twice', async () => {
    const disk = new NodeDisk(freshFolder())
    expect(await commit(disk, { type: 'remove', file: 'a' })).toMatchObject({ reason: 'ENOENT' })
    await disk.close()
  })

  it.skipIf(!existsSync('/dev/full'))('reports a full disk (skipped where there is no /dev/full)', async () => {
    const folder = freshFolder()
    symlinkSync('/dev/full', join(folder, 'a'))
    const disk = new NodeDisk(folder)
    expect(await commit(disk, append('a', 'x'))).toMatchObject({ code: 'QUORATE_DISK_FAILED', reason: 'ENOSPC' })
    await disk.close()
  })

  it('takes one commit at a time, and none when it is closed', async () => {
    const disk = new NodeDisk(freshFolder())
    const first = commit(disk, append('a', 'x'))
    expect(thrownBy(() => disk.commit([], () => undefined))).toMatchObject({ code: 'QUORATE_DISK_BUSY' })
    await first
    await disk.close()
    await disk.close()
    expect(thrownBy(() => disk.commit([], () => undefined))).toMatchObject({ code: 'QUORATE_DISK_BUSY' })
    expect(thrownBy(() => disk.read('a'))).toMatchObject({ code: 'QUORATE_DISK_BUSY' })
  })

  it('waits for the commit in flight before it closes', async () => {
    const folder = freshFolder()
    const disk = new NodeDisk(folder)
    let isDone = false
    disk.commit([append('a', 'x'.repeat(1_000_000))], () => (isDone = true))
    await disk.close()
    expect(readFileSync(join(folder, 'a')).length).toBe(1_000_000)
    await new Promise(setImmediate)
    expect(isDone).toBe(true)
  })

  it('refuses a file that is not there or too short, a name with a folder in it, and a folder that can not be', () => {
    const folder = freshFolder()
    writeFileSync(join(folder, 'a'), 'abc')
    const disk = new NodeDisk(folder)
    expect(thrownBy(() => disk.read('none'))).toMatchObject({ code: 'QUORATE_DISK_FAILED', data: { reason: 'ENOENT' } })
    expect(thrownBy(() => disk.readAt('a', 2, 2))).toMatchObject({ code: 'QUORATE_DISK_FAILED' })
    for (const file of ['../a', '', '..', 'x/y']) {
      expect(thrownBy(() => disk.commit([append(file, 'x')], () => undefined))).toMatchObject({
        code: 'QUORATE_INVALID_OPTION',
      })
      expect(thrownBy(() => disk.read(file))).toMatchObject({ code: 'QUORATE_INVALID_OPTION' })
    }
    expect(thrownBy(() => new NodeDisk(join(folder, 'no', 'where')))).toMatchObject({
      code: 'QUORATE_DISK_FAILED',
      data: { reason: 'ENOENT' },
    })
    expect(thrownBy(() => new NodeDisk(join(folder, 'a')))).toMatchObject({ data: { reason: 'ENOTDIR' } })
  })

  it('says how it fares', async () => {
    const disk = new NodeDisk(freshFolder())
    expect(disk.stats()).toEqual({ commits: 0, bytes: 0, lastCommitMs: 0, maxCommitMs: 0, inFlightMs: 0 })
    const first = commit(disk, append('a', 'x'))
    expect(disk.stats().inFlightMs).toBeGreaterThan(0)
    await first
    const { lastCommitMs, maxCommitMs, ...rest } = disk.stats()
    expect(rest).toEqual({ commits: 1, bytes: 1, inFlightMs: 0 })
    expect(lastCommitMs).toBeGreaterThan(0)
    expect(maxCommitMs).toBe(lastCommitMs)
    await disk.close()
  })
})
