import { invalidOption, QuorateError } from '@quorate/core'
import { nearest } from '../../nearest.js'
import type { Target } from '../targets.js'
import { whyNoFakeClock } from './fake-clock.js'
import { faultKinds, type ChaosFaultKind } from './kinds.js'
import { whyNoSlowDisk } from './slow-disk.js'
import { whyNoSmallDisk } from './small-disk.js'

/** The faults of a run, and those that were left out, with why. */
export interface ChosenFaults {
  readonly kinds: readonly ChaosFaultKind[]
  readonly skipped: ReadonlyMap<ChaosFaultKind, string>
}

/** What a kind needs that not every machine has. */
const needs: Readonly<Partial<Record<ChaosFaultKind, () => string | undefined>>> = {
  'slow-disk': whyNoSlowDisk,
  'full-disk': whyNoSmallDisk,
  clock: whyNoFakeClock,
}

/**
 * All faults that are possible for the target on this machine, or those that are named, with commas between them. Throws `QUORATE_INVALID_OPTION` for a
 * name that is none, and `QUORATE_CHAOS_FAULT_IMPOSSIBLE` for a named one that is not possible.
 */
export function chooseFaults(target: Target, named: string | undefined): ChosenFaults {
  const wanted = named === undefined || named === 'all' ? faultKinds : parse(named)
  const skipped = new Map<ChaosFaultKind, string>()
  for (const kind of wanted) {
    const reason = target.faults.includes(kind) ? needs[kind]?.() : `${target.name} is not put under it`
    if (reason !== undefined) skipped.set(kind, reason)
  }
  const [first] = skipped
  if (wanted !== faultKinds && first !== undefined)
    throw new QuorateError(
      'QUORATE_CHAOS_FAULT_IMPOSSIBLE',
      `the fault ${first[0]} is not possible here: ${first[1]}`,
      {
        kind: first[0],
        reason: first[1],
      },
    )
  return { kinds: wanted.filter((kind) => !skipped.has(kind)), skipped }
}

function parse(text: string): ChaosFaultKind[] {
  const kinds = text.split(',').map((name) => {
    const kind = faultKinds.find((each) => each === name.trim())
    if (kind !== undefined) return kind
    const near = nearest(name, faultKinds)
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    throw invalidOption('--faults', text, `"all", or some of ${faultKinds.join(',')}, with commas between them${hint}`)
  })
  return [...new Set(kinds)]
}
