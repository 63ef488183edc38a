import { storeConformance } from '@quorate/conformance'
import { describe, it } from 'vitest'
import { openWriteAheadLog } from '../src/index.js'

/** Small, so that short trials begin many segments, remove some, and read old records back. */
const small = { maxSegmentBytes: 1024, maxCachedBytes: 1024 }

storeConformance({ name: 'write-ahead-log', open: (disk) => openWriteAheadLog(disk, small) }, { describe, it })
