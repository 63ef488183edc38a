/**
 * Runs of one algorithm under the faults that it declares, as the simulator's sweeps make them: what they print as a failing seed's
 * command line is replayed here, event by event.
 */
import {
  faults as faultKinds,
  invalidOption,
  QuorateError,
  type Codec,
  type Declaration,
  type FaultKind,
} from '@quorate/core'
import {
  runAgreement,
  runElection,
  runFailureDetector,
  runReplicatedLog,
  type DetectionResult,
  type OpenStores,
  type RunOptions,
  type RunResult,
} from '@quorate/simulation'
import { openWriteAheadLog } from '@quorate/write-ahead-log'
import { loadAgreement, loadElection, loadFailureDetector, loadReplicatedLog } from '../algorithms.js'
import { nearest } from '../nearest.js'
import { plain, type Paint } from '../status/table.js'
import { formatDuration } from './duration.js'
import { mark } from './run-report.js'
import { runKinds, usualAlgorithms } from './run-request.js'
import { traceLine } from './trace-file.js'

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
  /** The trace as lines of JSON. */
  readonly trace: readonly string[]
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
  const { kind, algorithm, faults, values } = request
  const options = { ...request.options, ...(faults !== undefined && { faults }) }
  if (values !== undefined && kind !== 'vote')
    throw invalidOption('--values', values.join(','), 'left out unless it is a vote')
  const { result, codec, name } = await run()
  // The command is to find the algorithm again where it was found, and the values, too, have their flag.
  const [withoutValues = ''] = result.command.split(' # ')
  const named = withoutValues.replace(`--algorithm ${name} `, `--algorithm ${algorithm} `)
  return {
    request,
    result,
    command: values === undefined ? named : `${named} --values ${values.join(',')}`,
    trace: result.trace.map((entry) => traceLine(entry, (channel) => (channel === '' ? codec : undefined))),
  }

  async function run(): Promise<{ result: RunResult; codec: Codec<unknown>; name: string }> {
    switch (kind) {
      case 'election': {
        const definition = await loadElection(algorithm)
        return { result: runElection(definition, { ...options, ...storesFor(definition, faults) }), ...definition }
      }
      case 'vote': {
        const definition = await loadAgreement(algorithm)
        return {
          result: runAgreement(definition, {
            ...options,
            ...storesFor(definition, faults),
            ...(values !== undefined && { values }),
          }),
          ...definition,
        }
      }
      case 'log': {
        const definition = await loadReplicatedLog(algorithm)
        const election = await loadElection('raft')
        return {
          result: runReplicatedLog(definition, { ...options, election, ...storesFor(definition, faults) }),
          ...definition,
        }
      }
      case 'detector': {
        const definition = await loadFailureDetector(algorithm)
        return {
          result: runFailureDetector(definition, { ...options, ...storesFor(definition, faults) }),
          ...definition,
        }
      }
    }
  }
}

/**
 * Faults of what a disk holds take stores that lie on one: a log in segments so small that a short run begins many, and with so little in
 * memory that it reads them.
 */
function storesFor(
  { tolerates }: Declaration,
  faults: readonly FaultKind[] = tolerates,
): { readonly stores?: OpenStores } {
  if (!faults.includes('torn-write') && !faults.includes('bit-rot')) return {}
  return { stores: (disk) => openWriteAheadLog(disk, { maxSegmentBytes: 1024, maxCachedBytes: 1024 }) }
}

export function declaredRunText({ request, result, command }: DeclaredRunOutcome, paint: Paint = plain): string {
  const { kind, algorithm, faults, options } = request
  const injected =
    faults === undefined ? 'the faults that it declares' : faults.length === 0 ? 'no faults' : faults.join(', ')
  const lines = [
    `${kind} by ${algorithm} among ${options.nodes} nodes, simulated under ${injected}, seed ${options.seed}`,
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
    events: result.events,
    virtualMs: result.virtualMs,
    hash: result.hash,
    violations: result.violations,
    ...('detectionTimesMs' in result && { mistakes: result.mistakes, detectionTimesMs: result.detectionTimesMs }),
    agreement: result.violations.length === 0,
    command,
  }
}
