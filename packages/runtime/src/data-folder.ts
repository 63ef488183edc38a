import { QuorateError, invalidOption, isQuorateError, limits, type NodeId } from '@quorate/core'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder, replaceFile, syncFolder } from './files.js'
import { lockFolder } from './folder-lock.js'
import { NodeDisk } from './node-disk.js'

const IDENTITY_FILE = 'node.json'
const LOG_FOLDER = 'log'
const FORMAT_VERSION = 1

export interface DataFolderOptions {
  /** The folder; the one above it must be there. It is created, for its owner alone, when it is not. */
  readonly dir: string
  /** The cluster that the node belongs to. */
  readonly clusterId: string
  readonly nodeId: NodeId
}

/** What a node keeps on disk, in the hands of this process. */
export interface DataFolder {
  /**
   * Greater than in every earlier life of the node, also when a folder was lost and the clock is right. On disk before
   * it is used.
   */
  readonly incarnation: number
  /** Where the log goes. */
  readonly disk: NodeDisk
  /** Closes the disk, once its commit in flight is done, then lets other processes in. */
  close(): Promise<void>
}

/** What `node.json` says. */
interface Identity {
  readonly version: number
  readonly clusterId: string
  readonly nodeId: NodeId
  readonly incarnation: number
}

/**
 * Takes the data folder of a node for this process and starts the node's next incarnation.
 *
 * Throws `QUORATE_DATA_DIR_IN_USE` when a process has it, `QUORATE_DATA_DIR_OF_OTHER_CLUSTER` and
 * `QUORATE_DATA_DIR_OF_OTHER_NODE` when it is somebody else's, `QUORATE_DATA_DIR_VERSION` when a newer release wrote
 * it, `QUORATE_DATA_DIR_CORRUPT` when `node.json` is damaged or missing beside a log, `QUORATE_DATA_DIR_UNUSABLE` with
 * the system's reason when it can not be read or written.
 */
export function openDataFolder(options: DataFolderOptions): DataFolder {
  const { dir } = options
  requireName('clusterId', options.clusterId)
  requireName('nodeId', options.nodeId)
  if (dir.length === 0) throw invalidOption('dir', dir, 'the path of a folder')
  const lock = usable(dir, () => {
    if (makeFolder(dir)) syncFolder(dirname(join(dir, '.')))
    return lockFolder(dir)
  })
  try {
    const incarnation = usable(dir, () => beginIncarnation(options))
    const disk = new NodeDisk(join(dir, LOG_FOLDER))
    return {
      incarnation,
      disk,
      async close() {
        await disk.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

function beginIncarnation(options: DataFolderOptions): number {
  const { dir, clusterId, nodeId } = options
  const stored = readIdentity(dir)
  if (stored !== undefined && stored.clusterId !== clusterId) throw ofOther('CLUSTER', dir, stored.clusterId, clusterId)
  if (stored !== undefined && stored.nodeId !== nodeId) throw ofOther('NODE', dir, stored.nodeId, nodeId)
  // The time makes it grow even when the folder was lost; the stored one, even when the clock went back.
  const incarnation = Math.max((stored?.incarnation ?? 0) + 1, Date.now())
  const identity: Identity = { version: FORMAT_VERSION, clusterId, nodeId, incarnation }
  replaceFile(dir, IDENTITY_FILE, `${JSON.stringify(identity, undefined, 2)}\n`)
  return incarnation
}

function readIdentity(dir: string): Identity | undefined {
  const path = join(dir, IDENTITY_FILE)
  if (!fs.existsSync(path)) {
    if (fs.existsSync(join(dir, LOG_FOLDER))) throw corrupt(path, 'it is missing, although there is a log')
    return undefined
  }
  const text = fs.readFileSync(path, 'utf8')
  let identity: Partial<Record<keyof Identity, unknown>>
  try {
    identity = JSON.parse(text) as typeof identity
  } catch (error) {
    throw corrupt(path, 'it is no JSON', error)
  }
  const { version, clusterId, nodeId, incarnation } = identity ?? {}
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw corrupt(path, 'it states no version')
  if (version !== FORMAT_VERSION) throw unknownVersion(path, version as number)
  if (typeof clusterId !== 'string' || typeof nodeId !== 'string') throw corrupt(path, 'it does not say whose it is')
  if (typeof incarnation !== 'number' || !Number.isSafeInteger(incarnation + 1) || incarnation < 1) {
    throw corrupt(path, 'it states no incarnation')
  }
  return { version, clusterId, nodeId, incarnation }
}

function requireName(option: string, value: string): void {
  if (value.length === 0 || value.length > limits.maxNameLength) {
    throw invalidOption(option, value, `1 to ${limits.maxNameLength} characters long`)
  }
}

/** Runs `action` on the folder; what the system refuses becomes `QUORATE_DATA_DIR_UNUSABLE`. */
function usable<T>(dir: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (isQuorateError(error)) throw error
    const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException
    throw new QuorateError(
      'QUORATE_DATA_DIR_UNUSABLE',
      `the data folder ${dir} can not be used: ${message}. ${advice[code] ?? 'See what the system says of it'}`,
      { dir, reason: code },
      { cause: error },
    )
  }
}

const advice: Readonly<Record<string, string>> = {
  ENOENT: 'The folder above it does not exist: create it, or correct the path',
  ENOTDIR: 'Something on its path is no folder: correct the path',
  EACCES: 'Let the user of this process read and write it',
  EPERM: 'Let the user of this process read and write it',
  EROFS: 'Its file system can only be read: use another',
  ENOSPC: 'Its file system is full: make room',
  ENOLCK: 'Its file system has no locks: use a local one',
  ENOTSUP: 'Its file system has no locks: use a local one',
}

function ofOther(what: 'CLUSTER' | 'NODE', dir: string, theirs: string, ours: string): QuorateError {
  const kind = what.toLowerCase()
  return new QuorateError(
    `QUORATE_DATA_DIR_OF_OTHER_${what}`,
    `the data folder ${dir} is of ${kind} "${theirs}", and this ${kind} is "${ours}"; ` +
      `give each node its own folder, and correct whichever of the two names is wrong`,
    { dir, theirs, ours },
  )
}

function unknownVersion(path: string, version: number): QuorateError {
  return new QuorateError(
    'QUORATE_DATA_DIR_VERSION',
    `${path} was written in version ${version} of its format and this release reads version ${FORMAT_VERSION}; ` +
      `start the release that wrote it, or one that is newer`,
    { path, version, supported: FORMAT_VERSION },
  )
}

function corrupt(path: string, what: string, cause?: unknown): QuorateError {
  return new QuorateError(
    'QUORATE_DATA_DIR_CORRUPT',
    `${path}: ${what}. Restore the folder from one copy of all its files, or remove the node from its cluster and ` +
      `add it again under a new name with an empty folder`,
    { path, what },
    { cause },
  )
}
