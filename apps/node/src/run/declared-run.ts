/**
 * Runs of one algorithm under the faults that it declares, as the simulator's sweeps make them: what they print as a failing seed's
 * command line is replayed here, event by event.
 */
import {
  faults as faultKinds,
  invalidOption,
  QuorateError,
  type ElectionDefinition,
  type FaultKind,
} from '@quorate/core'
import {
  runAgreement,
  runElection,
  runFailureDetector,
  runReplicatedLog,
  type DetectionResult,
  type RunOptions,
  type RunResult,
  type ScenarioDefinitions,
} from '@quorate/simulation'
import { nearest } from '../nearest.js'
import { plain, type Paint } from '../status/table.js'
import { codecsOf, loadDefinitions, storesFor } from './definitions.js'
import { formatDuration } from './duration.js'
import { mark } from './run-report.js'
import { runKinds, usualAlgorithms } from './run-request.js'
import type { CodecOf } from './trace-file.js'

/** A replicated log is attacked, too. It has no run of another kind: what it does is seen from a client. */
export const attackedKinds = [...runKinds, 'log'] as const
export type AttackedKind = (typeof attackedKinds)[number]

export const usuallyAttacked = { ...usualAlgorithms, log: 'raft-log' } as const

export interface DeclaredRunRequest {
  readonly kind: AttackedKind
  readonly algorithm: string
  /** `undefined`: those that the algorithm declares to tolerate. */
  readonly faults: readonly FaultKind[] | undefined
  readonly values: readonly number[] | undefined
  readonly options: Omit<RunOptions, 'faults' | 'schedule' | 'clockBound'>
}

export interface DeclaredRunOutcome {
  readonly request: DeclaredRunRequest
  readonly result: RunResult | DetectionResult
  readonly command: string
  /** What the messages of its trace are decoded with. */
  readonly codecOf: CodecOf
}

/** Reads `declared`, `none`, or kinds separated by commas. Throws `QUORATE_UNKNOWN_FAULT`, naming the nearest. */
export function parseFaults(text: string): readonly FaultKind[] | undefined {
  if (text === 'declared') return undefined
  if (text === 'none') return []
  const known = Object.keys(faultKinds)
  return text.split(',').map((part) => {
    const kind = part.trim()
    if (known.includes(kind)) return kind as FaultKind
    const near = nearest(kind, [...known, 'declared', 'none'])
    throw new QuorateError(
      'QUORATE_UNKNOWN_FAULT',
      `--faults names "${kind}", which is no kind of fault${near === undefined ? '.' : `; did you mean ${near}?`} ` +
        `It takes declared, none, or of these: ${known.join(', ')}`,
      { fault: kind, known },
    )
  })
}

export async function runDeclared(request: DeclaredRunRequest): Promise<DeclaredRunOutcome> {
  const { kind, algorithm, values } = request
  if (values !== undefined && kind !== 'vote')
    throw invalidOption('--values', values.join(','), 'left out unless it is a vote')
  const definitions = await loadDefinitions(kind, algorithm)
  const result = run(definitions, request)
  // The command is to find the algorithm again where it was found, and the values, too, have their flag.
  const [withoutValues = ''] = result.command.split(' # ')
  const named = withoutValues.replace(`--algorithm ${definitions.algorithm.name} `, `--algorithm ${algorithm} `)
  return {
    request,
    result,
    command: values === undefined ? named : `${named} --values ${values.join(',')}`,
    codecOf: codecsOf(definitions),
  }
}

function run(
  { algorithm, election }: ScenarioDefinitions,
  { faults, values, options: given }: DeclaredRunRequest,
): RunResult {
  const options = { ...given, ...(faults !== undefined && { faults }), ...storesFor(faults ?? algorithm.tolerates) }
  switch (algorithm.kind) {
    case 'election':
      return runElection(algorithm, options)
    case 'agreement':
      return runAgreement(algorithm, { ...options, ...(values !== undefined && { values }) })
    case 'failure-detector':
      return runFailureDetector(algorithm, options)
    case 'replicated-log':
      return runReplicatedLog(algorithm, { ...options, election: election as ElectionDefinition<unknown> })
  }
}

export function declaredRunText({ request, result, command }: DeclaredRunOutcome, paint: Paint = plain): string {
  const { kind, algorithm, faults, options } = request
  const injected =
    faults === undefined ? 'the faults that it declares' : faults.length === 0 ? 'no faults' : faults.join(', ')
  const head = `${kind} by ${algorithm} among ${options.nodes} nodes, simulated under ${injected}, seed ${options.seed}`
  return attackText(head, result, command, paint)
}

/** What came of an attack, in words. */
export function attackText(head: string, result: RunResult | DetectionResult, command: string, paint: Paint): string {
  const lines = [
    head,
    `  ${result.events} events in ${formatDuration(result.virtualMs)} of virtual time, hash ${result.hash}`,
  ]
  if ('detectionTimesMs' in result) {
    const longest = Math.max(0, ...result.detectionTimesMs)
    lines.push(
      `  ${result.detectionTimesMs.length} detections, the longest ${formatDuration(longest)}; ${result.mistakes} mistakes`,
    )
  }
  for (const { property, atMs, what } of result.violations)
    lines.push(`  ${mark(false, paint)} ${property} at ${formatDuration(atMs)}: ${what}`)
  if (result.violations.length === 0) lines.push(`  ${mark(true, paint)} everything that it guarantees held`)
  lines.push(`again: ${command}`)
  return lines.join('\n')
}

export function declaredRunJson({ request, result, command }: DeclaredRunOutcome): object {
  const { kind, algorithm, faults, options } = request
  return {
    kind,
    algorithm,
    mode: 'simulated',
    nodes: options.nodes,
    seed: options.seed,
    faults: faults ?? 'declared',
    ...attackJson(result, command),
  }
}

/** What came of an attack, for programs. */
export function attackJson(result: RunResult | DetectionResult, command: string): object {
  return {
    events: result.events,
    virtualMs: result.virtualMs,
    hash: result.hash,
    violations: result.violations,
    ...('detectionTimesMs' in result && { mistakes: result.mistakes, detectionTimesMs: result.detectionTimesMs }),
    agreement: result.violations.length === 0,
    command,
  }
}
