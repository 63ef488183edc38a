import { QuorateError, type Disk, type DiskChange, type DiskError, type Random, type StoreBackend } from '@quorate/core'
import { extended, resized, torn } from './file-content.js'
import type { Loss, Storage } from './storage.js'

/** What a file holds; `undefined`: there is none of that name. */
interface File {
  /** After a loss of power. */
  durable: Uint8Array | undefined
  /** As it is read. */
  current: Uint8Array | undefined
}

interface Commit {
  readonly changes: readonly DiskChange[]
  readonly done: (error?: DiskError) => void
}

/**
 * The disk of a simulated node, with the stores that ship upon it. A commit is done when the simulator says so. Until then a crash
 * leaves none, all or any part of it; a failed commit leaves any part.
 */
export class SimulatedDisk implements Storage {
  readonly #files = new Map<string, File>()
  readonly #stores: (disk: Disk) => StoreBackend
  readonly #random: Random
  readonly #submitted: () => void
  readonly #repaired: () => void
  #inFlight: Commit | undefined
  #failed = false
  /** Something was reported durable that is not. */
  #pretends = false
  /** The lives that have used it: a former one does so no more. */
  #lives = 0
  /** Where in each file the newest durable append begins. */
  #newest = new Map<string, number>()
  #rotten = false

  /** `stores` opens a node's stores on its disk. `submitted` is told of every commit; the simulator then calls `complete` or `fail`; `repaired`, that a file is cut back. */
  constructor(
    stores: (disk: Disk) => StoreBackend,
    random: Random,
    submitted: () => void,
    repaired: () => void = () => {},
  ) {
    this.#stores = stores
    this.#random = random
    this.#submitted = submitted
    this.#repaired = repaired
  }

  mount(): StoreBackend {
    const life = ++this.#lives
    const commit = (commit: Commit): void => {
      if (life !== this.#lives) throw new Error('a commit of a former life')
      if (this.#failed) throw new Error('a commit after one that failed')
      if (this.#inFlight !== undefined) throw new Error('a second commit in flight')
      this.#inFlight = commit
      if (commit.changes.some((change) => this.#cutsBack(change))) this.#repaired()
      this.#submitted()
    }
    return this.#stores(this.#disk(commit))
  }

  peek(): StoreBackend {
    return this.#stores(this.#disk(() => {}))
  }

  get grows(): boolean {
    return this.#inFlight?.changes.some((change) => change.type === 'append') ?? false
  }

  get rotten(): boolean {
    return this.#rotten
  }

  complete(): void {
    const { changes, done } = this.#take()
    if (this.#appends(changes)) this.#newest = this.#durableEnds(changes)
    for (const change of changes) this.#apply(change)
    const reached = this.#pretends ? [...this.#files.keys()] : changes.map(({ file }) => file)
    for (const file of reached) this.#settle(file, this.#files.get(file)?.current)
    this.#pretends = false
    done()
  }

  pretend(): void {
    const { changes, done } = this.#take()
    for (const change of changes) this.#apply(change)
    this.#pretends = true
    done()
  }

  get waits(): boolean {
    return this.#inFlight !== undefined
  }

  get pretends(): boolean {
    return this.#pretends
  }

  fail(reason: string): void {
    const { changes, done } = this.#take()
    for (const change of changes) this.#apply(change)
    this.#tear()
    this.#failed = true
    done({ code: 'QUORATE_DISK_FAILED', reason, message: `the simulated disk failed with ${reason}` })
  }

  crash({ survivors, torn: tears, cached }: Loss): void {
    const changes = this.#inFlight?.changes ?? []
    this.#inFlight = undefined
    this.#failed = false
    this.#lives++
    if (cached) {
      this.#cache(changes, survivors > 0 ? changes.length : this.#random.integer(0, changes.length))
      return
    }
    this.#pretends = false
    for (const change of changes) this.#apply(change)
    if (survivors > 0) for (const [file, { current }] of this.#files) this.#settle(file, current)
    else if (tears) this.#tear()
    else for (const [file, { durable }] of this.#files) this.#settle(file, durable)
  }

  /**
   * Flips a bit of what was durable before the newest append. In that one it would look like a write that a crash cut short: no log
   * can tell them apart while nothing stands behind it.
   */
  rot(): boolean {
    const spans = [...this.#files].map(([file, { durable }]) => ({
      file,
      bytes: this.#newest.get(file) ?? durable?.length ?? 0,
    }))
    let at = this.#random.integer(0, Math.max(0, spans.reduce((sum, { bytes }) => sum + bytes, 0) - 1))
    for (const { file, bytes } of spans) {
      if (at < bytes) {
        this.#flip(this.#files.get(file) as File, at)
        this.#rotten = true
        return true
      }
      at -= bytes
    }
    return false
  }

  #disk(commit: (commit: Commit) => void): Disk {
    return {
      list: () => [...this.#files].flatMap(([file, { current }]) => (current === undefined ? [] : [file])).sort(),
      read: (file) => this.#content(file).slice(),
      readAt: (file, offset, length) => {
        const content = this.#content(file)
        if (offset + length > content.length) throw unreadable(file, `it ends before byte ${offset + length}`)
        return content.slice(offset, offset + length)
      },
      commit: (changes, done) => commit({ changes, done }),
    }
  }

  #content(file: string): Uint8Array {
    const content = this.#files.get(file)?.current
    if (content === undefined) throw unreadable(file, 'there is no such file')
    return content
  }

  #take(): Commit {
    const commit = this.#inFlight
    if (commit === undefined) throw new Error('no commit is in flight')
    this.#inFlight = undefined
    return commit
  }

  #cutsBack(change: DiskChange): boolean {
    return change.type === 'resize' && change.bytes < (this.#files.get(change.file)?.current?.length ?? 0)
  }

  #appends(changes: readonly DiskChange[]): boolean {
    return changes.some((change) => change.type === 'append')
  }

  #durableEnds(changes: readonly DiskChange[]): Map<string, number> {
    return new Map(changes.map(({ file }) => [file, this.#files.get(file)?.durable?.length ?? 0]))
  }

  #apply(change: DiskChange): void {
    let file = this.#files.get(change.file)
    if (file === undefined) this.#files.set(change.file, (file = { durable: undefined, current: undefined }))
    if (change.type === 'remove') file.current = undefined
    else if (change.type === 'resize') file.current = resized(file.current, change.bytes)
    else file.current = extended(file.current, change.bytes)
  }

  /** Whether a file was reached by the changes of a commit in flight is up to each file. */
  #tear(): void {
    for (const [file, { durable, current }] of this.#files) {
      if (durable !== current) this.#settle(file, torn(durable, current, this.#random))
    }
  }

  /** The process died while it handed changes over: the operating system has so many of them, and the next up to some byte. */
  #cache(changes: readonly DiskChange[], whole: number): void {
    for (const change of changes.slice(0, whole)) this.#apply(change)
    const cut = changes[whole]
    if (cut?.type === 'append') {
      const all = extended(undefined, cut.bytes)
      this.#apply({ ...cut, bytes: [all.subarray(0, this.#random.integer(0, all.length))] })
    }
    // What is in the folder is durable when a disk is opened, and nothing of what a new file holds is.
    for (const [name, file] of this.#files) {
      if (file.current === undefined) this.#files.delete(name)
      else file.durable ??= new Uint8Array(0)
    }
  }

  #settle(name: string, content: Uint8Array | undefined): void {
    if (content === undefined) this.#files.delete(name)
    else this.#files.set(name, { durable: content, current: content })
  }

  #flip({ durable, current }: File, at: number): void {
    if (durable === undefined) return
    const flipped = (durable[at] as number) ^ (1 << this.#random.integer(0, 7))
    durable[at] = flipped
    if (current !== undefined && at < current.length) current[at] = flipped
  }
}

function unreadable(file: string, why: string): QuorateError {
  return new QuorateError('QUORATE_DISK_FAILED', `the simulated disk cannot read ${file}: ${why}`, {
    file,
    reason: 'ENOENT',
  })
}
