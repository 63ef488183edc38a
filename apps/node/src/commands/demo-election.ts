import { requireInteger } from '@quorate/core'
import { nodeIds } from '@quorate/simulation'
import type { Command } from 'commander'
import { loadAgreement, loadElection, loadFailureDetector } from '../algorithms.js'
import type { RemoteStatus } from '../control/control-client.js'
import { demonstrate, type DemoFlags, type Demonstration } from '../demo/demonstrate.js'
import { electionJson, electionText } from '../demo/election/election-report.js'
import { electionTable } from '../demo/election/election-table.js'
import { playElection } from '../demo/election/play-election.js'
import { statusCommand } from '../demo/kept.js'
import { usualAlgorithms } from '../run/run-request.js'
import { decimal } from './decimal.js'
import { interruptible } from './interrupt.js'
import { stdoutPaint } from './stdout-paint.js'

interface ElectionFlags extends DemoFlags {
  readonly nodes: string
  readonly failureDetector: string
  readonly election: string
  readonly agreement: string
}

const examples = `
Every node is a process of its own, "quorate start", on a free port of 127.0.0.1. Nothing of them is left behind, however
this command ends, unless --keep is given: then they run on in the background, and how to look at them and to end them is
printed. Exit code 0: at the end all agreed, as both formulas demand; 1: they did not, and what differs is printed.`

/** `quorate demo election`: a cluster of real processes that loses nodes, gets them back, and agrees. */
export function registerDemoElection(demo: Command): void {
  demo
    .command('election')
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
    .action(async (flags: ElectionFlags) => {
      const count = requireInteger('--nodes', decimal(flags.nodes), {
        min: 3,
        max: 32,
      })
      // A wrong name is better told here than by a process that ends.
      const [{ carriesLog }] = await Promise.all([
        loadElection(flags.election),
        loadFailureDetector(flags.failureDetector),
        loadAgreement(flags.agreement),
      ])
      await interruptible((signal) => electionDemo(flags, count, carriesLog, signal))
    })
}

function electionDemo(flags: ElectionFlags, count: number, carriesLog: boolean, signal: AbortSignal): Promise<void> {
  const paint = stdoutPaint()
  const demonstration: Demonstration<RemoteStatus> = {
    title: `quorate demo election: ${count} nodes, each a process of its own`,
    cluster: {
      nodes: nodeIds(count),
      serveClients: carriesLog,
      startArguments: () => [
        ...['--failure-detector', flags.failureDetector],
        ...['--election', flags.election],
        ...['--agreement', flags.agreement],
      ],
    },
    table: electionTable,
    play: async (...stage) => {
      const result = await playElection(...stage)
      return { well: result.agreement, text: electionText(result, paint), json: electionJson(result) }
    },
    kept: (cluster) => ({ commands: [statusCommand(cluster)] }),
  }
  return demonstrate(demonstration, flags, paint, signal)
}
