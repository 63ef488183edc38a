import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bytesOf, fileOf, textsOf, type Call } from './strace.js'

interface Change {
  readonly endedNs: bigint
  readonly apply: (content: Buffer) => Buffer
}

/** A file, whatever it is called. */
class Inode {
  /** Its content as far as it is durable. */
  durable: Buffer
  /** What was done to it since, in order. */
  changes: Change[] = []
  /** It is being written to when the process is killed: some of that may have come about. */
  unfinished = false

  constructor(durable: Buffer) {
    this.durable = durable
  }

  get content(): Buffer {
    return applied(this.durable, this.changes)
  }

  /** What is durable, and so much of what was added behind it. */
  survivor(keep: (unsyncedBytes: number) => number): Buffer {
    const { content, durable } = this
    const { length } = durable
    const grown = content.length > length && content.subarray(0, length).equals(durable)
    return grown ? content.subarray(0, length + keep(content.length - length)) : durable
  }

  /** All that had been done by `ns` is durable. */
  sync(ns: bigint): void {
    this.durable = applied(
      this.durable,
      this.changes.filter(({ endedNs }) => endedNs <= ns),
    )
    this.changes = this.changes.filter(({ endedNs }) => endedNs > ns)
  }
}

/** A folder: which names it has, and which of them are durable. */
class Folder {
  durable: ReadonlyMap<string, Inode>
  names: Map<string, Inode>
  /** What it was after each change of its names. */
  #states: { readonly endedNs: bigint; readonly names: ReadonlyMap<string, Inode> }[] = []

  constructor(names: ReadonlyMap<string, Inode>) {
    this.durable = names
    this.names = new Map(names)
  }

  changed(endedNs: bigint): void {
    this.#states.push({ endedNs, names: new Map(this.names) })
  }

  sync(ns: bigint): void {
    this.durable = this.#states.findLast(({ endedNs }) => endedNs <= ns)?.names ?? this.durable
  }
}

/**
 * What a machine that loses its power may have left of a folder, computed from the system calls of the one process that used it.
 *
 * A file's bytes are durable once an fsync or fdatasync of it that began after they were written has returned, and a name once an fsync of
 * its folder has. That is all that POSIX promises: more may survive, and nothing here does. (A file opened with O_DSYNC or O_SYNC is
 * synced with every write.) Bytes that are written through a mapping show in no call and are taken for lost, except that `requireComplete`
 * notices them.
 */
export class DurableFiles {
  readonly #root: string
  readonly #folders = new Map<string, Folder>()
  readonly #syncedFds = new Set<string>()

  /** `root`: a folder as it is before the process is started, all of it durable; it may be missing. */
  constructor(root: string) {
    this.#root = root
    if (existsSync(root)) this.#recall(root)
  }

  replay(calls: readonly Call[]): void {
    // What did not return may not have been done; what did was done by its end.
    const done = calls.filter((call) => call.endedNs !== undefined && call.result >= 0)
    done.sort((a, b) => Number((a.endedNs as bigint) - (b.endedNs as bigint)))
    for (const call of done) this.#replay(call, call.endedNs as bigint)
    for (const call of calls) {
      if (call.endedNs !== undefined || !writes.has(call.name)) continue
      const inode = this.#find(fileOf(call) ?? '')
      if (inode !== undefined) inode.unfinished = true
    }
  }

  /**
   * Throws when a file on the disk does not hold what the calls say: then they were not all there, and nothing follows from them. Files
   * that are `mapped` are written to without calls.
   */
  requireComplete(mapped: (path: string) => boolean): void {
    for (const [folder, { names }] of this.#folders) {
      for (const [name, inode] of names) {
        const path = join(folder, name)
        if (mapped(path)) continue
        const actual = readFileSync(path)
        const { content } = inode
        const same = inode.unfinished ? actual.subarray(0, content.length).equals(content) : actual.equals(content)
        if (!same)
          throw new Error(`${path} has ${actual.length} bytes and is not what was written, ${content.length} bytes`)
      }
    }
  }

  /**
   * Makes the folder hold what is durable. `keep` says how many bytes of the end of a file that was written and not synced are left all the
   * same, as a disk may have written some of them. Returns how many bytes each file has lost.
   */
  discard(keep: (unsyncedBytes: number) => number = () => 0): ReadonlyMap<string, number> {
    const lost = new Map<string, number>()
    for (const [folder, { names, durable }] of this.#folders) {
      for (const [name, { content }] of names) lost.set(join(folder, name), content.length)
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // One whose creation did not return has no name here.
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isFile()) rmSync(join(folder, entry.name))
      }
      for (const [name, inode] of durable) {
        const path = join(folder, name)
        const left = inode.survivor(keep)
        lost.set(path, Math.max(0, inode.content.length - left.length))
        writeFileSync(path, left, { mode: 0o600 })
      }
    }
    return lost
  }

  #recall(folder: string): void {
    const names = new Map<string, Inode>()
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) this.#recall(path)
      else names.set(entry.name, new Inode(readFileSync(path)))
    }
    this.#folders.set(folder, new Folder(names))
  }

  #replay(call: Call, endedNs: bigint): void {
    const file = fileOf(call) ?? ''
    switch (call.name) {
      case 'mkdir':
      case 'mkdirat': {
        const path = textsOf(call).at(-1) ?? ''
        if (this.#within(path)) this.#folders.set(path, new Folder(new Map()))
        return
      }
      case 'open':
      case 'openat':
        this.#opened(call, endedNs)
        return
      case 'write':
      case 'writev':
        // Only of a file that is written from its start on, or behind its end: where else would be a guess.
        this.#change(file, endedNs, (content) => Buffer.concat([content, bytesOf(call)]))
        this.#syncIfOpenedSo(call, file, endedNs)
        return
      case 'pwrite64':
      case 'pwritev':
      case 'pwritev2': {
        // The last argument; flags come behind it in one of them.
        const offset = Number(call.args.split(', ').at(call.name === 'pwritev2' ? -2 : -1))
        this.#change(file, endedNs, (content) => overwritten(content, offset, bytesOf(call)))
        this.#syncIfOpenedSo(call, file, endedNs)
        return
      }
      case 'ftruncate':
      case 'truncate': {
        const bytes = Number(/(\d+)$/.exec(call.args)?.[1])
        this.#change(call.name === 'truncate' ? (textsOf(call)[0] ?? '') : file, endedNs, (content) =>
          overwritten(content.subarray(0, bytes), bytes, Buffer.alloc(0)),
        )
        return
      }
      case 'rename':
      case 'renameat':
      case 'renameat2':
        this.#renamed(textsOf(call), endedNs)
        return
      case 'unlink':
      case 'unlinkat': {
        const path = textsOf(call).at(-1) ?? ''
        const folder = this.#folders.get(dirname(path))
        if (folder?.names.delete(nameOf(path)) === true) folder.changed(endedNs)
        return
      }
      case 'fsync':
      case 'fdatasync':
        this.#find(file)?.sync(call.beganNs)
        this.#folders.get(file)?.sync(call.beganNs)
    }
  }

  #opened(call: Call, endedNs: bigint): void {
    const path = textsOf(call).at(-1) ?? ''
    const folder = this.#folders.get(dirname(path))
    if (folder === undefined) return
    if (/O_D?SYNC/.test(call.args)) this.#syncedFds.add(`${call.result}<${path}`)
    else this.#syncedFds.delete(`${call.result}<${path}`)
    const known = folder.names.get(nameOf(path))
    if (known === undefined && call.args.includes('O_CREAT')) {
      folder.names.set(nameOf(path), new Inode(Buffer.alloc(0)))
      folder.changed(endedNs)
    } else if (known !== undefined && call.args.includes('O_TRUNC')) {
      known.changes.push({ endedNs, apply: () => Buffer.alloc(0) })
    }
  }

  #renamed([from = '', to = '']: readonly string[], endedNs: bigint): void {
    const [source, target] = [this.#folders.get(dirname(from)), this.#folders.get(dirname(to))]
    const inode = source?.names.get(nameOf(from))
    if (source === undefined || target === undefined || inode === undefined) return
    source.names.delete(nameOf(from))
    target.names.set(nameOf(to), inode)
    source.changed(endedNs)
    if (target !== source) target.changed(endedNs)
  }

  #change(path: string, endedNs: bigint, apply: (content: Buffer) => Buffer): void {
    this.#find(path)?.changes.push({ endedNs, apply })
  }

  #syncIfOpenedSo({ args }: Call, path: string, endedNs: bigint): void {
    if (this.#syncedFds.has(`${Number.parseInt(args, 10)}<${path}`)) this.#find(path)?.sync(endedNs)
  }

  #find(path: string): Inode | undefined {
    return this.#folders.get(dirname(path))?.names.get(nameOf(path))
  }

  #within(path: string): boolean {
    return path === this.#root || path.startsWith(`${this.#root}/`)
  }
}

/** Calls that change what a file holds. */
const writes = new Set(['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'ftruncate', 'truncate'])

function applied(content: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((sum, { apply }) => apply(sum), content)
}

function overwritten(content: Buffer, offset: number, bytes: Buffer): Buffer {
  const result = Buffer.alloc(Math.max(content.length, offset + bytes.length))
  content.copy(result)
  bytes.copy(result, offset)
  return result
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
