import { QuorateError } from '@quorate/core'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const LOCK_FILE = 'LOCK'
const require = createRequire(import.meta.url)

/** A folder that no other process can lock, nor this one again, until it is released. */
export interface FolderLock {
  /** Releases the folder. A second call does nothing. */
  release(): void
}

/**
 * Locks a folder for this process.
 *
 * The lock belongs to an open file and is the operating system's: it is gone at once when the process is, however it
 * ended, and no file that was left behind keeps the next one out.
 *
 * Throws `QUORATE_DATA_DIR_IN_USE`, which names the folder and the process that has it, `QUORATE_LOCKS_MISSING` on a
 * platform for which there is no binary, and the system's error when the folder can not be written or its file system
 * has no locks.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, LOCK_FILE)
  // Not 'w': the file tells who has the lock, and must still do so when that is not us.
  let fd: number | undefined = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
  try {
    if (!tryLock(fd)) throw inUse(folder, fs.readFileSync(path, 'utf8').trim())
    fs.ftruncateSync(fd)
    fs.writeSync(fd, `${process.pid}\n`, 0)
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
  return {
    release() {
      // The file stays: were it removed, one process could lock it while another makes a new one.
      if (fd !== undefined) fs.closeSync(fd)
      fd = undefined
    },
  }
}

/** Whether the lock on an open file could be had. */
function tryLock(fd: number): boolean {
  let binding: { tryLock(fd: number): boolean }
  try {
    // Loaded only here, so that all the rest of this package works where there is no binary.
    binding = require('fs-native-extensions') as typeof binding
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`
    const message = `there is no binary of fs-native-extensions for ${platform}, and no lock without it`
    throw new QuorateError(
      'QUORATE_LOCKS_MISSING',
      `${message}; run this node on another platform`,
      { platform },
      { cause },
    )
  }
  return binding.tryLock(fd)
}

function inUse(folder: string, owner: string): QuorateError {
  const pid = /^\d+$/.test(owner) ? Number(owner) : undefined
  return new QuorateError(
    'QUORATE_DATA_DIR_IN_USE',
    `the data folder ${folder} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}; ` +
      `stop that process, or give this node a folder of its own`,
    { folder, pid },
  )
}
