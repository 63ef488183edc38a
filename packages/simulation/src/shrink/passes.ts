import type { FaultKind, NodeId } from '@quorate/core'
import type { ScheduledFault } from '../fault-action.js'
import { nodeIds } from '../node-ids.js'
import type { Scenario } from '../scenario/scenario.js'
import type { ScheduledRequest } from '../scheduled-request.js'
import { ddmin } from './ddmin.js'
import { episodesOf, inOrder, scheduleFrom, withoutEnd, type Episode } from './episodes.js'
import { kindsOf } from './kinds.js'
import { saysLinks } from './links.js'
import type { Search } from './search.js'

/** Ends faults, and with them the run, as soon as what is violated is: what comes later has no part in it. */
export function endSooner(search: Search): void {
  const { atMs } = search.violation
  if (atMs < search.scenario.chaosMs) search.try(endingAt(search.scenario, atMs))
  const { schedule, requests } = search.scenario
  const lastMs = Math.max(0, ...[...schedule, ...requests].map((item) => item.atMs))
  if (lastMs < search.scenario.chaosMs) search.try({ ...search.scenario, chaosMs: lastMs })
  if (search.try(endingAt(search.scenario, 0))) return
  for (let parts = 2; parts <= 16; parts *= 2) {
    // What is shorter than a message takes is as short as can be told.
    const fraction = 1 - 1 / parts
    while (search.scenario.chaosMs > search.scenario.maxDelayMs) {
      if (!search.try(endingAt(search.scenario, search.scenario.chaosMs * fraction))) break
    }
  }
}

function endingAt(scenario: Scenario, chaosMs: number): Scenario {
  const { schedule, requests } = scenario
  return {
    ...scenario,
    chaosMs,
    schedule: schedule.filter(({ atMs }) => atMs <= chaosMs),
    requests: requests.filter(({ atMs }) => atMs <= chaosMs),
  }
}

/** Has nobody hunted, or puts the cuts that the hunt made into the schedule, where they can be read. */
export function endHunt(search: Search): void {
  const { scenario } = search
  if (scenario.huntLeaders !== true || search.exhausted || search.try({ ...scenario, huntLeaders: false })) return
  const { trace } = search.run(scenario, 1_000_000)
  search.runs++
  const known = new Set(scenario.schedule.map((fault) => JSON.stringify(fault)))
  const cuts = trace.flatMap((entry): ScheduledFault[] => {
    if (entry.type !== 'fault' || (entry.action.type !== 'cut' && entry.action.type !== 'mend')) return []
    const fault = { atMs: entry.at, action: entry.action }
    return known.has(JSON.stringify(fault)) ? [] : [fault]
  })
  search.try({ ...scenario, huntLeaders: false, schedule: inOrder([...scenario.schedule, ...cuts]) })
}

export function fewerFaults(search: Search): void {
  const fails = (episodes: readonly Episode[]): boolean =>
    search.try({ ...search.scenario, schedule: scheduleFrom(episodes) })
  ddmin(episodesOf(search.scenario.schedule), fails)
  // What does not end by itself ends when faults cease.
  for (let index = 0; ; index++) {
    const episodes = episodesOf(search.scenario.schedule)
    if (index >= episodes.length) return
    fails(episodes.map((episode, place) => (place === index ? withoutEnd(episode) : episode)))
  }
}

export function fewerRequests(search: Search): void {
  ddmin(search.scenario.requests, (requests) => search.try({ ...search.scenario, requests }))
}

/** Fewer kinds of faults in the model: without those that nothing in the schedule stands for. */
export function fewerKinds(search: Search): void {
  const { faults, schedule, huntLeaders } = search.scenario
  const needed = new Set<FaultKind>(schedule.flatMap(({ action }) => kindsOf(action)))
  if (huntLeaders === true) needed.add('partition')
  if (!saysLinks(search.scenario)) needed.add('reordering')
  const kept = faults.filter((kind) => needed.has(kind))
  ddmin(
    faults.filter((kind) => !needed.has(kind)),
    (spare) => search.try({ ...search.scenario, faults: [...kept, ...spare] }),
  )
}

/**
 * Leaves out nodes, one by one. With them goes what they had a part in, and what the algorithm survives: `resilience` says how many of
 * how many nodes may be faulty.
 */
export function fewerNodes(search: Search, resilience: (nodes: number) => number): void {
  while (search.scenario.nodes > 1 && !search.exhausted) {
    const { nodes, maxFaulty } = search.scenario
    const within = Math.max(0, maxFaulty - (resilience(nodes) - resilience(nodes - 1)))
    const without = nodeIds(nodes).toReversed()
    if (!without.some((id) => search.try({ ...leaveOut(search.scenario, id), maxFaulty: within }))) return
  }
}

/** The scenario without one node; those behind it move up, so that they are still called in order. */
function leaveOut(scenario: Scenario, gone: NodeId): Scenario {
  const before = nodeIds(scenario.nodes)
  const after = nodeIds(scenario.nodes - 1)
  const names = new Map(before.filter((id) => id !== gone).map((id, index) => [id, after[index] as NodeId]))
  const { values } = scenario
  return {
    ...scenario,
    nodes: scenario.nodes - 1,
    ...(values !== undefined && { values: values.filter((_, index) => before[index] !== gone) }),
    schedule: scenario.schedule.flatMap(({ atMs, action }) => {
      const renamed = rename(action, names)
      return renamed === undefined ? [] : [{ atMs, action: renamed }]
    }),
    requests: scenario.requests.flatMap((request) => rename<ScheduledRequest>(request, names) ?? []),
  }
}

/** The same with other names; `undefined` when it is about nobody any more. */
function rename<T extends object>(item: T, names: ReadonlyMap<NodeId, NodeId>): T | undefined {
  const renamed: Record<string, unknown> = { ...(item as Readonly<Record<string, unknown>>) }
  for (const field of ['node', 'peer', 'to', 'from', 'forGood']) {
    const value = renamed[field]
    if (typeof value === 'string') renamed[field] = names.get(value)
    else if (Array.isArray(value)) renamed[field] = value.flatMap((id: NodeId) => names.get(id) ?? [])
    else continue
    const left = renamed[field] as NodeId | readonly NodeId[] | undefined
    if (left === undefined || left.length === 0) return undefined
  }
  return renamed as T
}
