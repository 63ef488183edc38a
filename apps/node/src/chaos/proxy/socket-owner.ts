import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Which of these processes holds the other end of a connection that was made from `sourcePort` to `port` of 127.0.0.1; `undefined` when none
 * does any more. All members of a cluster have to be told the same address of a member, so the address cannot tell who dials it.
 */
export function ownerOf(sourcePort: number, port: number, pids: ReadonlyMap<string, number>): string | undefined {
  const inode = inodeOf(sourcePort, port)
  if (inode === undefined) return undefined
  for (const [id, pid] of pids) if (holds(pid, `socket:[${inode}]`)) return id
  return undefined
}

/** The socket's number, from the system's table of connections: local and remote address in hexadecimal, and in the tenth column the inode. */
function inodeOf(sourcePort: number, port: number): string | undefined {
  const wanted = `${address(sourcePort)} ${address(port)}`
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/)
    if (`${local} ${remote}` === wanted) return inode
  }
  return undefined
}

/** 127.0.0.1 as the table writes it: the bytes of the address backwards, as little-endian machines hold them. */
function address(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

function holds(pid: number, socket: string): boolean {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).some((file) => linkOf(`${folder}/${file}`) === socket)
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

/** A file may be closed, and a process may end, while one looks. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ESRCH'
}
