import { sweep, type RunResult, type Violation } from '@quorate/simulation'

/** Looks for a run in which `property` is violated; returns that violation, or `undefined` when no seed shows one. */
export function findViolation(
  seeds: { readonly from: number; readonly to: number },
  property: string,
  run: (seed: number) => RunResult,
): Violation | undefined {
  const { failed } = sweep(seeds, (seed) => {
    const result = run(seed)
    return { ...result, violations: result.violations.filter((violation) => violation.property === property) }
  })
  return failed?.violations[0]
}
