import { invalidOption, requireInteger } from '@quorate/core'
import { availableParallelism } from 'node:os'
import { builtIn, requireModule } from '../algorithms.js'
import { attackedKinds, definitionKinds, type Attacked, type AttackedKind } from '../run/attacked.js'
import { usualElection } from '../run/definitions.js'
import { parseFaults } from '../run/declared-run.js'
import { parseDuration } from '../run/duration.js'
import { parseLatency } from '../run/latency-name.js'
import type { CampaignRequest } from './campaign.js'
import { commandLine, scenarioCommandLine } from './command-line.js'
import { readKept, type Kept } from './kept-file.js'
import { parseNodeCounts, parseSeeds, parseShard, type SeedRange } from './seeds.js'
import type { CampaignOptions } from './task.js'

/** What `quorate simulate` was told, as it was typed. */
export interface SimulateFlags {
  readonly election?: readonly string[]
  readonly agreement?: readonly string[]
  readonly failureDetector?: readonly string[]
  readonly log?: readonly string[]
  readonly scenario?: string
  readonly replay?: string
  readonly nodes?: string
  readonly seeds?: string
  readonly minutes?: string
  readonly jobs?: string
  readonly faults?: string
  readonly maxFaulty?: string
  readonly maxDelay?: string
  readonly chaos?: string
  readonly latency?: string
  readonly shard?: string
  readonly keepGoing?: true
  readonly runTimeout: string
  readonly out: string
  readonly json?: true
}

export const usualNodes = '3,4,5'

type Common = Pick<CampaignRequest, 'jobs' | 'durationMs' | 'runTimeoutMs' | 'keepGoing' | 'shard'>

/**
 * The campaigns that the flags ask for: against the algorithms that are named, or all of ours, of one scenario, or of what was found before.
 * Throws what parsing them does, and `QUORATE_UNKNOWN_ALGORITHM` for names that lead nowhere.
 */
export function campaignRequests(flags: SimulateFlags): readonly CampaignRequest[] {
  const common: Common = {
    shard: flags.shard === undefined ? undefined : parseShard(flags.shard),
    jobs: flags.jobs === undefined ? availableParallelism() : integer('--jobs', flags.jobs, { min: 1, max: 256 }),
    durationMs: undefined,
    runTimeoutMs: positive('--run-timeout', flags.runTimeout),
    keepGoing: flags.keepGoing === true,
  }
  const file = flags.scenario ?? flags.replay
  const requests =
    file === undefined
      ? attackedBy(flags).map((attacked) => against(attacked, flags, common))
      : readKept(file, flags.scenario === undefined ? 'anything' : 'a scenario').map((kept) =>
          again(kept, file, flags, common),
        )
  for (const { attacked } of requests) {
    requireModule(definitionKinds[attacked.kind], attacked.algorithm)
    if (attacked.kind === 'log') requireModule('election', attacked.election)
  }
  return requests
}

function attackedBy({
  election = [],
  agreement = [],
  failureDetector = [],
  log = [],
}: SimulateFlags): readonly Attacked[] {
  const named = (kind: AttackedKind, algorithms: readonly string[], carrier = usualElection): Attacked[] =>
    algorithms.map((algorithm) => ({ kind, algorithm, election: carrier }))
  const carriers = election.length > 0 ? election : [usualElection]
  const chosen = [
    ...(log.length === 0 ? named('election', election) : []),
    ...named('vote', agreement),
    ...named('detector', failureDetector),
    ...carriers.flatMap((carrier) => named('log', log, carrier)),
  ]
  if (chosen.length > 0) return chosen
  return attackedKinds.flatMap((kind) => named(kind, Object.keys(builtIn[definitionKinds[kind]])))
}

function against(attacked: Attacked, flags: SimulateFlags, common: Common): CampaignRequest {
  const faults = flags.faults === undefined ? undefined : parseFaults(flags.faults)
  const nodes = parseNodeCounts(flags.nodes ?? usualNodes)
  const options: CampaignOptions = {
    ...(faults !== undefined && { faults }),
    ...(flags.maxFaulty !== undefined && {
      maxFaulty: integer('--max-faulty', flags.maxFaulty, { min: 0, max: Math.min(...nodes) }),
    }),
    ...(flags.maxDelay !== undefined && { maxDelayMs: positive('--max-delay', flags.maxDelay) }),
    ...(flags.chaos !== undefined && { chaosMs: parseDuration('--chaos', flags.chaos) }),
    ...(flags.latency !== undefined && { latency: parseLatency(flags.latency) }),
  }
  return {
    ...common,
    attacked,
    options,
    scenario: undefined,
    seeds: seedsOf(flags, { from: 1, to: flags.minutes === undefined ? 1_000 : Infinity }),
    nodes,
    expected: [],
    commandOf: (run) => commandLine(attacked, options, run),
  }
}

/** What was found before, or a scenario, is run again. */
function again(kept: Kept, file: string, flags: SimulateFlags, common: Common): CampaignRequest {
  const { attacked, options, scenario, seed, nodes } = kept
  const seeds = seedsOf(flags, { from: seed, to: seed })
  const same = seeds.from === seed && seeds.to === seed
  return {
    ...common,
    attacked,
    options,
    scenario,
    seeds,
    nodes: [nodes],
    // With another seed it is another run.
    expected: same ? kept.expected : [],
    commandOf: (run) =>
      scenario === undefined ? commandLine(attacked, options, run) : scenarioCommandLine(file, same ? undefined : run),
  }
}

function seedsOf(flags: SimulateFlags, usual: SeedRange): SeedRange {
  const seeds = flags.seeds === undefined ? usual : parseSeeds(flags.seeds)
  if (seeds.to === Infinity && flags.minutes === undefined)
    throw invalidOption('--seeds', flags.seeds, 'with an end, or together with --minutes')
  return seeds
}

/** How long all campaigns together may take, in minutes. */
export function minutesOf({ minutes }: SimulateFlags): number | undefined {
  if (minutes === undefined) return undefined
  const number = /^\d+(\.\d+)?$/.test(minutes) ? Number(minutes) : NaN
  if (!(number > 0 && number <= 10_000)) throw invalidOption('--minutes', minutes, 'a number above 0, at most 10000')
  return number
}

function integer(option: string, text: string, range: { readonly min: number; readonly max: number }): number {
  return requireInteger(option, /^\d+$/.test(text) ? Number(text) : text, range)
}

function positive(option: string, text: string): number {
  const ms = parseDuration(option, text)
  if (ms === 0) throw invalidOption(option, text, 'longer than no time')
  return ms
}
