import type { ElectionDefinition, ElectionProperty } from '@quorate/core'
import { runElection } from '@quorate/simulation'
import { Campaign } from './campaign.js'
import { testDeclaration } from './declared.js'
import { testAtRest } from './election-at-rest.js'
import { testProtocol } from './protocol.js'
import { Suite, type TestRunner } from './runner.js'
import { planSweep, type SweepOptions } from './sweep-options.js'

const properties: readonly ElectionProperty[] = [
  'one-leader-per-term',
  'one-leader-at-a-time',
  'quorum-support',
  'eventual-agreement',
  'eventual-accuracy',
]

/**
 * The tests of an election: what it declares, under all faults that it declares, each property as a test; that what it declares to break
 * beyond them is found; stability and the rest that every election owes.
 *
 * @example
 * electionConformance(myElection, { describe, it, seeds: 200 })
 */
export function electionConformance<M>(definition: ElectionDefinition<M>, options: TestRunner & SweepOptions): void {
  const plan = planSweep(options)
  const suite = new Suite(options)
  const run = runOf(definition)
  suite.describe(`${definition.name}, an election`, () => {
    const campaign = new Campaign(plan, run)
    testDeclaration(suite, definition, properties, { campaign, run, plan })
    testAtRest(suite, definition, plan)
    testProtocol(suite, definition as ElectionDefinition<never>, runOf, plan)
  })
}

function runOf<M>(definition: ElectionDefinition<M>) {
  return (options: Parameters<typeof runElection>[1]) => runElection(definition, options)
}
