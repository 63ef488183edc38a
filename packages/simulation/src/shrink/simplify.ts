import type { FaultAction } from '../fault-action.js'
import type { Scenario } from '../scenario/scenario.js'
import type { ScheduledRequest } from '../scheduled-request.js'
import { inOrder } from './episodes.js'
import type { Search } from './search.js'

/** Plainer faults, requests and values: without what does not matter, in numbers that can be read. */
export function simplify(search: Search): void {
  plainerFaults(search)
  plainerRequests(search)
  const { values } = search.scenario
  if (values !== undefined) search.try({ ...search.scenario, values: ranks(values) })
  rounder(search)
}

function plainerFaults(search: Search): void {
  for (let index = 0; index < search.scenario.schedule.length; index++) {
    for (const change of plainer) {
      if (search.exhausted) return
      const { schedule } = search.scenario
      const action = schedule[index]?.action
      const changed = action === undefined ? undefined : change(action)
      if (changed === undefined) continue
      search.try({ ...search.scenario, schedule: replaced(schedule, index, { action: changed }) })
    }
  }
}

function plainerRequests(search: Search): void {
  for (let index = 0; index < search.scenario.requests.length; index++) {
    const { requests } = search.scenario
    const request = requests[index] as ScheduledRequest
    if (request.what !== 'propose' || request.count === 1) continue
    search.try({ ...search.scenario, requests: replaced(requests, index, { count: 1 }) })
  }
}

type Change = (action: FaultAction) => FaultAction | undefined

/** Ways to make a fault plainer; `undefined` where it is plain already. */
const plainer: readonly Change[] = [
  ...(['loss', 'duplication', 'straggling', 'corruption'] as const).map(
    (rate): Change =>
      (action) =>
        action.type === 'links' && (action.conditions[rate] ?? 0) > 0
          ? { ...action, conditions: { ...action.conditions, [rate]: 0 } }
          : undefined,
  ),
  (action) =>
    action.type === 'links' && action.conditions.ordered === false
      ? { ...action, conditions: { ...action.conditions, ordered: true } }
      : undefined,
  without('clock', 'wallErrorMs'),
  without('clock', 'ratePpm'),
  without('crash', 'torn'),
  without('crash', 'cached'),
  without('crash', 'survivors'),
  without('crash', 'finishes'),
  without('crash', 'afterSends'),
  (action) => (action.type === 'omit' && (action.sends ?? 1) < 1 ? { ...action, sends: 1 } : undefined),
  (action) => (action.type === 'omit' && (action.receives ?? 1) < 1 ? { ...action, receives: 1 } : undefined),
]

function without<Type extends FaultAction['type']>(
  type: Type,
  field: Exclude<keyof Extract<FaultAction, { readonly type: Type }>, 'type' | 'node'> & string,
): Change {
  return (action) =>
    action.type === type && field in action
      ? (Object.fromEntries(Object.entries(action).filter(([name]) => name !== field)) as FaultAction)
      : undefined
}

/** Numbers with fewer digits: all at once, as few as can be, then those of one item after the other. */
function rounder(search: Search): void {
  const steps = [100, 10, 1, 0.1, 0.01, 0.001]
  const step = steps.find((each) => search.try(rounded(search.scenario, each)))
  const coarser = steps.filter((each) => step === undefined || each > step)
  coarser.find((each) => search.try({ ...search.scenario, chaosMs: ceiling(search.scenario.chaosMs, each) }))
  for (const list of ['schedule', 'requests'] as const) {
    for (let index = 0; index < search.scenario[list].length; index++) {
      for (const each of coarser) {
        if (search.exhausted) return
        const { scenario } = search
        const items: readonly { readonly atMs: number }[] = scenario[list]
        const changed = items.map((item, place) => (place === index ? roundAll(item, each) : item))
        if (search.try({ ...scenario, [list]: inOrder(changed) })) break
      }
    }
  }
}

function rounded(scenario: Scenario, step: number): Scenario {
  const { schedule, requests } = scenario
  const chaosMs = ceiling(scenario.chaosMs, step)
  return {
    ...scenario,
    chaosMs,
    schedule: inOrder(schedule.map((item) => roundAll(item, step))),
    requests: inOrder(requests.map((item) => roundAll(item, step))),
  }
}

/** Everything that is measured in an item, cut to multiples of `step`, or, where that would be nothing, to one digit. */
function roundAll<T>(item: T, step: number): T {
  const round = (value: unknown): unknown => {
    if (typeof value === 'number') return Number.isInteger(value) ? value : shortened(value, step)
    if (Array.isArray(value)) return value.map((each: unknown) => round(each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, round(each)]))
  }
  return round(item) as T
}

/** Never more than it was: what is within a bound stays there. */
function shortened(value: number, step: number): number {
  const multiple = trimmed(Math.trunc(value / step) * step)
  if (multiple !== 0) return multiple
  const [digit, exponent] = value.toExponential().split(/(?:\.\d+)?e/)
  return Number(`${digit}e${exponent}`)
}

function ceiling(value: number, step: number): number {
  return trimmed(Math.ceil(value / step) * step)
}

/** Without what binary fractions add at the end. */
function trimmed(value: number): number {
  return Number(value.toPrecision(12))
}

function replaced<T>(items: readonly T[], index: number, change: Partial<T> | object): T[] {
  return items.map((item, place) => (place === index ? { ...item, ...change } : item))
}

/** The values in the smallest integers that are ordered as they are. */
function ranks(values: readonly number[]): number[] {
  const sorted = [...new Set(values)].sort((a, b) => a - b)
  return values.map((value) => sorted.indexOf(value) + 1)
}
