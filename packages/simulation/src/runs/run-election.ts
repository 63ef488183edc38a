import {
  compareTerms,
  noTerm,
  type Election,
  type ElectionDefinition,
  type ElectionIndication,
  type LogElection,
  type NodeId,
  type Term,
} from '@quorate/core'
import type { ScheduledRequest } from '../scheduled-request.js'
import { Simulation } from '../simulation.js'
import { CandidacyMarks, LeadershipMarks } from '../marks/leadership-marks.js'
import { InvariantChecks, Violations } from './checks.js'
import { OracleDetector } from './oracle-detector.js'
import { forgeries } from './forgery.js'
import { electionRequests } from './requests.js'
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

/**
 * Runs an election under the faults that it declares to tolerate, with an oracle for a failure detector and random requests to
 * stand and to resign, then heals and waits for agreement. What the declaration guarantees is checked after every step.
 *
 * `quorum-support` is checked here for elections that carry a log, which say what they have promised; others state it as an
 * invariant of their own.
 */
export function runElection<M>(definition: ElectionDefinition<M>, options: RunOptions): RunResult {
  return new ElectionRun(definition, plan('election', definition, options)).run()
}

class ElectionRun<M> {
  readonly #definition: ElectionDefinition<M>
  readonly #plan: Plan
  readonly #electionOptions: { readonly members: readonly NodeId[]; readonly maxDelayMs: number }
  readonly #detectionMs: number
  readonly #simulation: Simulation<Election<unknown>>
  readonly #violations: Violations
  readonly #invariants: InvariantChecks
  readonly #oracle: OracleDetector
  readonly #leaderships: LeadershipMarks
  readonly #candidacies: CandidacyMarks
  #judged: ReadonlySet<NodeId> = new Set()
  /** The leader that nodes named for each term. */
  readonly #leaders = new Map<string, NodeId>()
  /** The newest term that anybody has led. */
  #newestLed: Term | undefined
  /** What each node had promised when it was last seen: of one that is lost nobody can take that back. */
  readonly #promised = new Map<NodeId, Term>()

  constructor(definition: ElectionDefinition<M>, run: Plan) {
    this.#definition = definition
    this.#plan = run
    this.#detectionMs = 4 * run.maxDelayMs
    // To an algorithm a message's delay includes what its handling waits for: here, the disk of either side.
    this.#electionOptions = { members: run.ids, maxDelayMs: run.maxDelayMs + 2 * syncMs[1] }
    this.#simulation = new Simulation<Election<unknown>>({
      seed: run.seed,
      nodes: run.ids,
      syncMs,
      clockBound: run.clockBound,
      traceLimit: run.traceLimit,
      stores: run.stores,
      forge: forgeries({ '': definition }),
      protocol: () => ({
        codec: definition.codec,
        create: (env) => definition.create(env, this.#electionOptions),
        listen: () => {},
      }),
      onIndication: (node, path, indication) => {
        if (path === '' && this.#judged.has(node)) this.#checkIndication(node, indication as ElectionIndication)
      },
      onStart: (node) => {
        this.#leaderships.started(node)
        this.#oracle.look()
      },
      afterStep: (node) => this.#checkStep(node),
    })
    this.#leaderships = new LeadershipMarks(this.#simulation)
    this.#candidacies = new CandidacyMarks(this.#simulation.marks)
    this.#violations = new Violations(this.#simulation, definition.guarantees)
    this.#invariants = new InvariantChecks(definition.invariants, run.ids, this.#simulation, this.#violations)
    this.#oracle = new OracleDetector(
      this.#simulation,
      {
        suspect: (observer, peer, verdict) =>
          this.#simulation.request(observer, `suspect ${peer}`, (election) => election.suspect(peer, verdict)),
        restore: (observer, peer) =>
          this.#simulation.request(observer, `restore ${peer}`, (election) => election.restore(peer)),
      },
      this.#detectionMs,
      this.#simulation.random.fork('oracle'),
    )
  }

  run(): RunResult {
    const { chaosMs, maxDelayMs } = this.#plan
    const simulation = this.#simulation
    const schedule = scheduleOf(this.#plan, chaosMs, simulation.random.fork('schedule'))
    this.#judged = judgedNodes(this.#plan.ids, schedule)
    this.#invariants.judge(this.#judged)
    strike(simulation, schedule)
    for (const { atMs } of schedule) simulation.at(atMs, () => this.#oracle.look())
    for (const request of electionRequests(this.#plan, this.#definition, simulation.random)) this.#request(request)
    simulation.start()
    simulation.run(chaosMs)
    const core = heal(simulation, this.#plan, schedule)
    this.#oracle.look()
    const untilMs = simulation.now + this.#detectionMs + this.#definition.agreesWithinMs(this.#electionOptions)
    settle(simulation, untilMs, maxDelayMs, () => this.#agreed(core))
    this.#checkEnd(core)
    return resultOf(this.#plan, simulation, this.#violations)
  }

  #request({ atMs, node, ...request }: ScheduledRequest): void {
    const simulation = this.#simulation
    simulation.at(atMs, () => {
      if (request.what === 'accuse') this.#oracle.mistake(node, request.peer)
      else if (request.what === 'resign') simulation.request(node, 'resign', (election) => election.resign())
      else simulation.request(node, 'stand', (election) => election.stand())
    })
  }

  #checkIndication(node: NodeId, { leader, term }: ElectionIndication): void {
    this.#leaderships.indicated(node, leader, term)
    if (leader === undefined) return
    const key = `${term.number} ${term.id}`
    const known = this.#leaders.get(key)
    if (known === undefined) this.#leaders.set(key, leader)
    else if (known !== leader) {
      this.#violations.add(
        'one-leader-per-term',
        `term ${key.trimEnd()}: ${node} names ${leader}, ${known} was named before`,
      )
    }
    if (leader === node && (this.#newestLed === undefined || compareTerms(term, this.#newestLed) > 0)) {
      this.#newestLed = term
      this.#checkSupport()
    }
  }

  #checkStep(node: NodeId): void {
    const simulation = this.#simulation
    if (simulation.isUp(node)) {
      this.#seePromise(node)
    } else {
      this.#leaderships.crashed(node)
      // It has just crashed: what it had promised is what it recovers.
      this.#oracle.look()
      this.#checkSupport()
    }
    if (this.#violations.guaranteed('one-leader-at-a-time') && this.#leads(node)) {
      const other = simulation.nodes.find((id) => id !== node && this.#leads(id))
      if (other !== undefined)
        this.#violations.add('one-leader-at-a-time', `${other} and ${node} lead at the same time`)
    }
    this.#candidacies.stepped(node, this.#stands(node), this.#leads(node))
    this.#invariants.check(node)
  }

  #stands(id: NodeId): boolean {
    return this.#simulation.isUp(id) && this.#simulation.root(id).standing === true
  }

  /** The promises that the newest leader stands on are there, and still are after each crash: nothing else takes them back. */
  #checkSupport(): void {
    const led = this.#newestLed
    if (led === undefined || !this.#definition.carriesLog || !this.#violations.guaranteed('quorum-support')) return
    const { nodes } = this.#simulation
    for (const id of nodes) this.#seePromise(id)
    const promising = nodes.filter((id) => compareTerms(this.#promised.get(id) ?? noTerm, led) >= 0)
    if (promising.length > nodes.length / 2) return
    const who = promising.length === 0 ? 'nobody' : promising.join(', ')
    this.#violations.add(
      'quorum-support',
      `term ${`${led.number} ${led.id}`.trimEnd()} was led, and ${who} of ${nodes.length} remember`,
    )
  }

  #seePromise(node: NodeId): void {
    if (!this.#definition.carriesLog) return
    const promised = this.#simulation.look(node, (root) => (root as LogElection<unknown>).promised)
    if (promised !== undefined) this.#promised.set(node, promised)
  }

  /** Whether all live nodes of the core name the same one, which serves them. */
  #agreed(core: readonly NodeId[]): boolean {
    const live = core.filter((id) => this.#simulation.isUp(id))
    const leader = live[0] === undefined ? undefined : this.#simulation.root(live[0]).leader
    return (
      leader !== undefined &&
      this.#serves(leader, core) &&
      live.every((id) => this.#simulation.root(id).leader === leader)
    )
  }

  /** Who is paused or cut off for good serves nobody, however alive it is; a Byzantine node does if it likes. */
  #serves(leader: NodeId, core: readonly NodeId[]): boolean {
    return this.#simulation.isUp(leader) && (core.includes(leader) || !this.#judged.has(leader))
  }

  #leads(id: NodeId): boolean {
    return this.#judged.has(id) && this.#simulation.isUp(id) && this.#simulation.root(id).leader === id
  }

  #checkEnd(core: readonly NodeId[]): void {
    const simulation = this.#simulation
    const live = core.filter((id) => simulation.isUp(id))
    const named = live.map((id) => simulation.root(id).leader)
    const names = live.map((id, index) => `${id} names ${named[index] ?? 'none'}`).join(', ')
    if (named.some((leader) => leader === undefined || leader !== named[0])) {
      this.#violations.add('eventual-agreement', `once faults have ceased ${names}`)
    }
    if (named.some((leader) => leader !== undefined && !this.#serves(leader, core))) {
      this.#violations.add('eventual-accuracy', `once faults have ceased ${names}; live: ${live.join(', ')}`)
    }
  }
}
