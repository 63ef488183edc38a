export { compareIds, type Incarnation, type NodeId } from './ids.js'
export { unboundedClock, type Clock, type ClockBound } from './clock.js'
export { seededRandom, type Random } from './random.js'
export { QuorateError, isQuorateError, type ErrorCode, type ErrorData } from './errors.js'
export { invalidOption, limits, requireInteger, requireMembers, requireNumber, type NumberRange } from './limits.js'

export { AT_ONCE, type Store, type StoreBackend, type StoreError, type Write } from './store.js'
export type { Disk, DiskChange, DiskError } from './disk.js'
export type { ChildDefinition, Environment } from './environment.js'
export type { DisconnectCause, Inspectable, Inspection, PeerEvent, Protocol } from './protocol.js'
export { Host } from './host/host.js'
export type { Held } from './host/scope.js'
export type { HostReport, HostTimer, Platform } from './host/platform.js'

export {
  Malformed,
  isMalformed,
  jsonCodec,
  messageCodec,
  type Codec,
  type FieldType,
  type Fields,
  type MessageOf,
  type MessageSchema,
  type SchemaMessage,
} from './codec/index.js'

export { benignFaults } from './benign-faults.js'
export { faults, type FaultDomain, type FaultKind } from './fault-model.js'
export type { ChildForge, ForgeContext } from './forge.js'
export type { Abstraction } from './abstraction.js'
export type { Counterexample, Declaration, Invariant } from './declaration.js'
export {
  defineAgreement,
  defineElection,
  defineFailureDetector,
  defineReplicatedLog,
  isDefinition,
  type Definition,
  type DefinitionKind,
} from './definition.js'

export type {
  FailureDetector,
  FailureDetectorDefinition,
  FailureDetectorIndication,
  FailureDetectorOptions,
  FailureDetectorProperty,
  Verdict,
} from './contracts/failure-detector.js'
export {
  carriesNoLog,
  comparePositions,
  compareTerms,
  noTerm,
  type Election,
  type ElectionDefinition,
  type ElectionIndication,
  type ElectionOptions,
  type ElectionProperty,
  type LogElection,
  type LogPosition,
  type Term,
} from './contracts/election.js'
export type {
  Agreement,
  AgreementDefinition,
  AgreementIndication,
  AgreementOptions,
  AgreementProperty,
} from './contracts/agreement.js'
export type {
  LogEntry,
  ProposalOutcome,
  RejectionReason,
  ReplicatedLog,
  ReplicatedLogDefinition,
  ReplicatedLogIndication,
  ReplicatedLogOptions,
  ReplicatedLogProperty,
} from './contracts/replicated-log.js'
export type { SnapshotReceiver, StateMachine, StateMachineProperty } from './contracts/state-machine.js'
export type { Membership, MembershipIndication, MembershipProperty } from './contracts/membership.js'

export {
  ReliableLink,
  reliableLink,
  type ReliableLinkIndication,
  type ReliableLinkOptions,
} from './links/reliable-link.js'
export { ClockRounds, clockRounds, roundDurationMs, type ClockRoundsOptions } from './rounds/clock-rounds.js'
export { CountedRounds, countedRounds, type CountedRoundsOptions } from './rounds/counted-rounds.js'
export { roundCodec, type RoundIndication, type RoundMessage } from './rounds/rounds.js'
