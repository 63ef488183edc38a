import type { FaultKind } from '@quorate/core'
import type { FaultAction } from '../fault-action.js'

/** The kinds of faults that an action may stand for: of some actions one cannot tell which of several. */
export function kindsOf(action: FaultAction): readonly FaultKind[] {
  switch (action.type) {
    case 'crash': {
      const onDisk = action.torn === true || action.cached === true
      return ['crash-stop', 'crash-recovery', ...(onDisk ? (['torn-write'] as const) : [])]
    }
    case 'restart':
      return ['crash-recovery']
    case 'pause':
    case 'resume':
      return ['pause']
    case 'fail-sync':
      return ['failed-sync', 'crash-recovery']
    case 'spare':
    case 'heal':
      return []
    case 'cut':
    case 'mend':
      return ['partition', 'one-way-partition']
    case 'links': {
      const { loss, duplication, straggling, corruption, ordered } = action.conditions
      const kinds: readonly (readonly [unknown, FaultKind])[] = [
        [loss, 'loss'],
        [duplication, 'duplication'],
        [straggling, 'delay'],
        [corruption, 'corruption'],
        [ordered === false, 'reordering'],
      ]
      return kinds.flatMap(([on, kind]) => (on === undefined || on === 0 || on === false ? [] : kind))
    }
    case 'omit':
      return ['send-omission', 'receive-omission']
    case 'disk':
      return ['slow-disk']
    case 'full-disk':
      return ['full-disk', 'crash-recovery']
    case 'bit-rot':
      return ['bit-rot']
    case 'slow':
      return ['slow-process']
    case 'lying-disk':
      return ['lost-write']
    case 'byzantine':
      return ['byzantine']
    case 'clock':
      return ['clock-skew', 'clock-drift', 'clock-jump']
  }
}
