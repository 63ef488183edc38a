import type { AgreementDefinition, AgreementProperty } from '@quorate/core'
import { runAgreement, type RunOptions } from '@quorate/simulation'
import { DecisionFormulas, traceLimit } from './agreement-formulas.js'
import { Campaign } from './campaign.js'
import { testDeclaration } from './declared.js'
import { testProtocol } from './protocol.js'
import { Suite, type TestRunner } from './runner.js'
import { planSweep, type SweepOptions } from './sweep-options.js'

const properties: readonly AgreementProperty[] = [
  'validity',
  'integrity',
  'agreement',
  'uniform-agreement',
  'termination',
]

/**
 * The tests of an agreement on one value: what it declares, under all faults that it declares, each property as a test; that what it
 * declares to break beyond them is found; and the two formulas of consistency and consensus over what was decided.
 *
 * @example
 * agreementConformance(myVote, { describe, it, seeds: 200 })
 */
export function agreementConformance<M>(definition: AgreementDefinition<M>, options: TestRunner & SweepOptions): void {
  const plan = planSweep(options)
  const suite = new Suite(options)
  const run = runOf(definition)
  suite.describe(`${definition.name}, an agreement on one value`, () => {
    const formulas = new DecisionFormulas()
    const campaign = new Campaign(
      plan,
      (each) => run({ ...each, traceLimit }),
      (result) => formulas.see(result),
    )
    testDeclaration(suite, definition, properties, { campaign, run, plan })
    formulas.test(suite, definition, () => campaign.finish())
    testProtocol(suite, definition as AgreementDefinition<never>, runOf, plan)
  })
}

/**
 * Most runs are over soon: often faults strike while the algorithm works, sometimes they go on for long. And a third of all runs tell it to
 * survive less than it can, since it may do less then.
 */
function runOf<M>(definition: AgreementDefinition<M>) {
  return (options: RunOptions) => {
    const { maxDelayMs = 10, nodes, seed, schedule } = options
    const survived = definition.resilience(nodes)
    const less = schedule === undefined && survived > 1 && Math.floor(seed / 3) % 3 === 0
    return runAgreement(definition, {
      chaosMs: ([10, 30, 100][seed % 3] as number) * maxDelayMs,
      maxFaulty: less ? 1 + (seed % (survived - 1)) : survived,
      ...options,
    })
  }
}
