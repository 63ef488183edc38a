import { Budget, type BudgetOptions, type Exhausted } from './budget.js'
import { explain, type Violation } from './explain.js'
import type { Model } from './model.js'
import { requireTimes, type Operation } from './operation.js'
import { pick, searchOperations } from './search-operations.js'

export type CheckOptions = BudgetOptions

interface Spent {
  /** Steps of the model that were tried. */
  readonly steps: number
  /** The most that one search's memory of configurations took. */
  readonly cacheBytes: number
}

/** The operations of one key in an order that explains them; of unknown outcome only those that took effect in it. */
export interface Linearization<Input, Output> {
  /** `undefined` when the model has no keys. */
  readonly key: string | undefined
  readonly order: readonly Operation<Input, Output>[]
}

export type CheckResult<Input, Output> = Spent &
  (
    | { readonly verdict: 'linearizable'; readonly linearizations: readonly Linearization<Input, Output>[] }
    | { readonly verdict: 'violation'; readonly violation: Violation<Input, Output> }
    /** The budget ended first: `key` is where, `exhausted` what was used up. */
    | { readonly verdict: 'unknown'; readonly exhausted: Exhausted; readonly key: string | undefined }
  )

/**
 * Whether `history` is linearizable: whether its operations can have taken effect one at a time, each between its call and its answer, so
 * that `model` gives these answers. Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects" (1990).
 *
 * With keys, each key is checked apart (Horn and Kroening, "Faster linearizability checking via P-compositionality", 2015); a violation of
 * one is the verdict, also when another stayed undecided. The order of `history` does not matter, its times do.
 *
 * Throws `QUORATE_INVALID_OPERATION` for one that cannot be, and `QUORATE_INVALID_OPTION`.
 */
export function checkHistory<Input, Output>(
  model: Model<Input, Output>,
  history: readonly Operation<Input, Output>[],
  options: CheckOptions = {},
): CheckResult<Input, Output> {
  const budget = new Budget(options)
  const linearizations: Linearization<Input, Output>[] = []
  let undecided: { readonly exhausted: Exhausted; readonly key: string | undefined } | undefined
  let cacheBytes = 0
  for (const [key, operations] of partition(model, history)) {
    const result = searchOperations(model, operations, budget)
    cacheBytes = Math.max(cacheBytes, result.cacheBytes)
    if (result.exhausted !== undefined) {
      undecided ??= { exhausted: result.exhausted, key }
      if (result.exhausted !== 'cache') break
    } else if (!result.found) {
      const violation = explain(model, key, operations, result, budget)
      return { verdict: 'violation', violation, steps: budget.spent, cacheBytes }
    } else {
      linearizations.push({ key, order: pick(operations, result.order) })
    }
  }
  const spent = { steps: budget.spent, cacheBytes }
  if (undecided !== undefined) return { verdict: 'unknown', ...undecided, ...spent }
  return { verdict: 'linearizable', linearizations, ...spent }
}

/** The operations of each key, in the order in which the keys appear. */
function partition<Input, Output>(
  model: Model<Input, Output>,
  history: readonly Operation<Input, Output>[],
): Map<string | undefined, Operation<Input, Output>[]> {
  const parts = new Map<string | undefined, Operation<Input, Output>[]>()
  for (let index = 0; index < history.length; index++) {
    const operation = history[index] as Operation<Input, Output>
    requireTimes(operation, index)
    const key = model.key?.(operation.input)
    const part = parts.get(key)
    if (part === undefined) parts.set(key, [operation])
    else part.push(operation)
  }
  return parts
}
