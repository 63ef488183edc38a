import type { Checked } from './check/check-histories.js'
import type { ChaosFaultKind } from './faults/kinds.js'
import type { WorkloadName } from './workload/history.js'

/** What a verdict is made of. */
export interface Facts {
  /** How long the clients were at work. */
  readonly seconds: number
  /** Requests that were answered, by workload and what they did. */
  readonly answered: Readonly<Partial<Record<WorkloadName, { readonly reads: number; readonly changes: number }>>>
  /** For each kind of fault that was asked for and is possible here: how often it was injected, and how often its effect was seen. */
  readonly faults: ReadonlyMap<ChaosFaultKind, { readonly injected: number; readonly tookEffect: number }>
  readonly checked: readonly Checked[]
  /** Revisions that no request explains, in sentences. */
  readonly unexplained: readonly string[]
  /** Each node's hash of the store at the last revision. */
  readonly hashes: ReadonlyMap<string, number>
  /** Nodes that ended though nobody made them, in sentences. */
  readonly ended: readonly string[]
  /** What did not come back once all faults were over, in sentences. */
  readonly notRecovered: readonly string[]
}

export type ReasonCode =
  | 'QUORATE_CHAOS_VIOLATION'
  | 'QUORATE_CHAOS_UNEXPLAINED_REVISION'
  | 'QUORATE_CHAOS_DIVERGED'
  | 'QUORATE_CHAOS_NODE_ENDED'
  | 'QUORATE_CHAOS_NOT_RECOVERED'
  | 'QUORATE_CHAOS_UNDECIDED'
  | 'QUORATE_CHAOS_TOO_FEW_OPERATIONS'
  | 'QUORATE_CHAOS_NO_EFFECT'

/** Why a run has not passed. */
export interface Reason {
  readonly code: ReasonCode
  readonly message: string
}

export interface ChaosVerdict {
  /** `failed`: something that must hold does not. `inconclusive`: nothing of that was seen, but too little was tried or decided to say that it holds. */
  readonly outcome: 'passed' | 'failed' | 'inconclusive'
  readonly reasons: readonly Reason[]
}

/** What says that the run proves nothing, rather than that something is wrong. */
const inconclusive: ReadonlySet<ReasonCode> = new Set([
  'QUORATE_CHAOS_UNDECIDED',
  'QUORATE_CHAOS_TOO_FEW_OPERATIONS',
  'QUORATE_CHAOS_NO_EFFECT',
])

/** Of each workload, so many reads and so many changes a second have to be answered, on average, and so many in all. */
const leastPerSecond = 1
const least = 10

export function judge(facts: Facts): ChaosVerdict {
  const reasons = [...wrong(facts), ...tooLittle(facts)]
  const failed = reasons.some(({ code }) => !inconclusive.has(code))
  return { outcome: failed ? 'failed' : reasons.length > 0 ? 'inconclusive' : 'passed', reasons }
}

function* wrong({ checked, unexplained, hashes, ended, notRecovered }: Facts): Iterable<Reason> {
  for (const { verdict, model, explanation = '' } of checked)
    if (verdict === 'violation')
      yield { code: 'QUORATE_CHAOS_VIOLATION', message: `not linearizable as ${model}\n\n${explanation}` }
  for (const message of unexplained) yield { code: 'QUORATE_CHAOS_UNEXPLAINED_REVISION', message }
  if (new Set(hashes.values()).size > 1) {
    const each = [...hashes].map(([node, hash]) => `${node} ${hash}`).join(', ')
    yield { code: 'QUORATE_CHAOS_DIVERGED', message: `the nodes do not hold the same; their hashes: ${each}` }
  }
  for (const message of ended) yield { code: 'QUORATE_CHAOS_NODE_ENDED', message }
  for (const message of notRecovered) yield { code: 'QUORATE_CHAOS_NOT_RECOVERED', message }
}

function* tooLittle({ seconds, answered, faults, checked }: Facts): Iterable<Reason> {
  for (const { verdict, model, explanation = '' } of checked)
    if (verdict === 'unknown')
      yield {
        code: 'QUORATE_CHAOS_UNDECIDED',
        message: `whether it is linearizable as ${model} stayed open: ${explanation}`,
      }
  const needed = Math.max(least, Math.ceil(seconds * leastPerSecond))
  const counts = Object.entries(answered).flatMap(([workload, { reads, changes }]) => [
    { what: `reads of the workload ${workload}`, count: reads },
    { what: `changes of the workload ${workload}`, count: changes },
  ])
  if (counts.length === 0) counts.push({ what: 'requests', count: 0 })
  for (const { what, count } of counts)
    if (count < needed)
      yield {
        code: 'QUORATE_CHAOS_TOO_FEW_OPERATIONS',
        message: `${count} ${what} were answered, of ${needed} that a run of ${Math.round(seconds)} s needs to say anything`,
      }
  if (faults.size === 0) yield { code: 'QUORATE_CHAOS_NO_EFFECT', message: 'none of the faults is possible here' }
  for (const [kind, { injected, tookEffect }] of faults)
    if (tookEffect === 0)
      yield {
        code: 'QUORATE_CHAOS_NO_EFFECT',
        message: `the fault ${kind} was injected ${injected} times, and its effect was never seen`,
      }
}
