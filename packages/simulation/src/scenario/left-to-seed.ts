import type { FaultAction } from '../fault-action.js'
import type { LinkConditions } from '../network.js'
import type { Scenario } from './scenario.js'

/** What the seed of a scenario still decides, in words: all that its lists do not say. */
export function leftToSeed({ kind, schedule, huntLeaders }: Scenario): string[] {
  const actions = schedule.map(({ action }) => action)
  const having = (type: FaultAction['type']): boolean => actions.some((action) => action.type === type)
  const omitting = (which: 'sends' | 'receives'): boolean =>
    actions.some((action) => action.type === 'omit' && (action[which] ?? 0) > 0)
  const linked = (which: keyof LinkConditions): boolean =>
    actions.some((action) => action.type === 'links' && Number(action.conditions[which] ?? 0) > 0)
  return [
    'how long each message and each write takes, within its bounds',
    'what the algorithm draws itself',
    ...(kind === 'election' || kind === 'log' ? ['when nodes are told whom they reach no more'] : []),
    ...(kind === 'detector' ? ['whether nodes that are down start again when faults cease'] : []),
    ...(huntLeaders === true ? ['when, and from whom, whoever is elected is cut off'] : []),
    ...(linked('loss') || omitting('sends') || omitting('receives') ? ['which messages are lost'] : []),
    ...(linked('duplication') ? ['which messages arrive twice'] : []),
    ...(linked('straggling') ? ['which messages are late'] : []),
    ...(linked('corruption') ? ['which messages are corrupted, and how'] : []),
    ...(having('bit-rot') ? ['which bits flip'] : []),
    ...(actions.some((action) => action.type === 'crash' && action.torn === true) ? ['where a write is torn'] : []),
  ]
}
