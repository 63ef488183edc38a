import {
  QuorateError,
  requireInteger,
  seededRandom,
  type AgreementDefinition,
  type Declaration,
  type ElectionDefinition,
  type Inspectable,
  type Protocol,
  type ReplicatedLogDefinition,
} from '@quorate/core'
import { nodeIds } from '../node-ids.js'
import type { TraceEntry } from '../trace.js'
import type { Bounds, Counts } from './bounds.js'
import { agreementSubject } from './agreement-subject.js'
import { electionSubject } from './election-subject.js'
import { logSubject } from './log-subject.js'
import { rerun, shortened, type Step } from './rerun.js'
import { Search } from './search.js'
import type { Finding, Subject } from './subject.js'
import type { Choice } from './world.js'

/** What bounds an exploration. */
export interface ExploreOptions {
  /** How many nodes there are, 1 to 7. */
  readonly nodes: number
  /** How often timers may fire on each node. Default 2. */
  readonly timers?: number
  /** How often timers may fire on all nodes together. Default: as often as on each. */
  readonly timersInAll?: number
  /** How often a node may crash, and start again, in all. Default 1. */
  readonly crashes?: number
  /**
   * How many writes of a node may wait to become durable while other things happen to it. Default 0: what an event writes is durable right
   * behind it, or lost in a crash before that.
   */
  readonly pendingWrites?: number
  /**
   * Whether time passes: a timer that runs out moves its node's clock to when it was due. Default: it stands still, timers run out all the
   * same, and what looks at the clock to see how long it has waited has not waited.
   */
  readonly time?: boolean
  /** After so many states the search ends. Default 50,000,000. */
  readonly maxStates?: number
  /** Whether deliveries that only make a node answer, states that can do less and obsolete messages are passed over: see the README. Default true. */
  readonly reduction?: boolean
  /**
   * Whether what differs in the names of nodes only is run once. Sound for algorithms in which names decide nothing but who waits how long.
   * Default false.
   */
  readonly symmetric?: boolean
  /** Whether the search ends with the first violation. Default true. */
  readonly stopAtViolation?: boolean
  /** Asked now and then: a text ends the search, and is the reason that it is not exhaustive. */
  readonly stop?: (counts: Counts) => string | undefined
  /** In how many places it is checked that states which look the same are, and that obsolete messages do nothing. Default 100. */
  readonly compareFutures?: number
}

export interface ExploreElectionOptions extends ExploreOptions {
  /** How many requests to stand there may be, at any node. Default 0. */
  readonly stands?: number
}

export interface ExploreAgreementOptions extends ExploreOptions {
  /** What the nodes propose, in the order of their ids. Default 1, 2, 3… */
  readonly values?: readonly number[]
}

export interface ExploreLogOptions extends ExploreOptions {
  /** The election that the log is carried by. */
  readonly election: ElectionDefinition<unknown>
  /** How many commands are proposed, each at any node that knows a leader. Default 1. */
  readonly proposals?: number
  /** How many requests to stand there may be, at any node. Default 0. */
  readonly stands?: number
}

export interface ExploredViolation extends Finding {
  /** The schedule that leads to it, as short as leaving out single steps makes it. */
  readonly choices: readonly Choice[]
  readonly steps: readonly Step[]
  /** The same as entries of a trace, whose times count the steps. */
  readonly trace: readonly TraceEntry[]
}

export interface ExplorationResult extends Counts {
  /** Whether everything within the bounds was run; if not, `stopped` says why. */
  readonly exhaustive: boolean
  readonly stopped: string | undefined
  readonly violations: readonly ExploredViolation[]
  /** Equal hashes: the same states of the nodes. Where nodes are `symmetric` it is of those that stood for others, which may be different ones. */
  readonly hash: string
  /** Distinct states of single nodes, and events that were run on them; all others were looked up. */
  readonly localStates: number
  readonly executed: number
  /** In how many places two ways to one state were compared, and found to lead on alike. */
  readonly compared: number
  /** What the algorithm does not declare to tolerate, and happens here all the same: a violation may be no fault of it. */
  readonly beyondModel: readonly string[]
  /** What was taken for granted: an exploration that is exhaustive says nothing of what happens otherwise. */
  readonly assumptions: readonly string[]
  /** What the algorithm guarantees and no exploration checks: that something happens in the end, or what is not asked for here. */
  readonly unchecked: readonly string[]
}

/** Runs every schedule of an election within the bounds. Throws `QUORATE_INVALID_OPTION` for what is no bound. */
export function exploreElection<M>(
  definition: ElectionDefinition<M>,
  { stands = 0, ...options }: ExploreElectionOptions,
): ExplorationResult {
  const ids = idsOf(options)
  requireInteger('stands', stands, { min: 0, max: 255 })
  const subject = electionSubject(definition as ElectionDefinition<unknown>, { ids, stands })
  return explore(definition, subject, options)
}

/** Runs every schedule of an agreement on one value within the bounds; every node proposes as it starts. */
export function exploreAgreement<M>(
  definition: AgreementDefinition<M>,
  { values, ...options }: ExploreAgreementOptions,
): ExplorationResult {
  const ids = idsOf(options)
  const proposed = ids.map((_, index) => values?.[index] ?? index + 1)
  const maxFaulty = definition.resilience(ids.length)
  const subject = agreementSubject(definition as AgreementDefinition<unknown>, { ids, maxFaulty, values: proposed })
  return explore(definition, subject, options)
}

/** Runs every schedule of a replicated log within the bounds. */
export function exploreReplicatedLog<M>(
  definition: ReplicatedLogDefinition<M>,
  { election, proposals = 1, stands = 0, ...options }: ExploreLogOptions,
): ExplorationResult {
  const ids = idsOf(options)
  requireInteger('proposals', proposals, { min: 0, max: 255 })
  requireInteger('stands', stands, { min: 0, max: 255 })
  const subject = logSubject(definition as ReplicatedLogDefinition<unknown>, { ids, election, proposals, stands })
  return explore(definition, subject, options)
}

function explore<Root extends Protocol<unknown>, View extends Inspectable>(
  declaration: Declaration,
  subject: Subject<Root, View>,
  options: ExploreOptions,
): ExplorationResult {
  const bounds = boundsOf(options)
  const invariants = subject.invariants.map(({ check: { name } }) => name)
  const guaranteed = new Set<string>([...declaration.guarantees, ...invariants])
  const checked = only(guaranteed, subject)
  const search = new Search(checked, bounds)
  search.run(options.stop ?? (() => undefined))
  const { violations, machines, stopped } = search
  let compared = 0
  const random = seededRandom(1)
  const share = Math.ceil((options.compareFutures ?? 100) / machines.length)
  // A violation was run again and is one, whatever its search took for the same.
  if (violations.length === 0) for (const machine of machines) compared += machine.compareFutures(share, random)
  return {
    ...search.counts,
    exhaustive: stopped === undefined,
    stopped,
    violations: violations.map((violation) => explained(checked, bounds.time, violation)),
    hash: search.hash,
    localStates: machines.reduce((sum, { states }) => sum + states.length, 0),
    executed: machines.reduce((sum, { executed }) => sum + executed, 0),
    compared,
    beyondModel: beyondModel(declaration, bounds),
    assumptions: assumptions(bounds),
    unchecked: declaration.guarantees.filter((name) => !subject.checked.includes(name) && !invariants.includes(name)),
  }
}

function explained<Root extends Protocol<unknown>, View extends Inspectable>(
  subject: Subject<Root, View>,
  time: boolean,
  { property, what, choices }: Finding & { readonly choices: readonly Choice[] },
): ExploredViolation {
  if (!rerun(subject, time, choices).findings.some((finding) => finding.property === property)) {
    throw new QuorateError(
      'QUORATE_STATE_NOT_INSPECTED',
      `${property} was violated where a state was taken for another one, and is not when its schedule is run again: some state is missing in a protocol's inspect(), or it does not depend on what it is given alone`,
      { property },
    )
  }
  const kept = shortened(subject, time, choices, property)
  const { findings, steps, trace } = rerun(subject, time, kept)
  const finding = findings.find((each) => each.property === property) ?? { property, what }
  return { ...finding, choices: kept, steps, trace }
}

/** The subject with the checks of what is guaranteed only. */
function only<Root extends Protocol<unknown>, View extends Inspectable>(
  guaranteed: ReadonlySet<string>,
  subject: Subject<Root, View>,
): Subject<Root, View> {
  const { monitor } = subject
  return {
    ...subject,
    compare: (...views) => {
      const finding = subject.compare?.(...views)
      return finding !== undefined && guaranteed.has(finding.property) ? finding : undefined
    },
    monitor: {
      initial: monitor.initial,
      next: (memory, node, before, seen, report) =>
        monitor.next(memory, node, before, seen, (property, what) => {
          if (guaranteed.has(property)) report(property, what)
        }),
    },
  }
}

function idsOf({ nodes }: ExploreOptions) {
  return nodeIds(requireInteger('nodes', nodes, { min: 1, max: 7 }))
}

function boundsOf(options: ExploreOptions): Bounds {
  const count = (name: keyof ExploreOptions, usual: number, max: number): number =>
    requireInteger(name, options[name] ?? usual, { min: 0, max })
  const timersPerNode = count('timers', 2, 255)
  return {
    timersPerNode,
    timersInAll: count('timersInAll', timersPerNode * options.nodes, 7 * 255),
    crashes: count('crashes', 1, 255),
    maxPendingWrites: count('pendingWrites', 0, 255),
    time: options.time ?? false,
    maxStates: count('maxStates', 50_000_000, 1_000_000_000),
    reduction: options.reduction ?? true,
    symmetric: options.symmetric ?? false,
    stopAtViolation: options.stopAtViolation ?? true,
  }
}

function beyondModel({ tolerates, synchrony, family }: Declaration, bounds: Bounds): readonly string[] {
  const has = (...kinds: Declaration['tolerates']): boolean => kinds.some((kind) => tolerates.includes(kind))
  return [
    ...(synchrony === 'synchronous' ? ['delays without bound'] : []),
    ...(family === 'clocks' ? ['clocks that keep no bound'] : []),
    ...(has('loss') ? [] : ['loss']),
    ...(has('reordering') ? [] : ['reordering']),
    ...(has('duplication') ? [] : ['duplication']),
    ...(bounds.crashes > 0 && !has('crash-recovery') ? ['crash-recovery'] : []),
  ]
}

function assumptions({ time, symmetric, maxPendingWrites }: Bounds): readonly string[] {
  return [
    ...(time ? [] : ['clocks stand still: who looks at its own to see how long it has waited has not waited']),
    ...(maxPendingWrites > 0
      ? []
      : ['what an event writes is durable or lost before anything else happens to its node']),
    ...(symmetric ? ['nodes are alike but for their names, as the caller says'] : []),
    'every random draw is the middle of what could be drawn',
    'messages arrive as they were sent, disks keep what is durable, and nobody lies',
  ]
}
