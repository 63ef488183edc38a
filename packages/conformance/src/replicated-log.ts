import {
  isQuorateError,
  type ElectionDefinition,
  type ReplicatedLogDefinition,
  type ReplicatedLogProperty,
} from '@quorate/core'
import { runReplicatedLog, type ReplicatedLogRunResult, type RunOptions } from '@quorate/simulation'
import { Campaign } from './campaign.js'
import { testDeclaration } from './declared.js'
import { testLogFormulas } from './log-formulas.js'
import { testProtocol } from './protocol.js'
import { fail, Suite, type TestRunner } from './runner.js'
import { planSweep, type SweepOptions } from './sweep-options.js'

const properties: readonly ReplicatedLogProperty[] = [
  'election-safety',
  'leader-append-only',
  'log-matching',
  'leader-completeness',
  'state-machine-safety',
  'linearizable-reads',
  'progress',
]

export interface ReplicatedLogConformanceOptions extends TestRunner, SweepOptions {
  /** The election that carries the log. */
  readonly election: ElectionDefinition<unknown>
}

/**
 * The tests of a replicated log, on the election that it is to stand on: Raft's five properties, linearizable reads and progress under
 * all faults that it declares, what it declares to break beyond them, and the two formulas of consistency and consensus over what was
 * applied.
 *
 * @example
 * replicatedLogConformance(myLog, { describe, it, election: raft, stores: openWriteAheadLog, seeds: 200 })
 */
export function replicatedLogConformance<M>(
  definition: ReplicatedLogDefinition<M>,
  options: ReplicatedLogConformanceOptions,
): void {
  const { election } = options
  const plan = planSweep(options)
  const suite = new Suite(options)
  const runOf = (log: ReplicatedLogDefinition<never>) => (run: RunOptions) =>
    runReplicatedLog(log, { ...run, election })
  const log = definition as ReplicatedLogDefinition<never>
  const run = runOf(log)
  suite.describe(`${definition.name}, a replicated log on the election ${election.name}`, () => {
    const total = { committed: 0, answered: 0 }
    const campaign = new Campaign<ReplicatedLogRunResult>(plan, run, ({ outcomes, barriers }) => {
      total.committed += outcomes.committed
      total.answered += barriers.answered
    })
    testDeclaration(suite, definition, properties, { campaign, run, plan })
    suite.test('commits what is proposed and answers reads in these runs, so that they show something', () => {
      campaign.finish()
      const { committed, answered } = total
      if (committed === 0 || answered === 0) fail(`${committed} proposals were committed, ${answered} reads answered`)
    })
    testLogFormulas(suite, log, election, plan)
    suite.test('refuses, by its name, an election that carries no log', () => {
      const plain = { ...election, name: 'carries-no-log', carriesLog: false } as ElectionDefinition<unknown>
      requireRefused(plain, () => runReplicatedLog(log, { ...plan.run, nodes: 1, seed: 1, election: plain }))
    })
    testProtocol(suite, log, runOf, plan)
  })
}

function requireRefused({ name }: ElectionDefinition<unknown>, run: () => unknown): void {
  try {
    run()
  } catch (error) {
    if (isQuorateError(error, 'QUORATE_ELECTION_CARRIES_NO_LOG') && error.message.includes(name)) return
    fail(`it refuses ${name} by another error than QUORATE_ELECTION_CARRIES_NO_LOG that names it: ${String(error)}`, {
      cause: error,
    })
  }
  fail(`it runs on ${name}, which does not say that it carries a log`)
}
