import type { FaultKind } from '@quorate/core'
import { coverageMarksOf, type CoverageMark } from './coverage-marks.js'

const crashes = [
  'crash-stop',
  'crash-recovery',
  'failed-sync',
  'full-disk',
  'bit-rot',
  'lost-write',
] as const satisfies readonly FaultKind[]
const losses = ['crash-stop', 'crash-recovery', 'bit-rot'] as const satisfies readonly FaultKind[]
const restarts = ['crash-recovery', 'failed-sync', 'full-disk', 'lost-write'] as const satisfies readonly FaultKind[]
const cuts = ['partition', 'one-way-partition'] as const satisfies readonly FaultKind[]

/** Marks that take a fault, with the kinds of which any one is enough. */
const causes: Readonly<Partial<Record<CoverageMark, readonly FaultKind[]>>> = {
  crash: crashes,
  'crash-mid-broadcast': ['crash-stop', 'crash-recovery'],
  'crash-after-send': ['crash-stop', 'crash-recovery'],
  'writes-lost': losses,
  'writes-torn': ['torn-write'],
  'durable-write-lost': ['lost-write'],
  'log-tail-repaired': ['torn-write'],
  restart: restarts,
  'left-behind': ['crash-stop', 'crash-recovery', 'pause', ...cuts],
  'damage-found': ['bit-rot'],
  'write-failed': ['failed-sync'],
  'disk-full': ['full-disk'],
  'disk-slowed': ['slow-disk'],
  'bit-flipped': ['bit-rot'],
  pause: ['pause'],
  'process-slowed': ['slow-process'],
  'clock-set': ['clock-jump'],
  'send-omitted': ['send-omission'],
  'receive-omitted': ['receive-omission'],
  'message-lost': ['loss'],
  'message-cut-off': cuts,
  'message-overtaken': ['reordering'],
  'message-straggled': ['delay'],
  'message-corrupted': ['corruption'],
  'message-malformed': ['corruption'],
  'message-of-a-former-life': crashes,
  'duplicate-delivered': ['duplication'],
  'partition-halves': ['partition'],
  'partition-majority-ring': ['partition'],
  'partition-bridge': ['partition'],
  'partition-isolated-node': ['partition'],
  'partition-single-link': ['partition'],
  'partition-one-way': ['one-way-partition'],
  'byzantine-lie': ['byzantine'],
  'byzantine-equivocation': ['byzantine'],
  'byzantine-replay': ['byzantine'],
  'byzantine-silence': ['byzantine'],
  'leader-crashed': crashes,
  'restart-without-leader': restarts,
  'pipelined-append-refused': [
    'loss',
    'reordering',
    'receive-omission',
    'send-omission',
    'crash-stop',
    ...restarts,
    ...cuts,
  ],
  'committed-without-all': [...crashes, ...cuts],
  'crash-after-decision': crashes,
  'decided-without-all': crashes,
  'decided-again': restarts,
  'new-life-trusted': restarts,
  'own-stall-noticed': ['pause', 'slow-process'],
}

/**
 * The marks that runs of this kind under these faults can have: what a campaign should have seen. Whether an algorithm gives occasion to all of
 * them is its own affair: one that writes nothing loses no writes.
 */
export function possibleMarks(kind: keyof typeof coverageMarksOf, faults: readonly FaultKind[]): CoverageMark[] {
  return coverageMarksOf[kind].filter((mark) => {
    if (mark === 'clock-set-in-pause') return faults.includes('pause') && faults.includes('clock-jump')
    return causes[mark]?.some((fault) => faults.includes(fault)) ?? true
  })
}
