import { QuorateError, invalidOption, type Disk, type DiskChange, type DiskError } from '@quorate/core'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import { makeFolder, readFully, syncFolder } from './files.js'

const fdatasync = promisify(fs.fdatasync)
const fsync = promisify(fs.fsync)
const ftruncate = promisify(fs.ftruncate)
const open = promisify(fs.open)
const unlink = promisify(fs.unlink)
const writev = promisify(fs.writev)

/** How many files stay open when only a few are used: old ones are read now and then. */
const MAX_OPEN_FILES = 32
/** What is written without a thread. */
const MOST_BYTES_WRITTEN_AT_ONCE = 64 * 1024

/** How a disk fares, for health checks and metrics. */
export interface NodeDiskStats {
  /** Commits that were done. */
  readonly commits: number
  /** Bytes that were written. */
  readonly bytes: number
  /** How long the newest commit took that was done. */
  readonly lastCommitMs: number
  /** How long the slowest commit took that was done. */
  readonly maxCommitMs: number
  /** How long the commit in flight has taken so far; 0 when there is none. It is how a disk that hangs shows. */
  readonly inFlightMs: number
}

interface OpenFile {
  readonly fd: number
  bytes: number
}

/**
 * A folder as a disk. Its files can be read and written by their owner alone.
 *
 * Syncs, and writes of more than a little, run on libuv's threads, so that a slow disk delays `done` and not the event loop; reads
 * are synchronous. Nobody else may use the folder: `openDataFolder` sees to that.
 */
export class NodeDisk implements Disk {
  readonly folder: string
  readonly #folderFd: number
  /** In the order in which they were opened. */
  readonly #files = new Map<string, OpenFile>()
  #inFlight: { readonly files: ReadonlySet<string>; readonly startedMs: number } | undefined
  #failure: DiskError | undefined
  #closed = false
  #whenDone: (() => void) | undefined
  #commits = 0
  #bytes = 0
  #lastCommitMs = 0
  #maxCommitMs = 0

  /**
   * Opens `folder`, and creates it when nothing but the last part of its path is missing.
   * Throws `QUORATE_DISK_FAILED` when it can not be used.
   */
  constructor(folder: string) {
    this.folder = folder
    this.#folderFd = this.#attempt('use the folder', '', () => {
      if (makeFolder(folder)) syncFolder(dirname(folder))
      const fd = fs.openSync(folder, 'r')
      fs.fsyncSync(fd)
      return fd
    })
  }

  list(): readonly string[] {
    const entries = this.#attempt('list', '', () => fs.readdirSync(this.folder, { withFileTypes: true }))
    return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort()
  }

  read(file: string): Uint8Array {
    return this.#attempt('read', file, () => {
      const { fd } = this.#openForReading(file)
      return readFully(fd, 0, fs.fstatSync(fd).size)
    })
  }

  readAt(file: string, offset: number, length: number): Uint8Array {
    return this.#attempt('read', file, () => readFully(this.#openForReading(file).fd, offset, length))
  }

  /**
   * See `Disk`. Throws `QUORATE_DISK_FAILED` once a commit has failed, `QUORATE_DISK_BUSY` while one is in flight and
   * after `close`, and `QUORATE_INVALID_OPTION` for a file name with a separator in it.
   */
  commit(changes: readonly DiskChange[], done: (error?: DiskError) => void): void {
    if (this.#failure !== undefined) throw thrown(this.#failure, this.folder)
    if (this.#inFlight !== undefined || this.#closed) throw busy(this.folder, this.#closed)
    const files = new Set(changes.map(({ file }) => requireFileName(file)))
    this.#inFlight = { files, startedMs: performance.now() }
    this.#apply(changes).then(
      () => this.#done(undefined, done),
      (error: unknown) => this.#done(this.#error('write to', [...files].join(', '), error), done),
    )
  }

  stats(): NodeDiskStats {
    return {
      commits: this.#commits,
      bytes: this.#bytes,
      lastCommitMs: this.#lastCommitMs,
      maxCommitMs: this.#maxCommitMs,
      inFlightMs: this.#inFlight === undefined ? 0 : performance.now() - this.#inFlight.startedMs,
    }
  }

  /** Closes all files, once the commit in flight is done. The disk can not be used any more from the call on. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#inFlight !== undefined) await new Promise<void>((resolve) => (this.#whenDone = resolve))
    for (const { fd } of this.#files.values()) fs.closeSync(fd)
    this.#files.clear()
    fs.closeSync(this.#folderFd)
  }

  async #apply(changes: readonly DiskChange[]): Promise<void> {
    const syncs = new Map<string, typeof fsync>()
    let listChanged = false
    for (const change of changes) {
      const { file } = change
      if (change.type === 'remove') {
        this.#forget(file)
        await unlink(join(this.folder, file))
        syncs.delete(file)
        listChanged = true
        continue
      }
      if (!this.#files.has(file)) {
        const fd = await open(join(this.folder, file), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
        this.#remember(file, { fd, bytes: fs.fstatSync(fd).size })
        // It may be new. Then its name must become durable, and more than its data.
        syncs.set(file, fsync)
        listChanged = true
      }
      const opened = this.#files.get(file) as OpenFile
      if (change.type === 'append') {
        await this.#append(opened, change.bytes)
        if (!syncs.has(file)) syncs.set(file, fdatasync)
      } else {
        await ftruncate(opened.fd, change.bytes)
        opened.bytes = change.bytes
        syncs.set(file, fsync) // fdatasync promises nothing about a file that became shorter
      }
    }
    for (const [file, sync] of syncs) await sync((this.#files.get(file) as OpenFile).fd)
    if (listChanged) await fsync(this.#folderFd)
  }

  async #append(file: OpenFile, bytes: readonly Uint8Array[]): Promise<void> {
    let rest = bytes.filter(({ length }) => length > 0)
    let left = 0
    for (const { length } of rest) left += length
    while (rest.length > 0) {
      // Little is copied into the system's memory sooner than a thread is woken for it. What waits for the disk is the sync.
      const bytesWritten =
        left <= MOST_BYTES_WRITTEN_AT_ONCE
          ? fs.writevSync(file.fd, rest, file.bytes)
          : (await writev(file.fd, rest, file.bytes)).bytesWritten
      if (bytesWritten === 0) throw new Error('the system wrote nothing and gave no reason')
      file.bytes += bytesWritten
      this.#bytes += bytesWritten
      left -= bytesWritten
      rest = behind(rest, bytesWritten)
    }
  }

  #done(error: DiskError | undefined, done: (error?: DiskError) => void): void {
    const tookMs = performance.now() - (this.#inFlight?.startedMs ?? 0)
    this.#inFlight = undefined
    if (error === undefined) {
      this.#commits++
      this.#lastCommitMs = tookMs
      this.#maxCommitMs = Math.max(this.#maxCommitMs, tookMs)
    } else {
      this.#failure = error
    }
    this.#whenDone?.()
    // Not within the promise: what `done` throws must end the process as any exception does, not reject what nobody
    // waits for.
    process.nextTick(() => (error === undefined ? done() : done(error)))
  }

  #openForReading(file: string): OpenFile {
    requireFileName(file)
    if (this.#closed) throw busy(this.folder, true)
    const opened = this.#files.get(file)
    if (opened !== undefined) return opened
    const fd = fs.openSync(join(this.folder, file), 'r+')
    return this.#remember(file, { fd, bytes: fs.fstatSync(fd).size })
  }

  #remember(name: string, file: OpenFile): OpenFile {
    for (const each of this.#files.keys()) {
      if (this.#files.size < MAX_OPEN_FILES) break
      if (this.#inFlight?.files.has(each) !== true) this.#forget(each)
    }
    this.#forget(name) // a read may have opened it while a commit was about to
    this.#files.set(name, file)
    return file
  }

  #forget(name: string): void {
    const file = this.#files.get(name)
    this.#files.delete(name)
    if (file !== undefined) fs.closeSync(file.fd)
  }

  #attempt<T>(what: string, file: string, action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw error instanceof QuorateError ? error : thrown(this.#error(what, file, error), this.folder)
    }
  }

  #error(what: string, file: string, error: unknown): DiskError {
    const { code, message } = error as NodeJS.ErrnoException
    return {
      code: 'QUORATE_DISK_FAILED',
      reason: code ?? 'UNKNOWN',
      message: `can not ${what} ${join(this.folder, file)}: ${message}`,
    }
  }
}

/** What is left to write when the first `bytes` are written. */
function behind(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let rest = bytes
  let first = 0
  while (first < parts.length && rest >= (parts[first] as Uint8Array).length)
    rest -= (parts[first++] as Uint8Array).length
  const left = parts.slice(first)
  if (rest > 0) left[0] = (left[0] as Uint8Array).subarray(rest)
  return left
}

function requireFileName(file: string): string {
  if (!/^[^/\\\0]+$/.test(file) || file === '.' || file === '..')
    throw invalidOption('file', file, 'a name without a folder')
  return file
}

function thrown({ code, message, reason }: DiskError, folder: string): QuorateError {
  return new QuorateError(code, message, { folder, reason })
}

function busy(folder: string, closed: boolean): QuorateError {
  const why = closed ? 'it is closed' : 'a commit is in flight; wait until it is done'
  return new QuorateError('QUORATE_DISK_BUSY', `the disk ${folder} can not be used: ${why}`, { folder })
}
