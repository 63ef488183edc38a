import { type Attacked, type AttackedKind } from '../run/attacked.js'
import { usualElection } from '../run/definitions.js'
import { quoted } from '../run/run-report.js'
import type { PlannedRun } from './seeds.js'
import type { CampaignOptions } from './task.js'

/** The flag that names an algorithm of each kind. */
const flagOf: Readonly<Record<AttackedKind, string>> = {
  election: '--election',
  vote: '--vote',
  detector: '--failure-detector',
  log: '--log',
}

/** The command line of a campaign against one algorithm, of one run where one is given. */
export function commandLine(
  { kind, algorithm, election }: Attacked,
  { faults, maxFaulty, maxDelayMs, chaosMs, latency }: CampaignOptions,
  run: PlannedRun | undefined,
): string {
  const words = [flagOf[kind], algorithm]
  if (kind === 'log' && election !== usualElection) words.push('--election', election)
  if (faults !== undefined) words.push('--faults', faults.join(',') || 'none')
  if (maxFaulty !== undefined) words.push('--max-faulty', String(maxFaulty))
  if (maxDelayMs !== undefined) words.push('--max-delay', `${maxDelayMs}ms`)
  if (chaosMs !== undefined) words.push('--chaos', `${chaosMs}ms`)
  if (latency !== undefined) words.push('--latency', latency)
  if (run !== undefined) words.push('--nodes', String(run.nodes), '--seeds', String(run.seed))
  return simulate(words)
}

/** The command line that runs a scenario, with another seed than its own where a run is given. */
export function scenarioCommandLine(file: string, run?: PlannedRun): string {
  return simulate(['--scenario', file, ...(run === undefined ? [] : ['--seeds', String(run.seed)])])
}

function simulate(words: readonly string[]): string {
  return ['npx', 'quorate', 'simulate', ...words].map(quoted).join(' ')
}
