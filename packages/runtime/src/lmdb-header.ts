import fs from 'node:fs'
import { readFully } from './files.js'

/** Of a page's header and a meta page, in the byte order of the machine; `struct MDB_meta` of lmdb's mdb.c. */
const FLAGS_AT = 18
const MAGIC_AT = 24
const VERSION_AT = 28
const PAGE_SIZE_AT = 48
const HEADER_BYTES = 64

const META_PAGE = 0x08
const MAGIC = 0xbeef_c0de
const VERSION = 2

/**
 * Makes sure that lmdb will open a file, creating it, for its owner alone, when it is not there: what lmdb cannot open ends the process,
 * in lmdb 3.5. Returns what is wrong with its content, or undefined; throws what the system says.
 */
export function checkLmdbFile(path: string): string | undefined {
  for (const file of [`${path}-lock`, path]) {
    const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
    try {
      if (file === path) return checkContent(fd)
    } finally {
      fs.closeSync(fd)
    }
  }
  return undefined
}

function checkContent(fd: number): string | undefined {
  const { size } = fs.fstatSync(fd)
  if (size === 0) return undefined
  const first = headerAt(fd, 0, size)
  if (first === undefined) return 'it does not begin like a file of lmdb'
  if (first.version !== VERSION) return `it is in version ${first.version} of lmdb's format, not ${VERSION}`
  const second = headerAt(fd, first.pageSize, size)
  return second?.pageSize === first.pageSize && second.version === VERSION ? undefined : 'its second page is damaged'
}

function headerAt(fd: number, at: number, size: number): { version: number; pageSize: number } | undefined {
  if (size < at + HEADER_BYTES) return undefined
  const bytes = readFully(fd, at, HEADER_BYTES)
  const uint32At = (offset: number): number => new Uint32Array(bytes.buffer, offset, 1)[0] as number
  const flags = new Uint16Array(bytes.buffer, FLAGS_AT, 1)[0] as number
  if ((flags & META_PAGE) === 0 || uint32At(MAGIC_AT) !== MAGIC) return undefined
  return { version: uint32At(VERSION_AT), pageSize: uint32At(PAGE_SIZE_AT) }
}
