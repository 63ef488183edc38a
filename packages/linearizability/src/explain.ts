import type { Budget } from './budget.js'
import { orderEvents } from './event-order.js'
import type { Model } from './model.js'
import type { Operation } from './operation.js'
import { pick, searchOperations } from './search-operations.js'
import type { SearchResult } from './search.js'

/** Why a history is not linearizable. */
export interface Violation<Input, Output> {
  /** The key whose operations these are; `undefined` when the model has no keys. */
  readonly key: string | undefined
  /**
   * The shortest prefix of the history that cannot be explained: the operations that were called before it ends. What had not been
   * answered by then is of unknown outcome here.
   */
  readonly prefix: readonly Operation<Input, Output>[]
  /** The operation with whose answer the prefix ends. Without this answer it can be explained. */
  readonly operation: Operation<Input, Output>
  /** The longest linearization of operations of the prefix that was found. */
  readonly longest: readonly Operation<Input, Output>[]
  /** `false` when the budget ended before a shorter prefix was ruled out. */
  readonly isShortest: boolean
}

/**
 * Cuts a history that `failed` down to its shortest prefix that cannot be explained. Every prefix of a linearizable history is
 * linearizable, so it is found by doubling and halving, from what the failed search explained on.
 */
export function explain<Input, Output>(
  model: Model<Input, Output>,
  key: string | undefined,
  operations: readonly Operation<Input, Output>[],
  failed: SearchResult,
  budget: Budget,
): Violation<Input, Output> {
  const { required, returnRank } = orderEvents(operations)
  const answered: Operation<Input, Output>[] = []
  required.forEach((index, k) => (answered[returnRank[k] as number] = operations[index] as Operation<Input, Output>))

  // The prefix with the first `explained` answers can be explained, that with `tooMany` cannot.
  let explained = failed.explainedReturns
  let tooMany = answered.length
  let best = { prefix: operations, result: failed }
  let isShortest = true
  for (let stride = 1; tooMany - explained > 1; stride *= 2) {
    const count = Math.min(explained + stride, explained + ((tooMany - explained) >>> 1))
    const prefix = firstAnswers(operations, answered, count)
    const result = searchOperations(model, prefix, budget)
    if (result.exhausted !== undefined) {
      isShortest = false
      break
    }
    if (result.found) explained = count
    else {
      tooMany = count
      best = { prefix, result }
      explained = Math.max(explained, result.explainedReturns)
    }
  }
  return {
    key,
    prefix: best.prefix,
    operation: answered[tooMany - 1] as Operation<Input, Output>,
    longest: pick(best.prefix, best.result.order),
    isShortest,
  }
}

/** The prefix of a history that ends with the answer of this rank, in the order of answers, counted from 1. */
function firstAnswers<Input, Output>(
  operations: readonly Operation<Input, Output>[],
  answered: readonly Operation<Input, Output>[],
  count: number,
): Operation<Input, Output>[] {
  const kept = new Set(answered.slice(0, count))
  const end = (answered[count - 1] as Operation<Input, Output>).returnAt as number
  return operations
    .filter(({ callAt }) => callAt <= end)
    .map((each) => (kept.has(each) || each.output === undefined ? each : withoutAnswer(each)))
}

function withoutAnswer<Input, Output>({ client, input, callAt }: Operation<Input, Output>): Operation<Input, Output> {
  return { client, input, callAt }
}
