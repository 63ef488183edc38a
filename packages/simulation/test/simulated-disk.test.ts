import { seededRandom, type Disk, type DiskChange, type DiskError, type StoreBackend } from '@quorate/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SimulatedDisk } from '../src/simulated-disk.js'
import type { Loss } from '../src/storage.js'

const lost: Loss = { survivors: 0, torn: false, cached: false }
const none = {} as StoreBackend

/** A simulated disk and the one that a node's life sees of it. */
class Rig {
  submitted = 0
  readonly done: (DiskError | undefined)[] = []
  disk: Disk | undefined
  readonly simulated: SimulatedDisk

  constructor(seed = 1) {
    const open = (disk: Disk): StoreBackend => {
      this.disk = disk
      return none
    }
    this.simulated = new SimulatedDisk(open, seededRandom(seed), () => void this.submitted++)
    this.simulated.mount()
  }

  commit(...changes: readonly DiskChange[]): void {
    this.mounted.commit(changes, (error) => this.done.push(error))
  }

  write(...changes: readonly DiskChange[]): void {
    this.commit(...changes)
    this.simulated.complete()
  }

  crash(loss: Partial<Loss> = {}): void {
    this.simulated.crash({ ...lost, ...loss })
    this.simulated.mount()
  }

  get mounted(): Disk {
    return this.disk as Disk
  }

  /** Every file with what it holds. */
  get files(): Readonly<Record<string, string>> {
    const { mounted } = this
    return Object.fromEntries(mounted.list().map((file) => [file, [...mounted.read(file)].join(' ')]))
  }
}

const append = (file: string, ...bytes: readonly number[]): DiskChange => ({
  type: 'append',
  file,
  bytes: [Uint8Array.from(bytes)],
})

describe('a simulated disk', () => {
  it('shows a commit once it is done, and finds it after a crash', () => {
    const rig = new Rig()
    rig.commit(append('a', 1, 2), append('b', 3))
    expect([rig.submitted, rig.done, rig.files]).toEqual([1, [], {}])
    rig.simulated.complete()
    expect([rig.done, rig.files]).toEqual([[undefined], { a: '1 2', b: '3' }])
    rig.write({ type: 'resize', file: 'a', bytes: 1 }, append('a', 9), { type: 'remove', file: 'b' })
    rig.crash()
    expect(rig.files).toEqual({ a: '1 9' })
    expect([...rig.mounted.readAt('a', 1, 1)]).toEqual([9])
  })

  it('throws what the contract says for what cannot be read', () => {
    const rig = new Rig()
    rig.write(append('a', 1))
    const failed = expect.objectContaining({ code: 'QUORATE_DISK_FAILED' })
    expect(() => rig.mounted.read('b')).toThrow(failed)
    expect(() => rig.mounted.readAt('a', 0, 2)).toThrow(failed)
  })

  it('takes one commit at a time, none after one that failed, and none of a former life', () => {
    const rig = new Rig()
    const former = rig.mounted
    rig.commit(append('a', 1))
    expect(() => rig.commit(append('a', 2))).toThrow('a second commit in flight')
    rig.simulated.fail('EIO')
    expect(rig.done).toMatchObject([{ code: 'QUORATE_DISK_FAILED', reason: 'EIO' }])
    expect(() => rig.commit(append('a', 2))).toThrow('a commit after one that failed')
    rig.crash()
    expect(() => former.commit([], () => {})).toThrow('a commit of a former life')
  })

  it('loses what was in flight, or keeps it, as a crash says', () => {
    for (const survivors of [0, 1]) {
      const rig = new Rig()
      rig.write(append('a', 1))
      rig.commit(append('a', 2), append('b', 3))
      rig.crash({ survivors })
      expect(rig.files).toEqual(survivors === 0 ? { a: '1' } : { a: '1 2', b: '3' })
    }
  })

  it('never touches what was durable, whatever a crash or a failure does to what was in flight', () => {
    const outcomes = new Set<string>()
    const bytes = Array.from({ length: 300 }, (_, index) => 1 + (index % 200))
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), fc.boolean(), (seed, fails, cached) => {
        const rig = new Rig(seed)
        rig.write(append('a', ...bytes.slice(0, 100)))
        rig.commit(append('a', ...bytes.slice(100)))
        if (fails) rig.simulated.fail('EIO')
        else rig.crash({ torn: true, cached })
        if (fails) rig.crash()
        const found = rig.mounted.read('a')
        expect([...found.subarray(0, 100)]).toEqual(bytes.slice(0, 100))
        expect(found.length).toBeLessThanOrEqual(300)
        const whole = bytes.slice(0, found.length).every((byte, at) => byte === found[at])
        outcomes.add(found.length === 100 ? 'none' : !whole ? 'holes' : found.length === 300 ? 'all' : 'cut')
      }),
      { numRuns: 200 },
    )
    expect([...outcomes].sort()).toEqual(['all', 'cut', 'holes', 'none'])
  })

  it('can lose what a process left to the operating system until a commit names the file', () => {
    const rig = new Rig()
    rig.write(append('a', 1))
    rig.commit(append('a', 2))
    rig.crash({ survivors: 1, cached: true })
    expect(rig.files).toEqual({ a: '1 2' })
    rig.crash()
    expect(rig.files).toEqual({ a: '1' })
    rig.commit(append('a', 3))
    rig.crash({ survivors: 1, cached: true })
    rig.write({ type: 'resize', file: 'a', bytes: 2 })
    rig.crash()
    expect(rig.files).toEqual({ a: '1 3' })
  })

  it('needs space for what is appended, and for nothing else', () => {
    const rig = new Rig()
    rig.commit(append('a', 1))
    expect(rig.simulated.grows).toBe(true)
    rig.simulated.complete()
    rig.commit({ type: 'resize', file: 'a', bytes: 1 })
    expect(rig.simulated.grows).toBe(false)
  })

  it('flips one bit of what was durable before its newest append, and none of that', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const rig = new Rig(seed)
      rig.write(append('a', 0, 0))
      expect([rig.simulated.rot(), rig.simulated.rotten]).toEqual([false, false])
      rig.write(append('a', 0, 0))
      rig.write({ type: 'resize', file: 'a', bytes: 4 })
      expect([rig.simulated.rot(), rig.simulated.rotten]).toEqual([true, true])
      const before = rig.files
      const [first, second, ...newest] = rig.mounted.read('a')
      const flipped = (first as number) + (second as number)
      expect(newest).toEqual([0, 0])
      expect([1, 2, 4, 8, 16, 32, 64, 128]).toContain(flipped)
      rig.crash()
      expect(rig.files).toEqual(before)
    }
  })
})
