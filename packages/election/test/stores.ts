import type { OpenStores } from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'

/** Write-ahead logs with small segments, so that a short run begins many and removes some. */
export const stores: OpenStores = (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024 })
