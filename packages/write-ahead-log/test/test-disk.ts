import { QuorateError, type Disk, type DiskChange, type DiskError } from '@quorate/core'

/** What a crash leaves of what was not synced. */
export interface Fate {
  readonly seed: number
  /** The process died and the machine lives on: everything written is found again, still not synced. */
  readonly processOnly: boolean
}

interface File {
  /** What a loss of power leaves for certain; `undefined`: nothing, not even the name. */
  synced: Uint8Array | undefined
  /** What reads return; `undefined`: removed. */
  current: Uint8Array | undefined
}

interface Commit {
  readonly changes: readonly DiskChange[]
  readonly done: (error?: DiskError) => void
  /** What the files held that it changes. */
  readonly before: ReadonlyMap<string, Uint8Array>
}

const SECTOR_BYTES = 64

/** A disk in memory whose commits finish when the test says so, and which a crash treats as real ones are treated. */
export class TestDisk implements Disk {
  readonly #files = new Map<string, File>()
  #inFlight: Commit | undefined
  #broken = false
  commits = 0
  reads = 0
  bytesWritten = 0

  list(): readonly string[] {
    return [...this.#files].flatMap(([file, { current }]) => (current === undefined ? [] : [file])).sort()
  }

  read(file: string): Uint8Array {
    return this.content(file).slice()
  }

  readAt(file: string, offset: number, length: number): Uint8Array {
    this.reads++
    // Of what a commit in flight appends nothing need be there yet.
    const bytes = this.#inFlight?.before.get(file) ?? this.content(file)
    if (offset + length > bytes.length) throw diskFailed(`${file} ends before ${offset + length}`)
    return bytes.slice(offset, offset + length)
  }

  commit(changes: readonly DiskChange[], done: (error?: DiskError) => void): void {
    if (this.#inFlight !== undefined) throw new Error('a second commit in flight')
    if (this.#broken) throw new Error('a commit after a failed one')
    this.commits++
    const before = new Map(changes.map(({ file }) => [file, this.#files.get(file)?.current ?? new Uint8Array(0)]))
    for (const change of changes) this.#apply(change)
    this.#inFlight = { changes, done, before }
  }

  get busy(): boolean {
    return this.#inFlight !== undefined
  }

  /** Finishes the commit in flight. Returns false when there is none. */
  complete(error?: string): boolean {
    const inFlight = this.#inFlight
    if (inFlight === undefined) return false
    this.#inFlight = undefined
    if (error !== undefined) {
      this.#broken = true
      inFlight.done({ code: 'QUORATE_DISK_FAILED', reason: error, message: `the disk failed with ${error}` })
      return true
    }
    for (const { file } of inFlight.changes) {
      const entry = this.#files.get(file)
      if (entry === undefined) continue
      if (entry.current === undefined) this.#files.delete(file)
      else entry.synced = entry.current
    }
    inFlight.done()
    return true
  }

  /** Finishes commits until there is none in flight any more. */
  drain(): void {
    for (let count = 0; this.complete(); count++) if (count > 20_000) throw new Error('the log never rests')
  }

  /** The disk as the next life finds it. */
  crashed(fate: Fate): TestDisk {
    const next = new TestDisk()
    const random = mulberry(fate.seed)
    for (const [file, { synced, current }] of this.#files) {
      const left = fate.processOnly ? current : survivor(synced, current, random)
      // Names are durable when a disk is opened: a removed file that survived has come back for good.
      if (left !== undefined) next.#files.set(file, { synced: fate.processOnly ? synced : left, current: left })
    }
    return next
  }

  content(file: string): Uint8Array {
    const bytes = this.#files.get(file)?.current
    if (bytes === undefined) throw diskFailed(`there is no ${file}`)
    return bytes
  }

  get bytes(): number {
    return this.list().reduce((sum, file) => sum + this.content(file).length, 0)
  }

  flip(file: string, bit: number): void {
    const bytes = this.content(file).slice()
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
    this.put(file, bytes)
  }

  /** Places a file there, behind the log's back. */
  put(file: string, bytes: Uint8Array): void {
    this.#files.set(file, { synced: bytes, current: bytes })
  }

  /** Takes a file away, behind the log's back. */
  lose(file: string): void {
    this.#files.delete(file)
  }

  #apply(change: DiskChange): void {
    let entry = this.#files.get(change.file)
    if (entry === undefined) this.#files.set(change.file, (entry = { synced: undefined, current: undefined }))
    if (change.type === 'remove') {
      entry.current = undefined
    } else if (change.type === 'resize') {
      const resized = new Uint8Array(change.bytes)
      resized.set((entry.current ?? new Uint8Array(0)).subarray(0, change.bytes))
      entry.current = resized
    } else {
      const parts = [entry.current ?? new Uint8Array(0), ...change.bytes]
      const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
      let at = 0
      for (const part of parts) {
        joined.set(part, at)
        at += part.length
      }
      this.bytesWritten += joined.length - (entry.current?.length ?? 0)
      entry.current = joined
    }
  }
}

/**
 * What a loss of power leaves of a file: the old or the new, the new cut at any byte, or the new with sectors of zeros.
 */
function survivor(
  synced: Uint8Array | undefined,
  current: Uint8Array | undefined,
  random: () => number,
): Uint8Array | undefined {
  const kind = Math.floor(random() * 4)
  if (synced === current || kind === 0) return synced
  if (kind === 1 || current === undefined) return current
  const kept = synced?.length ?? 0
  if (current.length <= kept) return current
  if (kind === 2) return current.slice(0, kept + Math.floor(random() * (current.length - kept + 1)))
  const torn = current.slice()
  for (let at = kept; at < torn.length;) {
    const end = Math.min(torn.length, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES)
    if (random() < 0.3) torn.fill(0, at, end)
    at = end
  }
  return torn
}

/** A plain generator, so that a run that failed can be repeated from its seed. */
export function mulberry(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

function diskFailed(message: string): QuorateError {
  return new QuorateError('QUORATE_DISK_FAILED', message, { reason: 'ENOENT' })
}
