import type { Report } from '../report.js'
import { median } from '../statistics.js'
import { selectedCases, wordsOf, type Case } from './cases.js'
import { KvCluster } from './kv-cluster.js'
import { fill, measure, warmUp, type Measurement } from './measure.js'
import { Scratch } from './scratch.js'
import { chosenTargets, targetFlags, targetTitle, type Target, type TargetChoice } from './targets.js'

export interface SpeedOptions extends TargetChoice {
  readonly rounds: number
  /** How long each case is measured in each round, about. */
  readonly seconds: number
  readonly cases: readonly string[]
}

/** What was measured of one case: each program's rounds. */
export interface CaseResult {
  readonly words: readonly string[]
  readonly rounds: Readonly<Partial<Record<Target['name'], readonly Measurement[]>>>
}

/** Puts and linearizable reads through three nodes of etcd and of ours in turn, the same bytes to both. */
export async function speed(options: SpeedOptions): Promise<Report> {
  const cases = selectedCases(options.cases)
  const targets = chosenTargets(options)
  const measured = new Map(targets.map((target) => [target, cases.map((): Measurement[] => [])]))
  const scratch = new Scratch()
  try {
    for (let round = 0; round < options.rounds; round++) {
      // What runs second meets another machine than what runs first; so they take turns.
      for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
        const measurements = await oneRound(target, cases, options, scratch)
        measurements.forEach((measurement, index) => measured.get(target)?.[index]?.push(measurement))
        process.stderr.write(`bench: kv, round ${round + 1} of ${options.rounds}, ${target.name} done\n`)
      }
    }
  } finally {
    await scratch.close()
  }
  const results = cases.map((each, index): CaseResult => {
    const rounds = targets.map((target) => [target.name, measured.get(target)?.[index] ?? []] as const)
    return { words: wordsOf(each), rounds: Object.fromEntries(rounds) }
  })
  return speedReport(options, targets, results)
}

async function oneRound(
  target: Target,
  cases: readonly Case[],
  { seconds, cpuProfile }: SpeedOptions,
  scratch: Scratch,
): Promise<readonly Measurement[]> {
  const cluster = await KvCluster.launch(target, scratch)
  const measurements: Measurement[] = []
  await fill(cluster, cases, scratch)
  await warmUp(cluster, scratch)
  for (const each of cases) measurements.push(await measure(cluster, each, seconds, scratch))
  // Node writes a profile when it ends by itself.
  await cluster.close({ asked: cpuProfile !== undefined })
  return measurements
}

/** Medians of the rounds, and with two programs how much faster the second is. */
export function speedReport(options: SpeedOptions, targets: readonly Target[], results: readonly CaseResult[]): Report {
  const { rounds, seconds, cases } = options
  const titles = targets.map((target) => targetTitle(target, options))
  const both = targets.length === 2
  const flags = `${cases.length === 0 ? '' : ` --cases ${cases.join(',')}`}${targetFlags(options)}`
  return {
    name: 'kv',
    title:
      `Three nodes on one machine, values of 256 bytes, every write synced: ` +
      `${rounds === 1 ? 'one round' : `medians of ${rounds} rounds`} of about ${seconds} s`,
    command: `npm run bench -- kv --rounds ${rounds} --seconds ${seconds}${flags}`,
    columns: [
      ...['request', 'connections × in flight', 'at', 'keys'],
      ...titles.map((title) => `${title}, a second`),
      ...(both ? ['ratio'] : []),
      ...titles.map((title) => `${title}, p99`),
      ...titles.map((title) => `${title}, CPU s per 1,000`),
    ],
    rows: results.map((result) => row(result, targets)),
    data: { rounds, seconds, ours: options.ours ?? 'quorate', cases: results.map((result) => asData(result)) },
  }
}

function row({ words, rounds }: CaseResult, targets: readonly Target[]): readonly string[] {
  const [operation, shape, at, keys] = words as readonly [string, string, string, string]
  const medians = targets.map(({ name }) => mediansOf(rounds[name] ?? []))
  const [first, second] = medians
  const ratio = first === undefined || second === undefined ? [] : [(second.perSecond / first.perSecond).toFixed(2)]
  return [
    ...[operation, shape.replace('x', ' × '), at, keys === 'one' ? '1' : '10,000'],
    ...medians.map(({ perSecond }) => Math.round(perSecond).toLocaleString('en')),
    ...ratio,
    ...medians.map(({ p99Ms }) => `${p99Ms.toFixed(1)} ms`),
    ...medians.map(({ cpuSecondsPer1000 }) => cpuSecondsPer1000.toFixed(3)),
  ]
}

function asData({ words, rounds }: CaseResult): Readonly<Record<string, unknown>> {
  const { etcd, ours } = rounds
  const [etcdMedians, oursMedians] = [etcd, ours].map((each) => (each === undefined ? undefined : mediansOf(each)))
  const ratio =
    etcdMedians === undefined || oursMedians === undefined
      ? {}
      : { ratio: oursMedians.perSecond / etcdMedians.perSecond }
  return { case: words.join(' '), ...ratio, etcd: etcdMedians, ours: oursMedians, rounds }
}

function mediansOf(rounds: readonly Measurement[]): Omit<Measurement, 'requests'> {
  const of = (pick: (measurement: Measurement) => number): number => median(rounds.map(pick))
  return {
    perSecond: of(({ perSecond }) => perSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    cpuSecondsPer1000: of(({ cpuSecondsPer1000 }) => cpuSecondsPer1000),
  }
}
