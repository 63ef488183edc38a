import type { DefinitionKind, ElectionDefinition } from '@quorate/core'
import {
  drawDiagram,
  nodeIds,
  runAgreement,
  runElection,
  runFailureDetector,
  runReplicatedLog,
  runScenario,
  scenarioOf,
  type RunOptions,
  type RunResult,
  type Scenario,
  type ScenarioDefinitions,
} from '@quorate/simulation'
import { codecsOf, loadDefinitions, storesFor, usualElection } from './definitions.js'
import { runKinds, usualAlgorithms } from './run-request.js'
import type { CodecOf } from './trace-file.js'

/** A replicated log is attacked, too. It has no run of another kind: what it does is seen from a client. */
export const attackedKinds = [...runKinds, 'log'] as const
export type AttackedKind = (typeof attackedKinds)[number]

/** The kinds by their names in the contracts. */
export const definitionKinds: Readonly<Record<AttackedKind, DefinitionKind>> = {
  election: 'election',
  vote: 'agreement',
  detector: 'failure-detector',
  log: 'replicated-log',
}

export const usuallyAttacked = { ...usualAlgorithms, log: 'raft-log' } as const

/** An algorithm as its user names it. */
export interface Attacked {
  readonly kind: AttackedKind
  /** A short name or a module. */
  readonly algorithm: string
  /** Of a log: the election that carries it, a short name or a module. */
  readonly election: string
}

/** How an algorithm is run, beside what it is. Faults that are left out are those that it declares to tolerate. */
export type AttackOptions = Omit<RunOptions, 'clockBound' | 'stores'> & {
  /** Of a vote: what the nodes propose. */
  readonly values?: readonly number[]
}

export interface LoadedAttack {
  readonly definitions: ScenarioDefinitions
  readonly codecOf: CodecOf
  /** Attacks it once. `command` of the result finds the algorithm again where it was found. */
  run(options: AttackOptions): RunResult
  /** Attacks it as a scenario says. `command` of the result means nothing. */
  runScenario(scenario: Scenario, traceLimit?: number): RunResult
  /** The scenario that a run of these options is. */
  scenarioOf(options: AttackOptions): Scenario
  /** Draws the run of a scenario: a page for a browser, which names the command that draws it again. */
  draw(scenario: Scenario, again: string): string
}

/** How much of a run is kept to be drawn; the page shows what led to a violation. */
const drawnEntries = 200_000

/** Loads an algorithm to be attacked. Throws what `loadElection` and its like do. */
export async function loadAttacked(attacked: Attacked): Promise<LoadedAttack> {
  const definitions = await loadDefinitions(attacked.kind, attacked.algorithm, attacked.election)
  const { algorithm } = definitions
  const codecOf = codecsOf(definitions)
  const stores = (faults = algorithm.tolerates): ReturnType<typeof storesFor> => storesFor(faults)
  const runGiven = (scenario: Scenario, traceLimit = 0): RunResult =>
    runScenario(scenario, definitions, { traceLimit, ...storesFor(scenario.faults) })
  return {
    definitions,
    codecOf,
    run: (options) => {
      const result = run(definitions, { ...options, ...stores(options.faults) })
      return { ...result, command: commandOf(attacked, algorithm.name, result.command, options.values) }
    },
    runScenario: runGiven,
    scenarioOf: (options) => ({
      ...scenarioOf(definitions, { ...options, ...stores(options.faults) }),
      algorithm: attacked.algorithm,
      ...(attacked.kind === 'log' && { election: attacked.election }),
    }),
    draw: (scenario, again) =>
      drawDiagram(runGiven(scenario, drawnEntries).trace, {
        title: `${attacked.kind} by ${attacked.algorithm}`,
        subtitle: again,
        nodes: nodeIds(scenario.nodes),
        codecOf,
      }),
  }
}

function run({ algorithm, election }: ScenarioDefinitions, options: AttackOptions): RunResult {
  switch (algorithm.kind) {
    case 'election':
      return runElection(algorithm, options)
    case 'agreement':
      return runAgreement(algorithm, options)
    case 'failure-detector':
      return runFailureDetector(algorithm, options)
    case 'replicated-log':
      return runReplicatedLog(algorithm, { ...options, election: election as ElectionDefinition<unknown> })
  }
}

/** The command is to find the algorithm again where it was found, and what a run does not know of has its flags, too. */
function commandOf(
  { kind, algorithm, election }: Attacked,
  name: string,
  command: string,
  values: readonly number[] | undefined,
): string {
  const [known = ''] = command.split(' # ')
  const parts = [known.replace(`--algorithm ${name} `, `--algorithm ${algorithm} `)]
  if (kind === 'log' && election !== usualElection) parts.push(`--election ${election}`)
  if (values !== undefined) parts.push(`--values ${values.join(',')}`)
  return parts.join(' ')
}
