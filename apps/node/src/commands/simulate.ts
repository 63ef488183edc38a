import { Option, type Command } from 'commander'
import { usualElection } from '../run/definitions.js'
import { latencyNames } from '../run/latency-name.js'
import { campaignRequests, minutesOf, usualNodes, type SimulateFlags } from '../simulate/campaign-requests.js'
import { runCampaigns } from '../simulate/run-campaigns.js'
import { interruptible } from './interrupt.js'
import { stdoutPaint } from './stdout-paint.js'

const examples = `
Algorithms are named as elsewhere: raft, @me/my-election, ./my-election.js. With none named, all of ours are attacked in turn.

  quorate simulate --election raft
  quorate simulate --election @me/my-election --nodes 1..7 --seeds 1..10000
  quorate simulate --log raft-log --election raft --minutes 10
  quorate simulate --vote flood-min --faults loss --keep-going
  quorate simulate --seeds 1..1000000 --shard 3/20 --json
  quorate simulate --scenario quorate-findings/vote-naive-threshold-agreement-seed-5.json

A seed is a run: the faults that strike in it, and everything else that is random, come from the seed. What is found is the
same with any number of threads. Of each sort the smallest seed is told, with a command that shows it again. An algorithm
that throws, does not end a step, or touches real time or randomness is reported, and the campaign goes on.
Exit code 0: everything held; 1: not so; 2: the command was called wrongly.`

/** What a file decides already. */
const ofScenarios = [
  'election',
  'agreement',
  'failureDetector',
  'log',
  'nodes',
  'faults',
  'maxFaulty',
  'maxDelay',
  'chaos',
  'latency',
]
const ofReplays = [...ofScenarios, 'scenario', 'seeds', 'minutes', 'shard']

/** One that may be given again. */
function algorithms(flags: string, description: string): Option {
  return new Option(flags, description).argParser<readonly string[]>((name, before: readonly string[] | undefined) => [
    ...(before ?? []),
    name,
  ])
}

/** `quorate simulate`: campaigns against algorithms, seed by seed, on all cores. */
export function registerSimulate(program: Command): void {
  program
    .command('simulate')
    .summary('attack algorithms with faults, seed by seed, on all cores')
    .description(
      'Attacks algorithms with the faults that they declare to survive, one run for each seed, on all cores, and checks everything ' +
        'that they guarantee.',
    )
    .addOption(algorithms('--election <name>', 'an election; with --log, what carries it'))
    .addOption(algorithms('--vote, --agreement <name>', 'an agreement on one value'))
    .addOption(algorithms('--detector, --failure-detector <name>', 'a failure detector'))
    .addOption(algorithms('--log <name>', `a replicated log, carried by --election (default: ${usualElection})`))
    .option(
      '--nodes <counts>',
      `how many nodes: a number, or several for seeds to take in turn (default: ${usualNodes})`,
    )
    .option('--seeds <from..to>', 'which seeds (default: 1..1000, with --minutes from 1 on without end)')
    .option('--minutes <number>', 'end after so long, whatever seeds are left')
    .option('--jobs <count>', 'how many threads (default: one for each core)')
    .option('--shard <i/n>', 'only the i-th of n parts of the seeds, for campaigns on several machines')
    .option('--faults <kinds>', '"declared", "none", or kinds with commas between them (default: declared)')
    .option('--max-faulty <count>', 'how many nodes may be faulty at a time (default: what the algorithm can)')
    .option('--max-delay <time>', 'the longest that algorithms assume a message to take (default: 10ms)')
    .option('--chaos <time>', 'how long faults go on in a run (default: 100 times --max-delay)')
    .option('--latency <name>', `messages take as long as was recorded: ${latencyNames.join(', ')}`)
    .option('--keep-going', 'go on after a violation')
    .option('--run-timeout <time>', 'the longest that one run may take', '30s')
    .addOption(
      new Option('--scenario <file>', 'run a scenario; --seeds draws anew what it leaves to the seed').conflicts(
        ofScenarios,
      ),
    )
    .addOption(
      new Option('--replay <file>', 'run again what was found: a scenario, or what --json printed').conflicts(
        ofReplays,
      ),
    )
    .option('--out <folder>', 'where runs that violate something are kept, shrunk', 'quorate-findings')
    .option('--json', 'print one JSON object for each algorithm, a line each')
    .addHelpText('after', examples)
    .action(async (flags: SimulateFlags) => {
      const [requests, minutes] = [campaignRequests(flags), minutesOf(flags)]
      if (requests.length === 0 && flags.json !== true)
        process.stdout.write(`${flags.replay}: it holds no findings, so there is nothing to run again\n`)
      await interruptible(async (signal) => {
        const options = {
          minutes,
          folder: flags.out,
          json: flags.json === true,
          paint: stdoutPaint(),
          signal,
        }
        process.exitCode = (await runCampaigns(requests, options)) ? 0 : 1
      })
    })
}
