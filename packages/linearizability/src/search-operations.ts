import type { Budget } from './budget.js'
import { orderEvents } from './event-order.js'
import type { Model } from './model.js'
import type { Operation } from './operation.js'
import { search, type SearchResult } from './search.js'

/** Searches through operations of one key. */
export function searchOperations<Input, Output>(
  model: Model<Input, Output>,
  operations: readonly Operation<Input, Output>[],
  budget: Budget,
): SearchResult {
  const order = orderEvents(operations)
  return search(model.start(operations), order, sameBefore(model, operations, order.optional), budget)
}

/** For each of the optional operations, given by index, the one before it that does the same, or -1. */
function sameBefore<Input, Output>(
  model: Model<Input, Output>,
  operations: readonly Operation<Input, Output>[],
  optional: Int32Array,
): Int32Array {
  const same = new Int32Array(optional.length).fill(-1)
  if (model.inputKey === undefined) return same
  const last = new Map<string, number>()
  for (let j = 0; j < optional.length; j++) {
    const key = model.inputKey((operations[optional[j] as number] as Operation<Input, Output>).input)
    same[j] = last.get(key) ?? -1
    last.set(key, j)
  }
  return same
}

export function pick<Each>(list: readonly Each[], indices: Int32Array): Each[] {
  return Array.from(indices, (index) => list[index] as Each)
}
