/**
 * Runs of one algorithm under the faults that it declares, as the simulator's sweeps make them: what they print as a failing seed's
 * command line is replayed here, event by event.
 */
import { faults as faultKinds, invalidOption, QuorateError, type FaultKind } from '@quorate/core'
import type { DetectionResult, RunResult } from '@quorate/simulation'
import { nearest } from '../nearest.js'
import { plain, type Paint } from '../status/table.js'
import { loadAttacked, type AttackOptions, type Attacked } from './attacked.js'
import { formatDuration } from './duration.js'
import { mark } from './run-report.js'
import type { CodecOf } from './trace-file.js'

export interface DeclaredRunRequest extends Attacked {
  readonly options: AttackOptions
}

export interface DeclaredRunOutcome {
  readonly request: DeclaredRunRequest
  readonly result: RunResult | DetectionResult
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
  const { kind, options } = request
  if (options.values !== undefined && kind !== 'vote')
    throw invalidOption('--values', options.values.join(','), 'left out unless it is a vote')
  const { run, codecOf } = await loadAttacked(request)
  return { request, result: run(options), codecOf }
}

export function declaredRunText({ request, result }: DeclaredRunOutcome, paint: Paint = plain): string {
  const { kind, algorithm, options } = request
  const { faults, latency } = options
  const injected =
    faults === undefined ? 'the faults that it declares' : faults.length === 0 ? 'no faults' : faults.join(', ')
  const head = `${kind} by ${algorithm} among ${options.nodes} nodes, simulated under ${injected}${latency === undefined ? '' : `, delays as recorded in ${latency}`}, seed ${options.seed}`
  return attackText(head, result, result.command, paint)
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

export function declaredRunJson({ request, result }: DeclaredRunOutcome): object {
  const { kind, algorithm, options } = request
  return {
    kind,
    algorithm,
    mode: 'simulated',
    nodes: options.nodes,
    seed: options.seed,
    faults: options.faults ?? 'declared',
    ...(options.latency !== undefined && { latency: options.latency }),
    ...attackJson(result, result.command),
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
