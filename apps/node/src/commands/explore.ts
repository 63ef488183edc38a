import { invalidOption, requireInteger } from '@quorate/core'
import {
  exploreAgreement,
  exploreElection,
  exploreReplicatedLog,
  type ExplorationCounts,
  type ExplorationResult,
  type ExploreOptions,
} from '@quorate/simulation'
import { Argument, type Command } from 'commander'
import { getHeapStatistics } from 'node:v8'
import { loadAgreement, loadElection, loadReplicatedLog } from '../algorithms.js'
import { formatDuration, parseDuration } from '../run/duration.js'
import { plain, type Paint } from '../status/table.js'
import { decimal } from './decimal.js'
import { stdoutPaint } from './stdout-paint.js'

const kinds = ['election', 'vote', 'log'] as const
type Kind = (typeof kinds)[number]

const usualAlgorithms: Readonly<Record<Kind, string>> = { election: 'raft', vote: 'threshold', log: 'raft-log' }

interface ExploreFlags {
  readonly algorithm?: string
  readonly election?: string
  readonly nodes: string
  readonly timers: string
  readonly timersInAll?: string
  readonly crashes: string
  readonly proposals?: string
  readonly stands?: string
  readonly pendingWrites: string
  readonly time?: true
  readonly symmetric?: true
  readonly maxStates: string
  readonly maxTime: string
  readonly json?: true
}

const examples = `
What is explored: every message may arrive at any time, any number of times, or never; every timer that is set may run out, as
often as --timers says; a node may crash at any time, lose what was not durable, and start again. Time stands still: what looks
at its clock to see how long it has waited has not waited, unless --time is given. What an event writes is durable or lost right
behind it, unless --pending-writes lets it wait. --symmetric is your word that names decide nothing: not so for bully and timestamp,
which rank nodes. What "exhaustive" rests on, and what is not checked at all, is said with the result.

  quorate explore log --timers 2 --timers-in-all 2 --symmetric     Raft, until nothing more can happen
  quorate explore election --algorithm timestamp --timers 1
  quorate explore vote --algorithm @quorate/voting/exhibits/naive-threshold

Two elections, two entries and a crash take long; what was reached by then is said, also when memory ends. A million states take
about 3 GB:
  NODE_OPTIONS=--max-old-space-size=16000 \\
  quorate explore log --timers-in-all 2 --proposals 2 --symmetric --max-time 1h

Exit code 0: nothing was found, and whether that was everything is said; 1: a violation, with the steps that lead to it; 2: called
wrongly.`

/** `quorate explore`: every schedule of a small world. */
export function registerExplore(program: Command): void {
  program
    .command('explore')
    .summary('run every schedule of a small world')
    .description(
      'Runs an election, a vote or a replicated log through every order of deliveries, losses, timers, crashes and writes that few ' +
        'nodes can see, and checks what it guarantees, but for progress, after every step.',
    )
    .addArgument(new Argument('<kind>', 'what to explore').choices(kinds))
    .option('--algorithm <name>', 'short name or module (default: raft, threshold or raft-log)')
    .option('--election <name>', 'of a log: the election that carries it (default: raft)')
    .option('--nodes <count>', 'how many nodes, 1 to 7', '3')
    .option('--timers <count>', 'how often timers may run out on each node', '2')
    .option('--timers-in-all <count>', 'how often on all nodes together (default: as often as on each)')
    .option('--crashes <count>', 'how often a node may crash and start again, in all', '1')
    .option('--proposals <count>', 'of a log: how many commands are proposed (default 1)')
    .option('--stands <count>', 'of an election or a log: how often a node may be asked to stand (default 0)')
    .option('--pending-writes <count>', 'how many writes of a node may wait while other things happen to it', '0')
    .option('--time', "a timer that runs out moves its node's clock to when it was due")
    .option('--symmetric', 'run once what differs in the names of nodes only: for algorithms that do not rank nodes')
    .option('--max-states <count>', 'give up after so many states', '5000000')
    .option('--max-time <time>', 'give up after so long', '10m')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action(async (kind: Kind, flags: ExploreFlags) => {
      const algorithm = flags.algorithm ?? usualAlgorithms[kind]
      const started = performance.now()
      const result = await explore(kind, algorithm, flags, new Progress())
      const ms = performance.now() - started
      const { violations, ...counts } = result
      if (flags.json === true) {
        const found = violations.map(({ property, what, steps }) => ({ property, what, steps }))
        process.stdout.write(
          `${JSON.stringify({ kind, algorithm, ...counts, violations: found, ms: Math.round(ms) })}\n`,
        )
      } else {
        process.stdout.write(
          explorationText(`${kind} by ${algorithm} among ${flags.nodes} nodes`, result, ms, stdoutPaint()),
        )
      }
      process.exitCode = violations.length > 0 ? 1 : 0
    })
}

async function explore(
  kind: Kind,
  algorithm: string,
  flags: ExploreFlags,
  progress: Progress,
): Promise<ExplorationResult> {
  requireUsed(kind, flags)
  const maxTimeMs = parseDuration('--max-time', flags.maxTime)
  const started = performance.now()
  const options: ExploreOptions = {
    nodes: count('--nodes', flags.nodes, 1, 7),
    timers: count('--timers', flags.timers, 0, 255),
    ...(flags.timersInAll !== undefined && { timersInAll: count('--timers-in-all', flags.timersInAll, 0, 255) }),
    crashes: count('--crashes', flags.crashes, 0, 255),
    pendingWrites: count('--pending-writes', flags.pendingWrites, 0, 255),
    time: flags.time === true,
    symmetric: flags.symmetric === true,
    maxStates: count('--max-states', flags.maxStates, 1, 1_000_000_000),
    stop: (counts) => {
      progress.show(counts)
      if (performance.now() - started >= maxTimeMs) return `${flags.maxTime} had passed`
      return outOfMemory()
    },
  }
  const stands = count('--stands', flags.stands ?? '0', 0, 255)
  try {
    switch (kind) {
      case 'election':
        return exploreElection(await loadElection(algorithm), { ...options, stands })
      case 'vote':
        return exploreAgreement(await loadAgreement(algorithm), options)
      case 'log': {
        const proposals = count('--proposals', flags.proposals ?? '1', 0, 255)
        const election = await loadElection(flags.election ?? 'raft')
        return exploreReplicatedLog(await loadReplicatedLog(algorithm), { ...options, election, proposals, stands })
      }
    }
  } finally {
    progress.clear()
  }
}

/** Of the limit that Node says, what its young generation takes, and not what lasts. */
const youngGeneration = 48 * 2 ** 20

/** Node ends a process whose heap is full, and nothing of what it found would be told. */
function outOfMemory(): string | undefined {
  const { used_heap_size: used, heap_size_limit: allowed } = getHeapStatistics()
  const limit = allowed - youngGeneration
  if (used < 0.85 * limit) return undefined
  const limitMb = Math.round(limit / 2 ** 20)
  return `the memory that Node allows was used up, ${limitMb} MB: NODE_OPTIONS=--max-old-space-size=MB allows more`
}

function requireUsed(kind: Kind, { election, proposals, stands }: ExploreFlags): void {
  const unused = [
    ['--election', election, kind === 'log'],
    ['--proposals', proposals, kind === 'log'],
    ['--stands', stands, kind !== 'vote'],
  ] as const
  for (const [flag, value, used] of unused) {
    if (value !== undefined && !used) throw invalidOption(flag, value, `left out for ${kind}, which takes none`)
  }
}

function count(flag: string, text: string, min: number, max: number): number {
  return requireInteger(flag, decimal(text), { min, max })
}

/** How far it has come, on a terminal. */
class Progress {
  #shownMs = 0

  show({ states, transitions }: ExplorationCounts): void {
    const now = performance.now()
    if (!process.stderr.isTTY || now - this.#shownMs < 200) return
    this.#shownMs = now
    process.stderr.write(`\r\u001b[K${grouped(states)} states, ${grouped(transitions)} events`)
  }

  clear(): void {
    if (this.#shownMs > 0) process.stderr.write('\r\u001b[K')
  }
}

/** What was explored, and what was found, in words. */
export function explorationText(what: string, result: ExplorationResult, ms: number, paint: Paint = plain): string {
  const { states, nodeStates, transitions, schedules, restStates, violations, beyondModel, unchecked } = result
  const lines = [
    what,
    `  ${grouped(states)} states gone on from, ${grouped(restStates)} of them with nothing more to happen; ${grouped(nodeStates)} different states of the nodes`,
    `  ${grouped(schedules)} schedules, ${grouped(transitions)} events; ${grouped(result.executed)} were run, to see what each does; ${formatDuration(ms)}`,
    result.exhaustive
      ? `  ${paint('green', 'exhaustive')}: this is all that can happen within these bounds, as long as`
      : `  ${paint('yellow', 'not exhaustive')}: ${result.stopped ?? ''}. What was explored rests on this:`,
    ...result.assumptions.map((each) => `    - ${each}`),
  ]
  if (beyondModel.length > 0)
    lines.push(`  beyond what the algorithm declares to tolerate, and explored all the same: ${beyondModel.join(', ')}`)
  for (const { property, what: found, steps } of violations) {
    lines.push(`  ${paint('red', property)}: ${found}`)
    steps.forEach((step, place) => lines.push(`    ${place + 1}. ${step.node} ${step.what}`))
  }
  if (unchecked.length > 0) lines.push(`  not checked: ${unchecked.join(', ')}`)
  if (violations.length === 0) lines.push('  everything that was checked held in all that was reached')
  return `${lines.join('\n')}\n`
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}
