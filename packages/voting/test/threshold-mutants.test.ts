import { describe, expect, it, vi } from 'vitest'
import { runAgreement } from '@quorate/simulation'
import type * as source from '../src/threshold.js'
import { threshold } from '../src/threshold.js'
import { cluster } from './cluster.js'
import { importMutant } from './mutant.js'
import { findViolation } from './violations.js'

// Sweeps take as long as the machine needs.
vi.setConfig({ testTimeout: 120_000 })

const acknowledgement = "this.#env.send(from, { type: 'accepted', ballot })"

/** What goes wrong, the place in the source, what stands there instead, and what the sweep finds. */
const mutants: readonly (readonly [mistake: string, original: string, replacement: string, finds: string])[] = [
  [
    'accepts in any ballot, as without ballots',
    `    if (compareTerms(ballot, promised) < 0) {
      this.#env.send(from, { type: 'refuse', ballot, promised })
      return
    }
    if (accepted === undefined ||`,
    '    if (accepted === undefined ||',
    'chosen-value-stable',
  ],
  [
    'promises a lower ballot after a higher one',
    `    if (compareTerms(ballot, promised) < 0) {
      this.#env.send(from, { type: 'refuse', ballot, promised })
      return
    }
    if (compareTerms(ballot, promised) > 0)`,
    '    if (compareTerms(ballot, promised) !== 0)',
    'promises-kept',
  ],
  [
    'takes the smallest value though another was accepted',
    'return highest === undefined ? smallest : highest.value',
    'return smallest',
    'chosen-value-stable',
  ],
  [
    'acknowledges before its acceptance is durable',
    acknowledgement,
    acknowledgement.replace(')', ', AT_ONCE)'),
    'acknowledgements-kept',
  ],
  [
    'promises before its promise is durable',
    "{ type: 'promise', ballot, accepted, proposed: value })",
    "{ type: 'promise', ballot, accepted, proposed: value }, AT_ONCE)",
    'promises-kept',
  ],
  [
    'makes a ballot known before it is durable',
    "{ type: 'prepare', ballot: own })",
    "{ type: 'prepare', ballot: own }, AT_ONCE)",
    'ballots-kept',
  ],
  [
    'chooses a value from less than a majority',
    'if (!this.#quorums.isQuorum(attempt.promises)) return',
    '',
    'chosen-value-stable',
  ],
  [
    'decides on less than a majority',
    'if (!this.#quorums.isQuorum(attempt.acknowledged)) return',
    '',
    'uniform-agreement',
  ],
  [
    'changes the value of a ballot when another promise comes',
    'attempt.value !== undefined || compareTerms',
    'compareTerms',
    'one-value-per-ballot',
  ],
  [
    'counts acknowledgements of an earlier ballot',
    'attempt?.value === undefined || compareTerms(ballot, attempt.ballot) !== 0',
    'attempt?.value === undefined',
    'acknowledgements-kept',
  ],
]

describe('threshold with a mistake put in', () => {
  it.each(mutants)('is caught when it %s', async (_mistake, original, replacement, finds) => {
    const mutant = await importMutant<typeof source>('threshold.ts', original, replacement)
    const run = (seed: number) =>
      runAgreement(mutant.threshold, { nodes: 5, seed, chaosMs: seed % 2 === 0 ? 100 : 300 })
    expect(findViolation({ from: 1, to: 4000 }, finds, run)).toBeDefined()
  })
})

describe('an acceptor that crashes when its acknowledgement has just left', () => {
  /** Of three nodes n1 proposes 50, n2 acknowledges and crashes, n1 is gone, and n2 is back with n3, which has a smaller value. */
  function decisionsWith(definition: typeof source.threshold): readonly number[] {
    const { simulation, indicated } = cluster(definition, { nodes: 3, values: [50, 60, 1] })
    simulation.apply({ type: 'cut', from: ['n1', 'n2'], to: ['n3'] })
    simulation.apply({ type: 'cut', from: ['n3'], to: ['n1', 'n2'] })
    simulation.apply({ type: 'crash', node: 'n2', afterSends: 1, finishes: true })
    simulation.run(60)
    simulation.apply({ type: 'crash', node: 'n1' })
    simulation.apply({ type: 'heal' })
    simulation.apply({ type: 'restart', node: 'n2' })
    simulation.run(2000)
    return indicated.map(({ value }) => value)
  }

  it('remembers what it acknowledged, and all decide alike', () => {
    expect(decisionsWith(threshold)).toEqual([50, 50, 50])
  })

  it('lets two values be decided when the acknowledgement did not wait for the disk', async () => {
    const replacement = acknowledgement.replace(')', ', AT_ONCE)')
    const mutant = await importMutant<typeof source>('threshold.ts', acknowledgement, replacement)
    expect(decisionsWith(mutant.threshold)).toEqual([50, 1, 1])
  })
})
