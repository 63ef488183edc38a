import { requireInteger } from '@quorate/core'
import { nodeIds } from '@quorate/simulation'
import type { Command } from 'commander'
import { loadAgreement, loadElection, loadFailureDetector } from '../algorithms.js'
import { demoJson, demoText, keptJson, keptText } from '../demo/demo-report.js'
import { plainView, silentView, type DemoView } from '../demo/demo-view.js'
import { LiveView } from '../demo/live-view.js'
import { play, type DemoResult } from '../demo/play.js'
import { usualAlgorithms } from '../run/run-request.js'
import { ProcessCluster } from '../processes/process-cluster.js'
import { interruptible } from './interrupt.js'
import { stdoutPaint } from './stdout-paint.js'

interface DemoFlags {
  readonly nodes: string
  readonly failureDetector: string
  readonly election: string
  readonly agreement: string
  readonly json?: true
  readonly keep?: true
}

const examples = `
Every node is a process of its own, "quorate start", on a free port of 127.0.0.1. Nothing of them is left behind, however
this command ends, unless --keep is given: then they run on in the background, and how to look at them and to end them is
printed. Exit code 0: at the end all agreed, as both formulas demand; 1: they did not, and what differs is printed.`

/** `quorate demo`: a cluster of real processes that loses nodes, gets them back, and agrees. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .summary('watch real processes elect, vote, fail and recover')
    .description(
      'Starts nodes in processes of their own. They elect a leader and vote, lose the leader to SIGKILL, elect again, get it back, ' +
        'lose a follower to SIGSTOP, get it back, and vote again.',
    )
    .option('--nodes <count>', 'how many nodes, 3 to 32', '5')
    .option('--failure-detector <name>', 'short name or module', usualAlgorithms.detector)
    .option('--election <name>', 'short name or module', usualAlgorithms.election)
    .option('--agreement <name>', 'short name or module', usualAlgorithms.vote)
    .option('--json', 'print one JSON object, at the end')
    .option('--keep', 'leave the nodes running')
    .addHelpText('after', examples)
    .action(async (flags: DemoFlags) => {
      const count = requireInteger('--nodes', /^\d+$/.test(flags.nodes) ? Number(flags.nodes) : flags.nodes, {
        min: 3,
        max: 32,
      })
      // A wrong name is better told here than by a process that ends.
      await Promise.all([
        loadFailureDetector(flags.failureDetector),
        loadElection(flags.election),
        loadAgreement(flags.agreement),
      ])
      await interruptible((signal) => demo(flags, count, signal))
    })
}

/** On a terminal scenes follow each other slowly enough to be watched. */
const terminalPaceMs = 1_500
const otherPaceMs = 100

async function demo(flags: DemoFlags, count: number, signal: AbortSignal): Promise<void> {
  const live = flags.json !== true && process.stdout.isTTY
  const write = (text: string): void => void process.stdout.write(text)
  if (flags.json !== true) write(`quorate demo: ${count} nodes, each a process of its own\n`)
  const view = flags.json === true ? silentView : live ? new LiveView(process.stdout, stdoutPaint()) : plainView(write)
  let played: Played
  try {
    played = await launchAndPlay(flags, view, count, live ? terminalPaceMs : otherPaceMs, signal)
  } finally {
    await view.end()
  }
  const { cluster, result } = played
  const kept = flags.keep === true
  if (flags.json === true) write(`${JSON.stringify({ ...demoJson(result), ...(kept && keptJson(cluster)) })}\n`)
  else write(`${demoText(result, stdoutPaint())}\n${kept ? `${keptText(cluster)}\n` : ''}`)
  process.exitCode = result.agreement ? 0 : 1
}

interface Played {
  readonly cluster: ProcessCluster
  readonly result: DemoResult
}

/** When it returns, nothing runs any more, or, with --keep, without this process. */
async function launchAndPlay(
  flags: DemoFlags,
  view: DemoView,
  count: number,
  paceMs: number,
  signal: AbortSignal,
): Promise<Played> {
  const cluster = await ProcessCluster.launch({
    nodes: nodeIds(count),
    signal,
    onStarted: (started) => view.begin(started),
    startArguments: () => [
      ...['--failure-detector', flags.failureDetector],
      ...['--election', flags.election],
      ...['--agreement', flags.agreement],
    ],
  })
  let kept = false
  try {
    const result = await play(cluster, view, paceMs)
    kept = flags.keep === true
    return { cluster, result }
  } finally {
    if (kept) await cluster.detach()
    else await cluster.close()
  }
}
