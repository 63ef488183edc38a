import type { OpenStores, RunOptions, RunResult } from '@quorate/simulation'
import { bully } from '@quorate/election/bully'
import { raft } from '@quorate/election/raft'
import { timestamp } from '@quorate/election/timestamp'
import { phiAccrual } from '@quorate/failure-detection/phi-accrual'
import { raftLog } from '@quorate/replication'
import { runAgreement, runElection, runFailureDetector, runReplicatedLog } from '@quorate/simulation'
import { threshold } from '@quorate/voting/threshold'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import type { Report } from './report.js'
import { median } from './statistics.js'

const rounds = 5
const seeds = 60
const nodes = 5

/** Small, as the sweeps have it: a short run begins many segments, and reads old records back. */
const onDisk: OpenStores = (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024, maxCachedBytes: 1024 })

/** Each kind of run that attacks an algorithm with what it declares, checked after every step. */
const campaigns: Readonly<Record<string, (options: RunOptions) => RunResult>> = {
  'log under load, nothing fails': (options) =>
    runReplicatedLog(raftLog, { ...options, election: raft, faults: [], maxFaulty: 0 }),
  'log, all faults, on the write-ahead log': (options) =>
    runReplicatedLog(raftLog, { ...options, election: raft, stores: onDisk }),
  'election `raft`, on the write-ahead log': (options) => runElection(raft, { ...options, stores: onDisk }),
  'election `timestamp`, on the write-ahead log': (options) => runElection(timestamp, { ...options, stores: onDisk }),
  'election `bully`': (options) => runElection(bully, options),
  'vote `threshold`': (options) => runAgreement(threshold, options),
  'detector `phi-accrual`': (options) => runFailureDetector(phiAccrual, options),
}

interface Round {
  readonly eventsPerSecond: number
  readonly runsPerSecond: number
  readonly virtualHoursPerMinute: number
}

/** How fast campaigns attack algorithms: events, runs and virtual time of one core, the kinds by turns. */
export function attacks(): Report {
  const measured = new Map<string, Round[]>(Object.keys(campaigns).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, campaign] of Object.entries(campaigns)) measured.get(name)?.push(one(campaign, round))
  }
  const medians = [...measured].map(([name, each]) => ({
    name,
    eventsPerSecond: median(each.map(({ eventsPerSecond }) => eventsPerSecond)),
    runsPerSecond: median(each.map(({ runsPerSecond }) => runsPerSecond)),
    virtualHoursPerMinute: median(each.map(({ virtualHoursPerMinute }) => virtualHoursPerMinute)),
  }))
  return {
    name: 'campaigns',
    title: `Five nodes attacked on one core, all guarantees checked after every step, ${seeds} seeds in each of ${rounds} rounds`,
    command: 'npm run bench -- campaigns',
    columns: ['what', 'events a second', 'seeds a second', 'virtual hours a minute'],
    rows: medians.map(({ name, eventsPerSecond, runsPerSecond, virtualHoursPerMinute }) => [
      name,
      `${Math.round(eventsPerSecond / 1000)},000`,
      runsPerSecond.toFixed(0),
      virtualHoursPerMinute.toFixed(1),
    ]),
    data: { seeds, rounds, campaigns: Object.fromEntries(measured) },
  }
}

function one(campaign: (options: RunOptions) => RunResult, round: number): Round {
  let events = 0
  let virtualMs = 0
  const before = process.cpuUsage()
  for (let seed = 1 + round * seeds; seed <= (round + 1) * seeds; seed++) {
    const result = campaign({ nodes, seed })
    if (result.violations.length > 0) throw new Error(`${result.command}: ${JSON.stringify(result.violations)}`)
    events += result.events
    virtualMs += result.virtualMs
  }
  const { user, system } = process.cpuUsage(before)
  const seconds = (user + system) / 1e6
  return {
    eventsPerSecond: events / seconds,
    runsPerSecond: seeds / seconds,
    virtualHoursPerMinute: virtualMs / 3_600_000 / (seconds / 60),
  }
}
