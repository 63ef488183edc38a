import type { FaultKind } from './fault-model.js'

/** What an algorithm by quorums survives whose promises are durable: all that leaves messages true, and disks what they said was on them. */
export const benignFaults: readonly FaultKind[] = [
  'crash-stop',
  'crash-recovery',
  'loss',
  'duplication',
  'reordering',
  'delay',
  'partition',
  'one-way-partition',
  'pause',
  'slow-process',
  'torn-write',
  'failed-sync',
  'full-disk',
  'slow-disk',
  'bit-rot',
]
