import type { OpenStores } from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'

/** The log that ships, small: a short run begins many segments, removes some, and reads old records back from its disk. */
export const smallStores: OpenStores = (disk) =>
  openWriteAheadLog(disk, { maxSegmentBytes: 1024, maxCachedBytes: 1024 })
