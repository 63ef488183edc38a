import { invalidOption, requireInteger, type NodeId } from '@quorate/core'
import { drawDiagram, nodeIds, type TraceEntry } from '@quorate/simulation'
import { Argument, type Command } from 'commander'
import { randomInt } from 'node:crypto'
import { defaults } from '../node-settings.js'
import { attackedKinds, usuallyAttacked, type AttackedKind } from '../run/attacked.js'
import { declaredRunJson, declaredRunText, parseFaults, runDeclared } from '../run/declared-run.js'
import { usualElection } from '../run/definitions.js'
import { parseDuration } from '../run/duration.js'
import {
  lastFaultMs,
  parseClockSkew,
  parseCrash,
  parseDelay,
  parseLoss,
  parsePartition,
  type FaultFlags,
} from '../run/fault-flags.js'
import { requireCompatible, type RunFlags } from '../run/run-flags.js'
import { latencyNames, parseLatency } from '../run/latency-name.js'
import { runReal } from '../run/real-run.js'
import { replayCommand, reportRun } from '../run/run-report.js'
import { parseValues, usualAlgorithms, type RunKind, type RunRequest } from '../run/run-request.js'
import { loadRunAlgorithms, runSimulated } from '../run/simulated-run.js'
import { runScenarioFile, scenarioJson, scenarioText } from '../run/scenario-run.js'
import { OutputFile, traceLine, type CodecOf } from '../run/trace-file.js'
import { decimal } from './decimal.js'
import { interruptible } from './interrupt.js'
import { stdoutPaint } from './stdout-paint.js'

const examples = `
Nodes are n1, n2 … (n01 … from ten on). Times carry their unit: 30ms, 1.5s. Faults:
  --crash n2@30ms                     n2 stops for good; n2@30ms..200ms: it is back at 200 ms
  --partition 'n1,n2|n3,n4,n5@1s..2s' the groups can't reach each other; 'n1>n2,n3' cuts one way only
  --loss 0.1 --delay 5ms..50ms        of all links
  --clock-skew n2=80ms                n2's wall clock is ahead (-80ms: behind); 80ms alone bounds all nodes'

  quorate run election --nodes 5 --crash n5@2s
  quorate run vote --algorithm flood-min --values 31,7,64,12,50
  quorate run vote --algorithm @quorate/voting/exhibits/as-printed
  quorate run election --algorithm bully --real
  quorate run log --nodes 3 --seed 7 --diagram run.html
  quorate run log --scenario failed.json --diagram failed.html

Simulated, a run takes no time, and the same seed is the same run; real, it is a process for each node, over gRPC, and a
crash is a SIGKILL. With --faults the run is one of those that attack the algorithm with what it declares to survive.
Exit code 0: all agreed and nothing was violated; 1: not so, and what differs is printed.`

/** `quorate run`: an election, a vote or a failure detector among nodes, simulated or in real processes. */
export function registerRun(program: Command): void {
  program
    .command('run')
    .summary('run an election or a vote, simulated or in real processes')
    .description(
      'Runs an election, a vote or a failure detector among nodes, and prints who named and decided what, and when; or attacks one ' +
        'of them, or a replicated log, with the faults that it declares to survive.',
    )
    .addArgument(new Argument('<kind>', 'what to run').choices(attackedKinds))
    .option('--algorithm <name>', 'short name or module (default: timestamp, threshold, phi-accrual or raft-log)')
    .option('--election <name>', `of a log: the election that carries it (default: ${usualElection})`)
    .option('--nodes <count>', 'how many nodes, 1 to 64 (default 5)')
    .option('--values <list>', "the nodes' values in a vote, safe integers (default: random from 1 to 100)")
    .option('--crash <node@time>', 'a node stops; may be given again', collect, [])
    .option('--partition <groups@time>', 'links are cut; may be given again', collect, [])
    .option('--clock-skew <node=time>', 'a wall clock is wrong; may be given again', collect, [])
    .option('--loss <probability>', 'how likely each message is lost')
    .option('--delay <time..time>', 'how long messages take (default 0.1 to 1 ms)')
    .option('--seed <integer>', 'makes the run the same again (default: random)')
    .option('--max-time <time>', 'how long it runs (default 10s, real 30s)')
    .option(
      '--max-delay <time>',
      'the longest that algorithms assume a message to take (default 100ms, with --faults 10ms)',
    )
    .option('--max-faulty <count>', 'how many faulty nodes are to be survived (default: what the algorithm can)')
    .option('--faults <kinds>', 'attack it: "declared" (a log always is), "none", or kinds with commas between them')
    .option('--chaos <time>', 'how long an attack lasts (default 100 times --max-delay)')
    .option('--latency <name>', `messages of an attack take as long as was recorded: ${latencyNames.join(', ')}`)
    .option('--scenario <file>', 'run what a scenario says, as `quorate simulate` writes one of what has failed')
    .option('--trace <file>', 'write what happened as lines of JSON')
    .option('--diagram <file>', 'draw what happened as a page of HTML: nodes as lines, messages as arrows')
    .option('--real', 'in real processes on this machine')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action(async (kind: AttackedKind, flags: RunFlags) => {
      requireCompatible(kind, flags)
      if (flags.scenario !== undefined) {
        process.exitCode = (await replayed(kind, flags, flags.scenario)) ? 0 : 1
        return
      }
      const nodes = nodeIds(requireInteger('--nodes', decimal(flags.nodes ?? '5'), { min: 1, max: 64 }))
      const seed =
        flags.seed === undefined ? randomInt(2 ** 32) : requireInteger('--seed', decimal(flags.seed), { min: 0 })
      const holds =
        flags.faults === undefined && kind !== 'log'
          ? await flagged(kind, flags, nodes, seed)
          : await declared(kind, flags, nodes, seed)
      if (holds !== undefined) process.exitCode = holds ? 0 : 1
    })
}

const traceLimit = 1_000_000

/** A run under the faults that the flags name. `undefined`: it was interrupted. */
async function flagged(
  kind: RunKind,
  flags: RunFlags,
  nodes: readonly NodeId[],
  seed: number,
): Promise<boolean | undefined> {
  const real = flags.real === true
  const request: RunRequest = {
    kind,
    algorithm: flags.algorithm ?? usualAlgorithms[kind],
    nodes,
    values: flags.values === undefined ? undefined : parseValues(flags.values, nodes),
    maxFaulty:
      flags.maxFaulty === undefined ? undefined : requireInteger('--max-faulty', decimal(flags.maxFaulty), { min: 0 }),
    faults: faultFlags(flags, nodes),
    seed,
    maxTimeMs: flags.maxTime === undefined ? (real ? 30_000 : 10_000) : positive('--max-time', flags.maxTime),
    maxDelayMs: flags.maxDelay === undefined ? defaults.maxDelayMs : positive('--max-delay', flags.maxDelay),
    traceLimit: traceLimitOf(flags),
  }
  if (lastFaultMs(request.faults) >= request.maxTimeMs) {
    throw invalidOption(
      '--max-time',
      `${request.maxTimeMs}ms`,
      `longer than the last fault takes to come or go, ${lastFaultMs(request.faults)}ms`,
    )
  }
  const output = new Output(flags)
  const algorithms = await loadRunAlgorithms(request)
  if (real) {
    return interruptible(async (signal) => {
      const outcome = await runReal(request, algorithms, signal)
      output.trace.write(outcome.observed.history.map((seen) => JSON.stringify(seen)))
      return print(flags, reportRun(outcome, undefined, stdoutPaint()))
    })
  }
  const outcome = runSimulated(request, algorithms)
  const codecs = new Map([
    ['detector', algorithms.failureDetector.codec],
    ['election', algorithms.election.codec],
    [`votes/${outcome.vote}`, algorithms.agreement.codec],
  ])
  const command = replayCommand(request, again(flags))
  const title = `${kind} by ${request.algorithm} among ${nodes.length} nodes, seed ${seed}`
  output.write(outcome.trace, (channel) => codecs.get(channel), title, command)
  return print(flags, reportRun(outcome, command, stdoutPaint()))
}

/** A run as the simulator's sweeps make them. */
async function declared(kind: AttackedKind, flags: RunFlags, nodes: readonly NodeId[], seed: number): Promise<boolean> {
  const output = new Output(flags)
  const faults = parseFaults(flags.faults ?? 'declared')
  const outcome = await runDeclared({
    kind,
    algorithm: flags.algorithm ?? usuallyAttacked[kind],
    election: flags.election ?? usualElection,
    options: {
      nodes: nodes.length,
      seed,
      traceLimit: traceLimitOf(flags),
      ...(faults !== undefined && { faults }),
      ...(flags.values !== undefined && { values: parseValues(flags.values, nodes) }),
      ...(flags.maxFaulty !== undefined && {
        maxFaulty: requireInteger('--max-faulty', decimal(flags.maxFaulty), { min: 0 }),
      }),
      ...(flags.maxDelay !== undefined && { maxDelayMs: positive('--max-delay', flags.maxDelay) }),
      ...(flags.chaos !== undefined && { chaosMs: parseDuration('--chaos', flags.chaos) }),
      ...(flags.latency !== undefined && { latency: parseLatency(flags.latency) }),
    },
  })
  const { result, request, codecOf } = outcome
  output.write(
    result.trace,
    codecOf,
    `${kind} by ${request.algorithm} among ${nodes.length} nodes, seed ${seed}`,
    result.command,
  )
  const holds = result.violations.length === 0
  return print(flags, { holds, text: declaredRunText(outcome, stdoutPaint()), json: declaredRunJson(outcome) })
}

/** A run as a scenario tells it. */
async function replayed(kind: AttackedKind, flags: RunFlags, file: string): Promise<boolean> {
  const output = new Output(flags)
  const outcome = await runScenarioFile(kind, file, traceLimitOf(flags))
  const { result, scenario, codecOf, command } = outcome
  output.write(
    result.trace,
    codecOf,
    `${kind} by ${scenario.algorithm} among ${scenario.nodes} nodes, as ${file} says`,
    command,
  )
  const holds = result.violations.length === 0
  return print(flags, { holds, text: scenarioText(outcome, stdoutPaint()), json: scenarioJson(outcome) })
}

function traceLimitOf({ trace, diagram }: RunFlags): number {
  return trace === undefined && diagram === undefined ? 0 : traceLimit
}

/** The files that a run writes. */
class Output {
  readonly trace: OutputFile
  readonly #diagram: OutputFile

  constructor({ trace, diagram }: RunFlags) {
    this.trace = new OutputFile('--trace', trace)
    this.#diagram = new OutputFile('--diagram', diagram)
  }

  write(entries: readonly TraceEntry[], codecOf: CodecOf, title: string, command: string): void {
    if (this.trace.wanted) this.trace.write(entries.map((entry) => traceLine(entry, codecOf)))
    if (this.#diagram.wanted) this.#diagram.write([drawDiagram(entries, { title, subtitle: command, codecOf })])
  }
}

function print(flags: RunFlags, { holds, text, json }: { holds: boolean; text: string; json: object }): boolean {
  process.stdout.write(`${flags.json === true ? JSON.stringify(json) : text}\n`)
  return holds
}

function faultFlags(flags: RunFlags, nodes: readonly NodeId[]): FaultFlags {
  return {
    crashes: flags.crash.map((text) => parseCrash(text, nodes)),
    partitions: flags.partition.map((text) => parsePartition(text, nodes)),
    clockSkews: flags.clockSkew.map((text) => parseClockSkew(text, nodes)),
    links: {
      ...(flags.loss !== undefined && parseLoss(flags.loss)),
      ...(flags.delay !== undefined && parseDelay(flags.delay)),
    },
  }
}

/** The flags that, beside algorithm, nodes and seed, make a simulated run what it is. */
function again(flags: RunFlags): string[] {
  const one = (flag: string, value: string | undefined): string[] => (value === undefined ? [] : [flag, value])
  const many = (flag: string, values: readonly string[]): string[] => values.flatMap((value) => [flag, value])
  return [
    ...one('--values', flags.values),
    ...many('--crash', flags.crash),
    ...many('--partition', flags.partition),
    ...many('--clock-skew', flags.clockSkew),
    ...one('--loss', flags.loss),
    ...one('--delay', flags.delay),
    ...one('--max-time', flags.maxTime),
    ...one('--max-delay', flags.maxDelay),
    ...one('--max-faulty', flags.maxFaulty),
  ]
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

function positive(option: string, text: string): number {
  const ms = parseDuration(option, text)
  if (ms === 0) throw invalidOption(option, text, 'longer than no time')
  return ms
}
