import type {
  Agreement,
  AgreementDefinition,
  AgreementIndication,
  AgreementOptions,
  Inspection,
  NodeId,
  Random,
} from '@quorate/core'
import { Simulation } from '../simulation.js'
import { InvariantChecks, Violations } from './checks.js'
import { forgeries } from './forgery.js'
import {
  heal,
  judgedNodes,
  plan,
  resultOf,
  scheduleOf,
  settle,
  strike,
  syncMs,
  type Plan,
  type RunOptions,
  type RunResult,
} from './run.js'

export interface AgreementRunOptions extends RunOptions {
  /** What the nodes propose, in the order of their ids. Default: random integers from 1 to 100. */
  readonly values?: readonly number[]
}

/** What came of an agreement. */
export interface AgreementResult extends RunResult {
  readonly proposals: ReadonlyMap<NodeId, number>
  readonly decisions: ReadonlyMap<NodeId, number>
  /** The nodes that had to decide: those that live on, and are neither cut off nor paused for good. */
  readonly core: readonly NodeId[]
}

/**
 * Runs an agreement on one value under the faults that it declares to tolerate, then heals and waits for the decision. Every node
 * proposes when it starts, and the same again when it restarts.
 */
export function runAgreement<M>(definition: AgreementDefinition<M>, options: AgreementRunOptions): AgreementResult {
  return new AgreementRun(definition, plan('vote', definition, options), options.values).run()
}

const epochMs = 1_000_000_000_000

/** The proposals of a run: those given, or drawn ones. `driver`: the random numbers of whoever drives the run. */
export function drawValues(
  ids: readonly NodeId[],
  given: readonly number[] | undefined,
  driver: Random,
): ReadonlyMap<NodeId, number> {
  const random = driver.fork('values')
  return new Map(ids.map((id, index) => [id, given?.[index] ?? random.integer(1, 100)]))
}

function agreementOptions({ ids, maxFaulty, maxDelayMs }: Plan): AgreementOptions {
  const longestMs = maxDelayMs + 2 * syncMs[1]
  return { members: ids, maxFaulty, maxDelayMs: longestMs, startsAtMs: epochMs + 4 * longestMs }
}

/** When a run's agreement starts, how long it takes at most, and until when faults strike, in milliseconds since the run began. */
export function agreementTimes<M>(
  definition: AgreementDefinition<M>,
  run: Plan,
): { readonly startsAfterMs: number; readonly decidesWithinMs: number; readonly chaosMs: number } {
  const options = agreementOptions(run)
  const startsAfterMs = options.startsAtMs - epochMs
  const decidesWithinMs = definition.decidesWithinMs(options, run.clockBound)
  // Faults strike while the algorithm works: later ones would find it done.
  const chaosMs = run.schedule === undefined ? Math.min(run.chaosMs, startsAfterMs + decidesWithinMs) : run.chaosMs
  return { startsAfterMs, decidesWithinMs, chaosMs }
}

class AgreementRun<M> {
  readonly #definition: AgreementDefinition<M>
  readonly #plan: Plan
  readonly #options: AgreementOptions
  readonly #simulation: Simulation<Agreement<unknown>>
  readonly #violations: Violations
  readonly #invariants: InvariantChecks
  #judged: ReadonlySet<NodeId> = new Set()
  readonly #proposals: ReadonlyMap<NodeId, number>
  /** What each node decided, and in which of its lives. */
  readonly #decisions = new Map<NodeId, { readonly value: number; readonly incarnation: number }>()

  constructor(definition: AgreementDefinition<M>, run: Plan, values: readonly number[] | undefined) {
    this.#definition = definition
    this.#plan = run
    this.#options = agreementOptions(run)
    this.#simulation = new Simulation<Agreement<unknown>>({
      seed: run.seed,
      nodes: run.ids,
      syncMs,
      clockBound: run.clockBound,
      epochMs,
      traceLimit: run.traceLimit,
      stores: run.stores,
      forge: forgeries({ '': definition, ...definition.childForges }),
      protocol: () => ({
        codec: definition.codec,
        create: (env) => definition.create(env, this.#options),
        listen: () => {},
      }),
      onStart: (node) => this.#propose(node),
      onIndication: (node, path, indication) => {
        if (path === '' && this.#judged.has(node)) this.#checkDecision(node, indication as AgreementIndication)
      },
      afterStep: (node) => {
        if (!this.#simulation.isUp(node) && this.#decisions.has(node))
          this.#simulation.marks.add('crash-after-decision')
        this.#invariants.check(node)
      },
    })
    this.#violations = new Violations(this.#simulation, definition.guarantees)
    this.#invariants = new InvariantChecks(definition.invariants, run.ids, this.#simulation, this.#violations)
    this.#proposals = drawValues(run.ids, values, this.#simulation.random)
  }

  run(): AgreementResult {
    const simulation = this.#simulation
    const { startsAfterMs, decidesWithinMs, chaosMs } = agreementTimes(this.#definition, this.#plan)
    const schedule = scheduleOf(this.#plan, chaosMs, simulation.random.fork('schedule'))
    this.#judged = judgedNodes(this.#plan.ids, schedule)
    this.#invariants.judge(this.#judged)
    strike(simulation, schedule)
    simulation.start()
    simulation.run(chaosMs)
    const healed = heal(simulation, this.#plan, schedule)
    const untilMs = Math.max(simulation.now, startsAfterMs) + decidesWithinMs
    settle(simulation, untilMs, this.#plan.maxDelayMs, () =>
      this.#live(healed).every((id) => simulation.root(id).decision !== undefined),
    )
    const core = this.#live(healed)
    this.#checkEnd(core)
    return {
      ...resultOf(this.#plan, simulation, this.#violations),
      proposals: this.#proposals,
      decisions: new Map([...this.#decisions].map(([id, { value }]) => [id, value])),
      core,
    }
  }

  #propose(id: NodeId): void {
    const value = this.#proposals.get(id) as number
    this.#simulation.request(id, `propose ${value}`, (agreement) => agreement.propose(value))
  }

  #checkDecision(node: NodeId, { value }: AgreementIndication): void {
    const { incarnation } = this.#simulation.incarnation(node)
    const before = this.#decisions.get(node)
    if (before !== undefined) this.#simulation.marks.add('decided-again')
    if (this.#simulation.live.length < this.#plan.ids.length) this.#simulation.marks.add('decided-without-all')
    // A new life may have to say again what the last one said; the same life says it once.
    if (before !== undefined && (before.value !== value || before.incarnation === incarnation)) {
      this.#violations.add('integrity', `${node} decides ${before.value}, then ${value}`)
    }
    if (![...this.#proposals.values()].includes(value)) {
      this.#violations.add('validity', `${node} decides ${value}, which nobody proposed`)
    }
    for (const [other, { value: decided }] of this.#decisions) {
      if (other !== node && decided !== value) {
        this.#violations.add('uniform-agreement', `${other} decides ${decided}, ${node} decides ${value}`)
      }
    }
    this.#decisions.set(node, { value, incarnation })
  }

  #live(core: readonly NodeId[]): readonly NodeId[] {
    return core.filter((id) => this.#simulation.isUp(id))
  }

  #checkEnd(live: readonly NodeId[]): void {
    if (live.some((id) => ballotOf(this.#simulation.inspect(id)) > 1)) this.#simulation.marks.add('later-ballot')
    const undecided = live.filter((id) => this.#simulation.root(id).decision === undefined)
    if (undecided.length > 0) this.#violations.add('termination', `${undecided.join(', ')} never decided`)
    const silent = live.filter((id) => this.#simulation.root(id).decision !== this.#decisions.get(id)?.value)
    if (silent.length > 0) this.#violations.add('termination', `${silent.join(', ')} did not tell the decision`)
    const decided = live.flatMap((id) => {
      const decision = this.#decisions.get(id)
      return decision === undefined ? [] : { id, value: decision.value }
    })
    if (new Set(decided.map(({ value }) => value)).size > 1) {
      this.#violations.add('agreement', decided.map(({ id, value }) => `${id} decides ${value}`).join(', '))
    }
  }
}

/** The number of the highest ballot that a node has promised, of one whose state names it as agreements with ballots do; otherwise 0. */
function ballotOf(state: Inspection | undefined): number {
  const promised = state?.['promised']
  const number = typeof promised === 'object' && promised !== null && 'number' in promised ? promised.number : 0
  return typeof number === 'number' ? number : 0
}
