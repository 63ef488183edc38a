/** Numbers for what has names here: etcd's clients know clusters and members by unsigned integers of 64 bits. */
import type { NodeId } from '@quorate/core'
import { createHash } from 'node:crypto'

/** `clusterId`: 16 hexadecimal digits. */
export function clusterNumber(clusterId: string): bigint {
  return notZero(BigInt(`0x${clusterId}`))
}

/** The same on every node, and another for every member of every cluster. */
export function memberNumber(clusterId: string, member: NodeId): bigint {
  return notZero(createHash('sha256').update(`${clusterId} ${member}`).digest().readBigUInt64BE())
}

/** Zero means that there is none. */
function notZero(number: bigint): bigint {
  return number === 0n ? 1n : number
}
