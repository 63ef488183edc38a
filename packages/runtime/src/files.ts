import fs from 'node:fs'

/** What a single read may take on every system. */
const MAX_READ_BYTES = 1024 * 1024 * 1024

/**
 * Creates a folder for its owner alone unless it is there. Returns whether it did. The folder above it must be there.
 */
export function makeFolder(folder: string): boolean {
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    fs.opendirSync(folder).closeSync() // throws when it is no folder
    return false
  }
}

/** Makes durable which files a folder holds. */
export function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Reads `length` bytes from `offset`. Throws when the file ends before. Never a `Buffer`, whose `slice` is no copy. */
export function readFully(fd: number, offset: number, length: number): Uint8Array {
  // Not filled with zeros first: all of it is read, or none of it returned.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  for (let at = 0; at < length;) {
    const read = fs.readSync(fd, bytes, at, Math.min(length - at, MAX_READ_BYTES), offset + at)
    if (read === 0) throw new Error(`the file ends at byte ${offset + at}, before ${offset + length}`)
    at += read
  }
  return bytes
}

/**
 * Replaces a file so that, whatever happens, either the old or the new content is found, and the new one from the
 * return on.
 */
export function replaceFile(folder: string, file: string, content: string): void {
  const temporary = `${folder}/${file}.tmp`
  const fd = fs.openSync(temporary, 'w', 0o600)
  try {
    fs.writeFileSync(fd, content)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  fs.renameSync(temporary, `${folder}/${file}`)
  syncFolder(folder)
}
