import { electionConformance } from '@quorate/conformance'
import type { OpenStores } from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { describe, it } from 'vitest'
import { bully } from '../src/bully.js'
import { raft } from '../src/raft.js'
import { timestamp } from '../src/timestamp.js'

/** Small segments, so that a short run begins many and removes some. */
const stores: OpenStores = (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024 })

electionConformance(timestamp, { describe, it })
electionConformance(raft, { describe, it, stores })
electionConformance(bully, { describe, it, maxDelayMs: 1000 })
