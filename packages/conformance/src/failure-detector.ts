import type { FailureDetectorDefinition, FailureDetectorProperty } from '@quorate/core'
import { runFailureDetector } from '@quorate/simulation'
import { Campaign } from './campaign.js'
import { testDeclaration } from './declared.js'
import { testQuality } from './detector-quality.js'
import { testProtocol } from './protocol.js'
import { Suite, type TestRunner } from './runner.js'
import { planSweep, type SweepOptions } from './sweep-options.js'

const properties: readonly FailureDetectorProperty[] = ['strong-completeness', 'eventual-strong-accuracy']

/**
 * The tests of a failure detector: completeness and accuracy under all faults that it declares, what it declares to break beyond them,
 * and its quality on a network that keeps its bounds: detection time, mistake recurrence and mistake duration.
 *
 * @example
 * failureDetectorConformance(myDetector, { describe, it, seeds: 200 })
 */
export function failureDetectorConformance<M>(
  definition: FailureDetectorDefinition<M>,
  options: TestRunner & SweepOptions,
): void {
  const plan = planSweep(options)
  const suite = new Suite(options)
  const run = runOf(definition)
  suite.describe(`${definition.name}, a failure detector`, () => {
    const campaign = new Campaign(plan, run)
    testDeclaration(suite, definition, properties, { campaign, run, plan })
    testQuality(suite, definition, plan)
    testProtocol(suite, definition as FailureDetectorDefinition<never>, runOf, plan)
  })
}

function runOf<M>(definition: FailureDetectorDefinition<M>) {
  return (options: Parameters<typeof runFailureDetector>[1]) => runFailureDetector(definition, options)
}
