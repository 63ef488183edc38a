import { raft } from '@quorate/election/raft'
import { raftLog } from '@quorate/replication'
import { exploreReplicatedLog } from '@quorate/simulation'
import type { Report } from './report.js'
import { median } from './statistics.js'

/** Explores Raft among three nodes, with two timers that run out, one crash and one proposal, so many times; counts states and events. */
export function explore(rounds: number): Report {
  const speeds: { readonly states: number; readonly events: number }[] = []
  let [states, events] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now()
    const result = exploreReplicatedLog(raftLog, { nodes: 3, election: raft, timersInAll: 2, symmetric: true })
    const seconds = (performance.now() - startedMs) / 1000
    if (!result.exhaustive || result.violations.length > 0) throw new Error('the exploration did not come to its end')
    ;({ states, transitions: events } = result)
    speeds.push({ states: states / seconds, events: events / seconds })
  }
  const speed = { states: median(speeds.map((each) => each.states)), events: median(speeds.map((each) => each.events)) }
  const rounded = (value: number): string => Math.round(value).toLocaleString('en')
  return {
    name: 'explore',
    title:
      'Every schedule of Raft among three nodes with two timers that run out, a crash and a proposal, on one core, checked after every event',
    command: `npm run bench -- explore --rounds ${rounds}`,
    columns: ['states a second', 'events a second', 'states', 'events'],
    rows: [[rounded(speed.states), rounded(speed.events), rounded(states), rounded(events)]],
    data: { statesPerSecond: speed.states, eventsPerSecond: speed.events, states, events, rounds },
  }
}
