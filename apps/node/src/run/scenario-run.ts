/** Runs of scenarios: what a file says happens, event by event. */
import { isQuorateError, QuorateError } from '@quorate/core'
import { parseScenario, runScenario, type RunResult, type Scenario } from '@quorate/simulation'
import { readFileSync } from 'node:fs'
import { plain, type Paint } from '../status/table.js'
import { attackJson, attackText, type AttackedKind } from './declared-run.js'
import { codecsOf, loadDefinitions, storesFor } from './definitions.js'
import { quoted } from './run-report.js'
import type { CodecOf } from './trace-file.js'

export interface ScenarioOutcome {
  readonly file: string
  readonly scenario: Scenario
  readonly result: RunResult
  readonly command: string
  readonly codecOf: CodecOf
}

/**
 * Reads a scenario. Throws `QUORATE_FILE_NOT_READABLE`, and `QUORATE_INVALID_SCENARIO` with the file, the line and the field of what is
 * wrong.
 */
export function readScenario(file: string): Scenario {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new QuorateError('QUORATE_FILE_NOT_READABLE', `--scenario ${file}: ${why}`, { file }, { cause: error })
  }
  try {
    return parseScenario(text)
  } catch (error) {
    if (!isQuorateError(error, 'QUORATE_INVALID_SCENARIO')) throw error
    throw new QuorateError(error.code, `${file}: ${error.message}`, { ...error.data, file }, { cause: error })
  }
}

/** Runs the scenario of a file, which must be of this kind. */
export async function runScenarioFile(kind: AttackedKind, file: string, traceLimit: number): Promise<ScenarioOutcome> {
  const scenario = readScenario(file)
  if (scenario.kind !== kind) {
    const says = `run ${kind} does not go with --scenario ${file}, which is of a ${scenario.kind}: say run ${scenario.kind}`
    throw new QuorateError('QUORATE_CONFLICTING_FLAGS', says, { kind, file, of: scenario.kind })
  }
  const definitions = await loadDefinitions(kind, scenario.algorithm, scenario.election)
  return {
    file,
    scenario,
    result: runScenario(scenario, definitions, { traceLimit, ...storesFor(scenario.faults) }),
    command: `npx quorate run ${kind} --scenario ${quoted(file)}`,
    codecOf: codecsOf(definitions),
  }
}

export function scenarioText({ file, scenario, result, command }: ScenarioOutcome, paint: Paint = plain): string {
  const { kind, algorithm, nodes, seed } = scenario
  const head = `${kind} by ${algorithm} among ${nodes} nodes, simulated as ${file} says, seed ${seed}`
  return attackText(head, result, command, paint)
}

export function scenarioJson({ file, scenario, result, command }: ScenarioOutcome): object {
  const { kind, algorithm, nodes, seed, faults } = scenario
  return { kind, algorithm, mode: 'simulated', nodes, seed, faults, scenario: file, ...attackJson(result, command) }
}
