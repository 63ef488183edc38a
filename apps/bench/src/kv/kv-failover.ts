import type { Report } from '../report.js'
import { median } from '../statistics.js'
import { faults, faultsInTurn, requireAll, type Fault, type Outage } from './faults.js'
import { KvCluster } from './kv-cluster.js'
import { Scratch } from './scratch.js'
import { chosenTargets, targetFlags, targetTitle, type Target, type TargetChoice } from './targets.js'

export interface KvFailoverOptions extends TargetChoice {
  /** How often each fault happens. */
  readonly rounds: number
}

const titles: Readonly<Record<Fault, string>> = {
  kill: 'killed (SIGKILL)',
  pause: 'stopped (SIGSTOP)',
  resume: 'continued after 3 s (SIGCONT)',
  terminate: 'told to end (SIGTERM)',
}

/** How long no write was acknowledged when the leader of three nodes failed, with one writer at each of the others. */
export async function kvFailover(options: KvFailoverOptions): Promise<Report> {
  const targets = chosenTargets(options)
  const outages = new Map(targets.map((target) => [target, [] as Outage[]]))
  let acknowledgedWrites = 0
  const scratch = new Scratch()
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
        const cluster = await KvCluster.launch(target, scratch)
        const { outages: found, acknowledged } = await faultsInTurn(cluster)
        await requireAll(cluster, acknowledged)
        await cluster.close({ asked: options.cpuProfile !== undefined })
        outages.get(target)?.push(...found)
        acknowledgedWrites += acknowledged.length
        process.stderr.write(`bench: kv-failover, round ${round + 1} of ${options.rounds}, ${target.name} done\n`)
      }
    }
  } finally {
    await scratch.close()
  }
  return kvFailoverReport(options, acknowledgedWrites, outages)
}

/** Each fault, and what it did to each program. */
export function kvFailoverReport(
  options: KvFailoverOptions,
  acknowledgedWrites: number,
  outages: ReadonlyMap<Target, readonly Outage[]>,
): Report {
  const { rounds } = options
  const rows = faults.flatMap((fault) =>
    [...outages].map(([target, all]) => {
      const those = all.filter((outage) => outage.fault === fault)
      const unavailable = those.map(({ unavailableMs }) => unavailableMs)
      const failed = those.reduce((sum, { failedWrites }) => sum + failedWrites, 0)
      return [
        ...[titles[fault], targetTitle(target, options), String(those.length)],
        ...[median(unavailable), Math.max(...unavailable)].map((value) => `${value.toFixed(0)} ms`),
        String(failed),
      ]
    }),
  )
  return {
    name: 'kv-failover',
    title: 'Three nodes, each of the two that are not the leader written to: no write acknowledged',
    command: `npm run bench -- kv-failover --rounds ${rounds}${targetFlags(options)}`,
    columns: ['the leader is', 'program', 'times', 'median', 'longest', 'failed writes'],
    rows,
    data: {
      rounds,
      acknowledgedWrites,
      outages: Object.fromEntries([...outages].map(([target, all]) => [target.name, all])),
    },
  }
}
