import type { Disk, ElectionDefinition, ReplicatedLogDefinition, StoreBackend } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { runReplicatedLog, type OpenStores, type ReplicatedLogRunOptions } from '@quorate/simulation'
import { openWriteAheadLog, type WriteAheadLogOptions } from '@quorate/write-ahead-log'
import { raftLog } from '../src/index.js'

/** Small, so that a short run begins many segments, removes some, and reads old records back from its disk. */
const small: WriteAheadLogOptions = { maxSegmentBytes: 1024, maxCachedBytes: 1024 }

/** The log that ships on a disk, in small segments. */
export const stores: OpenStores = (disk) => openWriteAheadLog(disk, small)

/** What a sweep may run instead of what ships. */
export interface Parts {
  readonly log?: ReplicatedLogDefinition<unknown>
  readonly election?: ElectionDefinition<unknown>
  readonly openWriteAheadLog?: (disk: Disk, options: WriteAheadLogOptions) => StoreBackend
}

/** A run of the log that ships on the election and the write-ahead log that ship, under all that it declares, or with other parts. */
export function run(
  seed: number,
  nodes: number,
  parts: Parts = {},
  options: Partial<ReplicatedLogRunOptions> = {},
): ReturnType<typeof runReplicatedLog> {
  const { log = raftLog, election = raft, openWriteAheadLog: open = openWriteAheadLog } = parts
  const onDisk: OpenStores = (disk) => open(disk, small)
  return runReplicatedLog(log, { nodes, seed, election, stores: onDisk, chaosMs: 600, ...options })
}
