import { invalidOption, requireInteger } from '@quorate/core'
import { nodeIds } from '@quorate/simulation'
import { Option, type Command } from 'commander'
import { randomInt } from 'node:crypto'
import { runChaos } from '../chaos/chaos-run.js'
import { faultKinds, faultTexts } from '../chaos/faults/kinds.js'
import { chooseFaults } from '../chaos/faults/possible.js'
import { chaosJson } from '../chaos/report/chaos-json.js'
import { chaosText } from '../chaos/report/chaos-text.js'
import { writeArtifacts } from '../chaos/report/artifacts.js'
import { requireTarget, targetNames, type TargetName } from '../chaos/targets.js'
import { workloadNames, type WorkloadName } from '../chaos/workload/history.js'
import { decimal } from './decimal.js'
import { interruptible } from './interrupt.js'
import { stdoutPaint } from './stdout-paint.js'

interface ChaosFlags {
  readonly target: TargetName
  readonly nodes: string
  readonly minutes?: string
  readonly seconds?: string
  readonly seed?: string
  readonly workload: string
  readonly faults?: string
  readonly out?: string
  readonly json?: true
}

const examples = `
Faults (all that are possible here, unless --faults names some):
${faultKinds.map((kind) => `  ${kind.padEnd(11)} ${faultTexts[kind]}`).join('\n')}

  quorate chaos --minutes 10
  quorate chaos --seconds 30 --faults kill,pause,partition --seed 7
  quorate chaos --target etcd --minutes 10     the same, of real etcd

Nodes are processes with real disks; a proxy stands before every port. What the clients saw is checked for linearizability. The report, the
history and the nodes' logs are put into the folder --out.
Exit code 0: the run has passed; 1: it has not: something is wrong, or too little was tried or decided to say that nothing
is; 2: it could not be run, or was called wrongly.`

/** `quorate chaos`: real nodes, or a real etcd, under faults, and whether their clients could tell. */
export function registerChaos(program: Command): void {
  program
    .command('chaos')
    .summary('attack real processes, and check what their clients saw')
    .description(
      'Runs real nodes with real disks under a workload and faults, and checks that what the clients saw is linearizable, that nothing that was acknowledged ' +
        'is lost, and that all nodes hold the same at the end.',
    )
    .addOption(new Option('--target <name>', 'whose nodes are attacked').choices(targetNames).default('quorate'))
    .addOption(new Option('--nodes <count>', 'how many nodes').choices(['3', '5']).default('3'))
    .option('--minutes <count>', 'how long (default 3)')
    .option('--seconds <count>', 'how long, in seconds')
    .option('--seed <integer>', 'draws the same faults and requests again (default: random)')
    .option('--workload <names>', `some of ${workloadNames.join(',')}`, workloadNames.join(','))
    .option('--faults <kinds>', 'some of those below, with commas between them')
    .option('--out <folder>', 'where to put report.html, history.jsonl and logs (default chaos-TARGET-SEED)')
    .option('--json', 'print one JSON object, at the end')
    .addHelpText('after', examples)
    .action((flags: ChaosFlags) => interruptible((signal) => chaos(flags, signal)))
}

async function chaos(flags: ChaosFlags, signal: AbortSignal): Promise<void> {
  const seed = flags.seed === undefined ? randomInt(2 ** 32) : requireInteger('--seed', decimal(flags.seed), { min: 0 })
  const durationMs = durationOf(flags)
  const workloads = parseWorkloads(flags.workload)
  const target = requireTarget(flags.target)
  const { kinds, skipped } = chooseFaults(target, flags.faults)
  const out = flags.out ?? `chaos-${target.name}-${seed}`
  for (const [kind, reason] of skipped) process.stderr.write(`skipped: ${kind}: ${reason}\n`)
  const result = await runChaos({
    target,
    nodes: nodeIds(Number(flags.nodes)),
    seed,
    durationMs,
    workloads,
    faults: kinds,
    skipped,
    logFolder: out,
    onProgress: (text) => process.stderr.write(`${text}\n`),
    signal,
  })
  writeArtifacts(result, out)
  const text = flags.json === true ? JSON.stringify(chaosJson(result)) : chaosText(result, out, stdoutPaint())
  process.stdout.write(`${text}\n`)
  process.exitCode = result.verdict.outcome === 'passed' ? 0 : 1
}

const usualMinutes = 3
const longestMinutes = 24 * 60

function durationOf({ minutes, seconds }: ChaosFlags): number {
  if (minutes !== undefined && seconds !== undefined)
    throw invalidOption('--seconds', seconds, 'left out when --minutes is given')
  if (seconds !== undefined)
    return 1_000 * requireInteger('--seconds', decimal(seconds), { min: 1, max: longestMinutes * 60 })
  return (
    60_000 *
    requireInteger('--minutes', minutes === undefined ? usualMinutes : decimal(minutes), {
      min: 1,
      max: longestMinutes,
    })
  )
}

function parseWorkloads(text: string): WorkloadName[] {
  const names = text.split(',').map((name) => {
    const known = workloadNames.find((each) => each === name.trim())
    if (known !== undefined) return known
    throw invalidOption('--workload', text, `some of ${workloadNames.join(',')}, with commas between them`)
  })
  return [...new Set(names)]
}
