import { invalidOption, QuorateError, seededRandom, type Definition, type ElectionDefinition } from '@quorate/core'
import { drawHunt } from '../runs/leader-hunt.js'
import { electionRequests, logRequests } from '../runs/requests.js'
import { agreementTimes, drawValues, runAgreement, type AgreementRunOptions } from '../runs/run-agreement.js'
import { runElection } from '../runs/run-election.js'
import { detectorPlan, runFailureDetector, type FailureDetectorRunOptions } from '../runs/run-failure-detector.js'
import { runReplicatedLog } from '../runs/run-replicated-log.js'
import { plan, scheduleOf, type RunKind, type RunOptions, type RunResult } from '../runs/run.js'
import type { Scenario } from './scenario.js'

/** What a scenario names, loaded. */
export interface ScenarioDefinitions {
  readonly algorithm: Definition
  /** What a log is carried by. */
  readonly election?: ElectionDefinition<unknown>
}

/** The options of the run that becomes a scenario; see those of each kind of run. */
export type ScenarioOptions = Omit<AgreementRunOptions & FailureDetectorRunOptions, 'traceLimit'>

/** What of a run is no part of its scenario. */
export type ScenarioRunOptions = Pick<RunOptions, 'traceLimit' | 'stores'>

const kinds = {
  election: 'election',
  agreement: 'vote',
  'failure-detector': 'detector',
  'replicated-log': 'log',
} as const satisfies Record<Definition['kind'], RunKind>

/**
 * The scenario that a run of these options is, with everything that its seed draws of faults and requests: run as a scenario it is
 * the same run, event by event. Algorithms go by the names that they give themselves; one that is loaded by another name is given
 * that by whoever knows it: `{ ...scenarioOf(…), algorithm }`.
 */
export function scenarioOf(definitions: ScenarioDefinitions, options: ScenarioOptions): Scenario {
  const { algorithm } = definitions
  const kind = kinds[algorithm.kind]
  const run = algorithm.kind === 'failure-detector' ? detectorPlan(algorithm, options) : plan(kind, algorithm, options)
  // As a simulation of this seed hands it to whoever drives it.
  const driver = seededRandom(run.seed).fork('driver')
  const chaosMs = algorithm.kind === 'agreement' ? agreementTimes(algorithm, run).chaosMs : run.chaosMs
  const schedule = scheduleOf(run, chaosMs, driver.fork('schedule'))
  return {
    version: 1,
    kind,
    algorithm: algorithm.name,
    nodes: run.ids.length,
    seed: run.seed,
    maxFaulty: run.maxFaulty,
    faults: run.faults,
    maxDelayMs: run.maxDelayMs,
    chaosMs,
    clockBound: run.clockBound,
    schedule,
    ...particulars(),
  }

  function particulars(): Pick<Scenario, 'requests'> & Partial<Scenario> {
    switch (algorithm.kind) {
      case 'election':
        return { requests: electionRequests(run, algorithm, driver) }
      case 'agreement':
        return { requests: [], values: [...drawValues(run.ids, options.values, driver).values()] }
      case 'failure-detector': {
        const { heartbeatIntervalMs, detectionTimeMs } = detectorPlan(algorithm, options)
        return { requests: [], heartbeatIntervalMs, detectionTimeMs }
      }
      case 'replicated-log': {
        const huntLeaders = run.huntLeaders ?? drawHunt(run, driver.fork('hunt'))
        return { requests: logRequests(run, driver), election: electionFor(definitions).name, huntLeaders }
      }
    }
  }
}

/** Runs a scenario. Throws `QUORATE_INVALID_OPTION` when the definitions are not of its kind, or a log has no election. */
export function runScenario(
  scenario: Scenario,
  definitions: ScenarioDefinitions,
  { traceLimit, stores }: ScenarioRunOptions = {},
): RunResult {
  const { algorithm } = definitions
  if (kinds[algorithm.kind] !== scenario.kind) {
    throw invalidOption('algorithm', algorithm.name, `of the scenario's kind, ${scenario.kind}`)
  }
  const {
    version: _version,
    kind: _kind,
    algorithm: _algorithm,
    election: _election,
    violates: _violates,
    ...given
  } = scenario
  const options = { ...given, ...(traceLimit !== undefined && { traceLimit }), ...(stores !== undefined && { stores }) }
  switch (algorithm.kind) {
    case 'election':
      return runElection(algorithm, options)
    case 'agreement':
      return runAgreement(algorithm, options)
    case 'failure-detector':
      return runFailureDetector(algorithm, options)
    case 'replicated-log':
      return runReplicatedLog(algorithm, { ...options, election: electionFor(definitions) })
  }
}

function electionFor({ algorithm, election }: ScenarioDefinitions): ElectionDefinition<unknown> {
  if (election !== undefined) return election
  throw new QuorateError('QUORATE_INVALID_OPTION', `${algorithm.name} is a log: pass \`election\`, which carries it`, {
    option: 'election',
  })
}
