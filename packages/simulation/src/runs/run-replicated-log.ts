import {
  compareTerms,
  noTerm,
  type ElectionDefinition,
  type NodeId,
  type ReplicatedLog,
  type ReplicatedLogDefinition,
  type ReplicatedLogIndication,
  type ReplicatedLogOptions,
  type Term,
} from '@quorate/core'
import type { ScheduledRequest } from '../scheduled-request.js'
import { Simulation } from '../simulation.js'
import { LeadershipMarks } from '../marks/leadership-marks.js'
import { PipelineMarks } from '../marks/pipeline-marks.js'
import { InvariantChecks, Violations } from './checks.js'
import { forgeries } from './forgery.js'
import { LeaderHunt } from './leader-hunt.js'
import { LogChecks } from './log-checks.js'
import { OracleDetector } from './oracle-detector.js'
import { logRequests } from './requests.js'
import {
  heal,
  judgedNodes,
  plan,
  resultOf,
  scheduleOf,
  strike,
  syncMs,
  type Plan,
  type RunOptions,
  type RunResult,
} from './run.js'

export interface ReplicatedLogRunOptions extends RunOptions {
  /** The election that the log is carried by. */
  readonly election: ElectionDefinition<unknown>
}

/** What a log did in a run besides keeping its promises. */
export interface ReplicatedLogRunResult extends RunResult {
  readonly committed: number
  readonly outcomes: Readonly<Record<'committed' | 'rejected' | 'unknown', number>>
  readonly barriers: Readonly<Record<'answered' | 'unanswered', number>>
}

/**
 * Runs a replicated log under the faults that it declares to tolerate: random nodes propose, read, stand and hand over, an oracle
 * accuses. Raft's five properties are checked after every step; then all is healed, and everybody's proposals must be committed
 * by everybody within the declared bound.
 */
export function runReplicatedLog<M>(
  definition: ReplicatedLogDefinition<M>,
  options: ReplicatedLogRunOptions,
): ReplicatedLogRunResult {
  const { election, ...rest } = options
  return new ReplicatedLogRun(definition, election, plan('log', definition, rest, election)).run()
}

class ReplicatedLogRun<M> {
  readonly #definition: ReplicatedLogDefinition<M>
  readonly #plan: Plan
  readonly #logOptions: ReplicatedLogOptions
  readonly #simulation: Simulation<ReplicatedLog<unknown>>
  readonly #violations: Violations
  readonly #invariants: InvariantChecks
  readonly #checks: LogChecks
  readonly #leaderships: LeadershipMarks
  readonly #pipelines: PipelineMarks
  readonly #oracle: OracleDetector
  readonly #hunt: LeaderHunt<ReplicatedLog<unknown>>
  #judged: ReadonlySet<NodeId> = new Set()
  /** What each proposal of each life of each node was: `node incarnation number`. */
  readonly #proposed = new Map<string, string>()
  readonly #rejected = new Set<string>()
  /** What had been committed anywhere, and in which term the node was, when each barrier was asked for. */
  readonly #asked = new Map<string, { readonly committed: number; readonly term: Term }>()
  readonly #outcomes = { committed: 0, rejected: 0, unknown: 0 }
  readonly #barriers = { answered: 0, unanswered: 0 }
  /** Last command of the calm that each node has applied. */
  readonly #applied = new Map<NodeId, Set<string>>()
  #commands = 0

  constructor(definition: ReplicatedLogDefinition<M>, election: ElectionDefinition<unknown>, run: Plan) {
    this.#definition = definition
    this.#plan = run
    this.#logOptions = {
      members: run.ids,
      maxDelayMs: run.maxDelayMs + 2 * syncMs[1],
      election,
    }
    this.#simulation = new Simulation<ReplicatedLog<unknown>>({
      seed: run.seed,
      nodes: run.ids,
      syncMs,
      clockBound: run.clockBound,
      traceLimit: run.traceLimit,
      stores: run.stores,
      forge: forgeries({ '': definition, election }),
      protocol: (id) => {
        this.#checks?.restarted(id)
        this.#applied.set(id, new Set())
        return {
          codec: {
            encode: (message) => definition.codec.encode(message as M),
            decode: (bytes) => {
              const message = definition.codec.decode(bytes)
              if (this.#judged.has(id)) this.#pipelines.receives(id, message, (node) => this.#simulation.inspect(node))
              return message
            },
          },
          create: (env) => definition.create(env, this.#logOptions),
          listen: () => {},
        }
      },
      onIndication: (node, path, indication) => {
        if (path === '' && this.#judged.has(node)) this.#indicated(node, indication as ReplicatedLogIndication)
      },
      onStart: (node) => {
        this.#leaderships.started(node)
        if (this.#judged.has(node)) this.#checks.started(node)
      },
      afterStep: (node) => {
        const up = this.#simulation.isUp(node)
        if (!up) {
          this.#leaderships.crashed(node)
          // Also a disk that was damaged long ago may end a node whenever it is read.
          this.#oracle.look()
        }
        if (!this.#judged.has(node)) return
        this.#pipelines.stepped(node, (id) => this.#simulation.inspect(id))
        this.#checks.stepped(node)
        this.#invariants.check(node)
      },
    })
    this.#violations = new Violations(this.#simulation, definition.guarantees)
    this.#invariants = new InvariantChecks(definition.invariants, run.ids, this.#simulation, this.#violations)
    this.#leaderships = new LeadershipMarks(this.#simulation)
    this.#pipelines = new PipelineMarks(this.#simulation.marks)
    this.#checks = new LogChecks(this.#simulation, this.#violations)
    this.#oracle = new OracleDetector(
      this.#simulation,
      {
        suspect: (observer, peer, verdict) =>
          this.#simulation.request(observer, `suspect ${peer}`, (log) => log.suspect(peer, verdict)),
        restore: (observer, peer) => this.#simulation.request(observer, `restore ${peer}`, (log) => log.restore(peer)),
      },
      4 * run.maxDelayMs,
      this.#simulation.random.fork('oracle'),
    )
    this.#hunt = new LeaderHunt(this.#simulation, run)
  }

  run(): ReplicatedLogRunResult {
    const { chaosMs, maxDelayMs, ids } = this.#plan
    const simulation = this.#simulation
    const schedule = scheduleOf(this.#plan, chaosMs, simulation.random.fork('schedule'))
    this.#judged = judgedNodes(ids, schedule)
    this.#invariants.judge(this.#judged)
    strike(simulation, schedule)
    for (const { atMs } of schedule) simulation.at(atMs, () => this.#oracle.look())
    for (let atMs = 0; atMs < chaosMs; atMs += 2 * maxDelayMs) simulation.at(atMs, () => this.#oracle.look())
    for (const request of logRequests(this.#plan, simulation.random)) this.#request(request)
    simulation.start()
    simulation.run(chaosMs)
    const core = heal(simulation, this.#plan, schedule)
    this.#oracle.look()
    this.#checkProgress(core)
    this.#checks.checkAll([...this.#judged])
    this.#checkRejected()
    return {
      ...resultOf(this.#plan, simulation, this.#violations),
      committed: this.#checks.committedIndex,
      outcomes: this.#outcomes,
      barriers: this.#barriers,
    }
  }

  #request({ atMs, node, ...request }: ScheduledRequest): void {
    const simulation = this.#simulation
    simulation.at(atMs, () => {
      switch (request.what) {
        case 'propose':
          this.#propose(node, request.count)
          return
        case 'read':
          this.#read(node)
          return
        case 'resign':
          simulation.request(node, 'resign', (log) => log.resign())
          return
        case 'transfer':
          this.#transfer(node, request.to)
          return
        case 'accuse':
          this.#oracle.mistake(node, request.peer)
          return
        case 'stand': // of a log it is not asked, and refused
      }
    })
  }

  /** Proposes `count` commands at once and returns the last. */
  #propose(node: NodeId, count = 1): string {
    const commands = Array.from({ length: count }, () => `c${++this.#commands}`)
    const encoded = commands.map((command) => Uint8Array.from(command, (character) => character.charCodeAt(0)))
    this.#simulation.request(node, `propose ${commands.join(' ')}`, (log) => {
      // A refusal is indicated at the end of the same step: its number must be known by then.
      const first = log.propose(encoded)
      commands.forEach((command, place) => this.#proposed.set(this.#key(node, first + place), command))
    })
    return commands.at(-1) as string
  }

  #transfer(node: NodeId, to: NodeId): void {
    this.#simulation.request(node, `transfer ${to}`, (log) => {
      if (log.leader === node) this.#leaderships.handsOver(to)
      log.transfer(to)
    })
  }

  #read(node: NodeId): void {
    const committed = this.#checks.committedIndex
    this.#simulation.request(node, 'read', (log) => {
      this.#asked.set(this.#key(node, log.readBarrier()), { committed, term: log.term })
    })
  }

  #key(node: NodeId, number: number): string {
    return `${node} ${this.#simulation.incarnation(node).incarnation} ${number}`
  }

  #indicated(node: NodeId, indication: ReplicatedLogIndication): void {
    const simulation = this.#simulation
    switch (indication.type) {
      case 'leader-changed':
        this.#leaderships.indicated(node, indication.leader, indication.term)
        this.#checks.leaderChanged(node, indication.leader, indication.term)
        if (indication.leader === node) this.#hunt.elected(node)
        return
      case 'committed': {
        this.#checks.committed(node, indication.entries)
        const applied = this.#applied.get(node)
        for (const { command } of indication.entries)
          if (command !== undefined) applied?.add(String.fromCharCode(...command))
        return
      }
      case 'proposal-ended': {
        const { outcome } = indication.outcome
        this.#outcomes[outcome]++
        if (outcome !== 'committed') simulation.marks.add(`proposal-${outcome}`)
        const command = this.#proposed.get(this.#key(node, indication.proposal))
        if (outcome === 'rejected' && command !== undefined) this.#rejected.add(command)
        if (outcome === 'committed' && this.#checks.commandAt(indication.outcome.index) !== command) {
          const what = `${node} is told that ${command} was committed at index ${indication.outcome.index}; it was not`
          this.#violations.add('state-machine-safety', what)
        }
        return
      }
      case 'barrier-ended': {
        const { index } = indication
        if (index === undefined) {
          this.#barriers.unanswered++
          simulation.marks.add('barrier-unanswered')
        } else {
          this.#barriers.answered++
          const { committed = 0, term = noTerm } = this.#asked.get(this.#key(node, indication.barrier)) ?? {}
          if (compareTerms(term, simulation.root(node).term) < 0) simulation.marks.add('barrier-across-leaders')
          if (index < committed) {
            this.#violations.add(
              'linearizable-reads',
              `${node} may read at index ${index}; ${committed} was committed before it asked`,
            )
          }
        }
      }
    }
  }

  /** Once all is well with the core, what any of it proposes is committed by all of it, refusals apart, which are tried again. */
  #checkProgress(core: readonly NodeId[]): void {
    const { maxDelayMs } = this.#plan
    const simulation = this.#simulation
    const endsAtMs = simulation.now + 4 * maxDelayMs + this.#definition.commitsWithinMs(this.#logOptions)
    const wanted = new Map<NodeId, string>()
    const live = (): readonly NodeId[] => core.filter((id) => simulation.isUp(id))
    const everywhere = (command: string): boolean => live().every((id) => this.#applied.get(id)?.has(command) === true)
    let renewAtMs = 0
    while (simulation.now < endsAtMs) {
      // What was proposed to a leader that was lost ends unknown, and is nobody's fault: after a while another is tried.
      const renew = simulation.now >= renewAtMs
      if (renew) renewAtMs = simulation.now + 20 * maxDelayMs
      // A damaged disk may only now be read, and its node go down.
      for (const id of wanted.keys()) if (!simulation.isUp(id)) wanted.delete(id)
      for (const id of live()) {
        const command = wanted.get(id)
        const lost = command === undefined || this.#rejected.has(command) || (renew && !everywhere(command))
        if (lost) wanted.set(id, this.#propose(id))
      }
      simulation.run(simulation.now + maxDelayMs)
      if ([...wanted.values()].every(everywhere)) return
    }
    const missing = [...wanted]
      .filter(([, command]) => !everywhere(command))
      .map(([id, command]) => `${command} of ${id}`)
    this.#violations.add('progress', `once faults have ceased, ${missing.join(', ')} is not committed everywhere`)
  }

  #checkRejected(): void {
    const twice = this.#checks.commands.find((command, place, all) => command !== '' && all.indexOf(command) !== place)
    if (twice !== undefined)
      this.#violations.add('state-machine-safety', `${twice} was proposed once and committed twice`)
    const wrong = this.#checks.commands.find((command) => this.#rejected.has(command))
    if (wrong !== undefined) this.#violations.add('state-machine-safety', `${wrong} was rejected and is committed`)
  }
}
