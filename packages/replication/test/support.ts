import type { Disk, ElectionDefinition, ReplicatedLogDefinition, StoreBackend } from '@quorate/core'
import { raft } from '@quorate/election/raft'
import { explain, runReplicatedLog, sweep, type OpenStores, type ReplicatedLogRunOptions } from '@quorate/simulation'
import { openWriteAheadLog, type WriteAheadLogOptions } from '@quorate/write-ahead-log'
import { raftLog } from '../src/index.js'

/** Small, so that a short run begins many segments, removes some, and reads old records back from its disk. */
const small: WriteAheadLogOptions = { maxSegmentBytes: 1024, maxCachedBytes: 1024 }

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
  const open = parts.openWriteAheadLog ?? openWriteAheadLog
  const stores: OpenStores = (disk) => open(disk, small)
  const { log = raftLog, election = raft } = parts
  return runReplicatedLog(log, { nodes, seed, election, stores, chaosMs: 600, ...options })
}

/** A sweep of such runs; what failed, in words, with the command that replays it. */
export function violations(seeds: { readonly from: number; readonly to: number }, nodes: number): string | undefined {
  return explain(sweep(seeds, (seed) => run(seed, nodes)))
}
