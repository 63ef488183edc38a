import { isQuorateError } from '@quorate/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { calm } from './calm.js'
import { attacks } from './campaigns.js'
import { silence } from './detection.js'
import { explore } from './explore.js'
import { failover } from './failover.js'
import { kvFailover } from './kv/kv-failover.js'
import { kvMemory } from './kv/kv-memory.js'
import { kvRestart } from './kv/kv-restart.js'
import { speed } from './kv/speed.js'
import { chosenTargets, requireProgram, targetNames, type TargetChoice, type TargetName } from './kv/targets.js'
import { memory } from './memory.js'
import { markdown, refreshed, type Report } from './report.js'
import { simulation } from './simulation.js'

interface Options extends Omit<TargetChoice, 'targets'> {
  readonly rounds?: number
  readonly minutes?: number
  readonly seconds?: number
  readonly millions?: number
  readonly megabytes?: number
  readonly keys?: number
  readonly cases?: readonly string[]
  readonly targets?: readonly TargetName[]
  readonly json?: true
  readonly markdown?: string
}

const benchmarks: Readonly<Record<string, (options: Options) => Report | Promise<Report>>> = {
  simulation: ({ millions = 10 }) => simulation(millions),
  campaigns: () => attacks(),
  explore: ({ rounds = 3 }) => explore(rounds),
  memory: ({ seconds = 60 }) => memory(seconds),
  failover: ({ rounds = 50 }) => failover(rounds),
  detection: ({ rounds = 50 }) => silence(rounds),
  calm: ({ minutes = 5 }) => calm(minutes),
  kv: ({ rounds = 5, seconds = 1, cases = [], ...options }) => speed({ rounds, seconds, cases, ...choice(options) }),
  'kv-failover': ({ rounds = 10, ...options }) => kvFailover({ rounds, ...choice(options) }),
  'kv-restart': ({ rounds = 5, megabytes = 1_000, ...options }) => kvRestart({ rounds, megabytes, ...choice(options) }),
  'kv-memory': ({ seconds = 10, keys = 1_000_000, ...options }) => kvMemory({ seconds, keys, ...choice(options) }),
}

/** Runs the benchmarks that the arguments name, one after another, and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('bench')
    .description('Measures what Quorate does on this machine.')
    .argument('[benchmarks...]', `any of ${Object.keys(benchmarks).join(', ')}; all of them if none is named`)
    .addOption(
      count(
        '--rounds <count>',
        'how often a node is killed or stopped (50), or how many rounds (explore 3, kv 5, kv-failover 10, kv-restart 5)',
      ),
    )
    .addOption(count('--minutes <count>', 'how long the calm is watched (5)'))
    .addOption(
      count(
        '--seconds <count>',
        'how long nodes rest before their memory is read (60, kv-memory 10), or how long a case is measured (kv: 1)',
      ),
    )
    .addOption(count('--millions <count>', 'how many million events memory is watched over (10)'))
    .addOption(count('--megabytes <count>', 'kv-restart: how much is written before (1000)'))
    .addOption(count('--keys <count>', 'kv-memory: how many keys are written (1000000)'))
    .addOption(words('--cases <words>', 'kv: which cases, such as put,1x100,leader,one (all)'))
    .addOption(words('--targets <names>', 'kv: etcd, ours, or both', targetNames))
    .option('--ours <command>', "kv: another program in our node's place; etcd shows the noise")
    .option('--cpu-profile <folder>', 'kv: CPU profiles of our nodes into this folder')
    .option('--json', 'print one object')
    .option('--markdown <file>', 'put the tables into a document, between their marks')
  program.parse([...args], { from: 'user' })
  const options = program.opts<Options>()
  const named = program.args.length > 0 ? program.args : Object.keys(benchmarks)
  const unknown = named.find((name) => benchmarks[name] === undefined)
  if (unknown !== undefined) {
    process.stderr.write(`bench: no benchmark "${unknown}"; there are ${Object.keys(benchmarks).join(', ')}\n`)
    return 2
  }
  try {
    await runAll(named, options)
    return 0
  } catch (error) {
    if (!isQuorateError(error)) throw error
    process.stderr.write(`bench: ${error.message}\n`)
    return 1
  }
}

async function runAll(named: readonly string[], options: Options): Promise<void> {
  if (named.some((name) => name.startsWith('kv'))) {
    // Before anything is measured that would take long.
    chosenTargets(choice(options))
    requireProgram('h2load')
  }
  const reports: Report[] = []
  for (const name of named) {
    const report = await (benchmarks[name] as (options: Options) => Report | Promise<Report>)(options)
    reports.push(report)
    if (options.json !== true) process.stdout.write(`${markdown(report)}\n\n`)
  }
  if (options.json === true) {
    const data = Object.fromEntries(reports.map(({ name, data: figures }) => [name, figures]))
    process.stdout.write(`${JSON.stringify({ machine: machine(), ...data })}\n`)
  }
  if (options.markdown !== undefined) {
    writeFileSync(options.markdown, refreshed(readFileSync(options.markdown, 'utf8'), reports))
  }
}

function choice({ targets = targetNames, ours, cpuProfile }: Options): TargetChoice {
  return { targets, ...(ours === undefined ? {} : { ours }), ...(cpuProfile === undefined ? {} : { cpuProfile }) }
}

/** Words between commas, of those allowed if any are named. */
function words(flags: string, description: string, allowed?: readonly string[]): Option {
  return new Option(flags, description).argParser((text) => {
    const given = text.split(',').filter((word) => word !== '')
    const unknown = given.find((word) => allowed?.includes(word) === false)
    if (unknown !== undefined || given.length === 0)
      throw new InvalidArgumentError(`${unknown ?? 'nothing'} is none of ${allowed?.join(', ') ?? 'its words'}`)
    return given
  })
}

function count(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError(`${text} is no count of at least 1`)
    return value
  })
}

function machine(): Readonly<Record<string, unknown>> {
  return { cpu: cpus()[0]?.model, cores: cpus().length, memoryGb: Math.round(totalmem() / 1e9), node: process.version }
}
