import { Command, Option } from 'commander'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { calm } from './calm.js'
import { silence } from './detection.js'
import { failover } from './failover.js'
import { memory } from './memory.js'
import { markdown, refreshed, type Report } from './report.js'
import { simulation } from './simulation.js'

interface Options {
  readonly rounds: number
  readonly minutes: number
  readonly seconds: number
  readonly millions: number
  readonly json?: true
  readonly markdown?: string
}

const benchmarks: Readonly<Record<string, (options: Options) => Report | Promise<Report>>> = {
  simulation: ({ millions }) => simulation(millions),
  memory: ({ seconds }) => memory(seconds),
  failover: ({ rounds }) => failover(rounds),
  detection: ({ rounds }) => silence(rounds),
  calm: ({ minutes }) => calm(minutes),
}

/** Runs the benchmarks that the arguments name, one after another, and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('bench')
    .description('Measures what Quorate does on this machine.')
    .argument('[benchmarks...]', `any of ${Object.keys(benchmarks).join(', ')}; all of them if none is named`)
    .addOption(count('--rounds <count>', 'how often a node is killed or stopped', 50))
    .addOption(count('--minutes <count>', 'how long the calm is watched', 5))
    .addOption(count('--seconds <count>', 'how long nodes rest before their memory is read', 60))
    .addOption(count('--millions <count>', 'how many million events memory is watched over', 10))
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
  return 0
}

function count(flags: string, description: string, fallback: number): Option {
  return new Option(flags, description).default(fallback).argParser((text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${flags}: ${text} is no count of at least 1`)
    return value
  })
}

function machine(): Readonly<Record<string, unknown>> {
  return { cpu: cpus()[0]?.model, cores: cpus().length, memoryGb: Math.round(totalmem() / 1e9), node: process.version }
}
