import { faults as faultKinds, QuorateError, type FaultKind } from '@quorate/core'
import type { ScheduledFault } from '../fault-action.js'

/** What strikes the content of a disk: stores without one are not reached by it. */
const ofDisks: ReadonlySet<FaultKind> = new Set<FaultKind>(['torn-write', 'bit-rot'])

/** What there is to inject faults with. */
export interface Means {
  /** Nodes keep what they store on disks. */
  readonly disks: boolean
  /** The algorithm says how a Byzantine node lies. */
  readonly forge: boolean
}

/**
 * Throws `QUORATE_UNKNOWN_FAULT` for what is no fault, `QUORATE_FAULT_NOT_IMPLEMENTED` for faults that cannot be injected: a claim that is not
 * attacked is not shown.
 */
export function requireInjectable(name: string, kinds: readonly FaultKind[], { disks, forge }: Means): void {
  const unknown = kinds.filter((kind) => !(kind in faultKinds))
  if (unknown.length > 0) {
    throw new QuorateError(
      'QUORATE_UNKNOWN_FAULT',
      `${name}: there is no fault ${unknown.join(', ')}; there are ${Object.keys(faultKinds).join(', ')}`,
      { faults: unknown },
    )
  }
  const diskless = disks ? [] : kinds.filter((kind) => ofDisks.has(kind))
  if (diskless.length > 0) {
    throw new QuorateError(
      'QUORATE_FAULT_NOT_IMPLEMENTED',
      `${name}: ${diskless.join(', ')} strikes disks, and the nodes have none; pass \`stores\`, such as openWriteAheadLog`,
      { faults: diskless },
    )
  }
  if (forge || !kinds.includes('byzantine')) return
  throw new QuorateError(
    'QUORATE_FAULT_NOT_IMPLEMENTED',
    `${name}: a byzantine participant tells lies, and the algorithm offers no \`forge\` that would say which`,
    { faults: ['byzantine'] },
  )
}

/** Throws `QUORATE_NO_FORGE` for a schedule by which a node is to lie, where the algorithm does not say how. */
export function requireForge(name: string, schedule: readonly ScheduledFault[]): void {
  for (const [place, { atMs, action }] of schedule.entries()) {
    if (action.type !== 'byzantine' || ((action.lies ?? 0) === 0 && (action.equivocates ?? 0) === 0)) continue
    throw new QuorateError(
      'QUORATE_NO_FORGE',
      `schedule[${place}]: at ${atMs} ms ${action.node} is to lie, and ${name} offers no \`forge\` that would say how; give it one, or leave ` +
        'out `lies` and `equivocates`, so that the node only replays and is silent',
      { algorithm: name, place },
    )
  }
}
