import { seededRandom, type Declaration, type FaultKind, type Invariant } from '@quorate/core'
import { nodeIds, type RunOptions, type RunResult, type ScheduledFault } from '@quorate/simulation'
import type { Campaign, Run } from './campaign.js'
import { fail, words, type Suite } from './runner.js'
import type { SweepPlan } from './sweep-options.js'

/**
 * The tests that follow from a declaration: what is guaranteed must hold, what is not claimed is skipped and says so, and what breaks
 * beyond the model must be found there.
 */
export function testDeclaration<R extends RunResult>(
  suite: Suite,
  definition: Declaration & { readonly invariants?: readonly Invariant[] },
  /** Every property of this kind of algorithm, in the order of the textbook. */
  properties: readonly string[],
  { campaign, run, plan }: { readonly campaign: Campaign<R>; readonly run: Run; readonly plan: SweepPlan },
): void {
  const { name, guarantees, counterexamples, invariants = [] } = definition
  suite.test('takes every step without throwing', () => campaign.requireNothingThrown())
  for (const property of properties) {
    if (guarantees.includes(property)) suite.test(words(property), () => campaign.requireHeld(property))
    else suite.skip(words(property), `not claimed by ${name}`)
  }
  for (const property of guarantees.filter((each) => !properties.includes(each))) {
    suite.test(words(property), () => fail(`${name} guarantees ${property}, which is no property of its kind`))
  }
  for (const invariant of invariants) {
    suite.test(`invariant ${invariant.name}`, () => campaign.requireHeld(invariant.name))
  }
  for (const { fault, breaks } of counterexamples) {
    suite.test(`breaks ${words(breaks)} ${cause(fault)}, as declared`, () =>
      find(breaks, plan, run, waysOf(fault, definition, plan)),
    )
  }
  if (definition.family !== 'clocks') return
  for (const breaks of definition.brokenClockBreaks) {
    suite.test(`breaks ${words(breaks)} by clocks worse than they declare, as declared`, () =>
      find(breaks, plan, run, definition.relies === 'rate' ? wrongRates(plan) : wrongTimes(definition, plan)),
    )
  }
}

function cause(fault: FaultKind | 'excess-faults'): string {
  return fault === 'excess-faults' ? 'with one faulty node more than it tolerates' : `under ${words(fault)}`
}

/** Options for a run that may show it. */
type Way = (seed: number) => Partial<RunOptions>

/** Looks for a run that violates `property`, seed by seed, each way in turn. Fails when there is none. */
function find(property: string, plan: SweepPlan, run: Run, ways: readonly Way[]): void {
  const [{ nodes }] = plan.worlds
  for (let seed = 1; seed <= plan.counterexampleSeeds; seed++) {
    const way = ways[seed % ways.length] as Way
    const { violations } = run({ ...plan.run, nodes, seed, ...way(seed) })
    if (violations.some((violation) => violation.property === property)) return
  }
  fail(
    `${words(property)} is declared to break there, and ${plan.counterexampleSeeds} seeds with ${nodes} nodes do not show it: ` +
      'either the declaration is wrong, or it takes more seeds (counterexampleSeeds)',
    { property, nodes, seeds: plan.counterexampleSeeds },
  )
}

/**
 * The fault alone; told to survive one faulty node, since an algorithm may do more work to survive more; and the latter with crashes,
 * where those are tolerated.
 */
function waysOf(fault: FaultKind | 'excess-faults', { tolerates, resilience }: Declaration, plan: SweepPlan): Way[] {
  const survived = resilience(plan.worlds[0].nodes)
  if (fault === 'excess-faults') return [excessCrashes(survived + 1, plan)]
  const alone: Way = () => ({ faults: [fault] })
  if (survived === 0) return [alone]
  const oneFaulty: Way = () => ({ faults: [fault], maxFaulty: 1 })
  if (!tolerates.includes('crash-stop')) return [alone, oneFaulty]
  return [alone, oneFaulty, () => ({ faults: ['crash-stop', fault], maxFaulty: 1 })]
}

/** So many nodes crash for good while the algorithm works. It is not told: one may refuse to survive more than it can. */
function excessCrashes(
  count: number,
  { worlds: [{ nodes }], run: { maxDelayMs = 10, chaosMs = Infinity } }: SweepPlan,
): Way {
  return (seed) => {
    const random = seededRandom(seed)
    const withinMs = Math.min(10 * maxDelayMs, chaosMs) * random.fraction()
    const atMs = (): number => withinMs * random.fraction()
    const crashing = random.shuffle(nodeIds(nodes)).slice(0, count)
    return {
      faults: ['crash-stop'],
      schedule: crashing.map((node) => ({ atMs: atMs(), action: { type: 'crash', node, forGood: true } })),
    }
  }
}

/** All monotonic clocks twice as fast as true time, or each at a rate of its own, between a tenth and ten times as fast. */
function wrongRates({ worlds: [{ nodes }], run: { maxDelayMs = 10 } }: SweepPlan): Way[] {
  const links: ScheduledFault = {
    atMs: 0,
    action: { type: 'links', conditions: { minDelayMs: maxDelayMs / 2, maxDelayMs } },
  }
  const clocks = (ratePpm: () => number): readonly ScheduledFault[] =>
    nodeIds(nodes).map((node) => ({ atMs: 0, action: { type: 'clock', node, ratePpm: ratePpm() } }))
  return [
    () => ({ schedule: [links, ...clocks(() => 1_000_000)] }),
    (seed) => {
      const random = seededRandom(seed)
      const rate = (): number => (random.chance(0.5) ? -900_000 * random.fraction() : 9_000_000 * random.fraction())
      return { schedule: [links, ...clocks(rate)] }
    },
  ]
}

/** Wall clocks beyond their declared error, with crashes where those are tolerated; or one that is minutes off. */
function wrongTimes({ tolerates, resilience }: Declaration, { worlds: [{ nodes }] }: SweepPlan): Way[] {
  const wrong = ['clock-skew', 'clock-jump'] as const
  const crashing = tolerates.includes('crash-stop') && resilience(nodes) > 0
  return [
    () => (crashing ? { faults: ['crash-stop', ...wrong], maxFaulty: 1 } : { faults: wrong }),
    (seed) => {
      const random = seededRandom(seed)
      const wallErrorMs = random.pick([-1, 1]) * 60_000 * (1 + random.fraction())
      return { schedule: [{ atMs: 0, action: { type: 'clock', node: random.pick(nodeIds(nodes)), wallErrorMs } }] }
    },
  ]
}
