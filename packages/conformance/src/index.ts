export type { Conditions, Drive, TestFunction, TestRunner } from './runner.js'
export type { SweepOptions } from './sweep-options.js'
export { failureDetectorConformance } from './failure-detector.js'
export { electionConformance } from './election.js'
export { agreementConformance } from './agreement.js'
export { replicatedLogConformance, type ReplicatedLogConformanceOptions } from './replicated-log.js'
export { stateMachineConformance, type StateMachineSubject } from './state-machine.js'
export { storeConformance, type StoreSubject } from './store.js'
export type { TestedStorage } from './store-life.js'
export { diskConformance, type DiskSubject } from './disk.js'
export { environmentConformance, type EnvironmentNode, type EnvironmentSubject } from './environment.js'
export {
  transportConformance,
  type TransportCluster,
  type TransportObserver,
  type TransportSubject,
} from './transport.js'
