import { replicatedLogConformance } from '@quorate/conformance'
import { raft } from '@quorate/election/raft'
import type { OpenStores } from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { describe, it } from 'vitest'
import { raftLog } from '../src/index.js'

/** Small, so that a short run begins many segments, removes some, and reads old records back from its disk. */
const stores: OpenStores = (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024, maxCachedBytes: 1024 })

replicatedLogConformance(raftLog, {
  describe,
  it,
  election: raft,
  stores,
  chaosMs: 600,
  nodes: [3, 5, 4, 1],
  seeds: 100,
})
