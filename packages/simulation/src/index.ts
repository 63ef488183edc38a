export { nodeIds } from './node-ids.js'
export { Simulation } from './simulation.js'
export type { ForgeBytes, OpenStores, SimulationOptions } from './simulation-options.js'
export { recordedLatencies, type LatencyName, type RecordedLatency } from './recorded-latencies.js'
export { SimulatedDisk } from './simulated-disk.js'
export { SimulatedStores } from './simulated-stores.js'
export type { Loss, Storage } from './storage.js'
export { calmLinks, type LinkConditions } from './network.js'
export type { FaultAction, ScheduledFault } from './fault-action.js'
export type { Misconduct } from './byzantine.js'
export { drawCuts, partitionShapes, type Cut, type PartitionShape } from './partition-shapes.js'
export { coverageMarks, coverageMarksOf, type CoverageMark } from './marks/coverage-marks.js'
export { possibleMarks } from './marks/possible-marks.js'
export { addCoverage, type Coverage } from './marks/marks.js'
export type { RequestKind, ScheduledRequest } from './scheduled-request.js'
export type { TraceEntry } from './trace.js'
export { findAgreement, findConflict, findDivergence, type Divergence, type ValueChange } from './formulas.js'
export { cascade } from './runs/cascade.js'
export { runAgreement, type AgreementResult, type AgreementRunOptions } from './runs/run-agreement.js'
export { runElection } from './runs/run-election.js'
export {
  runFailureDetector,
  type DetectionResult,
  type FailureDetectorRunOptions,
} from './runs/run-failure-detector.js'
export type { Violation } from './runs/checks.js'
export type { RunKind, RunOptions, RunResult } from './runs/run.js'
export { drawSchedule, healing, type ScheduleOptions } from './runs/schedule.js'
export { explain, sweep, type SweepResult } from './runs/sweep.js'
export { drawDiagram, type DiagramOptions } from './diagram/draw-diagram.js'
export { leftToSeed } from './scenario/left-to-seed.js'
export { parseScenario } from './scenario/parse-scenario.js'
export { printScenario } from './scenario/print-scenario.js'
export {
  runScenario,
  scenarioOf,
  type ScenarioDefinitions,
  type ScenarioOptions,
  type ScenarioRunOptions,
} from './scenario/run-scenario.js'
export type { Scenario } from './scenario/scenario.js'
export {
  runReplicatedLog,
  type ReplicatedLogRunOptions,
  type ReplicatedLogRunResult,
} from './runs/run-replicated-log.js'
export {
  shrink,
  type ScenarioSize,
  type ShrinkOptions,
  type ShrinkProgress,
  type ShrinkResult,
} from './shrink/shrink.js'
export {
  exploreAgreement,
  exploreElection,
  exploreReplicatedLog,
  type ExplorationResult,
  type ExploredViolation,
  type ExploreAgreementOptions,
  type ExploreElectionOptions,
  type ExploreLogOptions,
  type ExploreOptions,
} from './explore/explore.js'
export type { Counts as ExplorationCounts } from './explore/bounds.js'
