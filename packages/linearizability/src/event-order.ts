import type { Operation } from './operation.js'

/**
 * The operations of one search in the order of their events. Those with an answer are *required*, and numbered 0 to n - 1 by their
 * calls; those of unknown outcome are *optional*, and numbered 0 to m - 1 by theirs.
 *
 * Required ones are two entries each: call `k` and return `n + k`, in a doubly linked list whose head is `2n`.
 */
export interface EventOrder {
  readonly required: Int32Array
  readonly optional: Int32Array
  readonly next: Int32Array
  readonly previous: Int32Array
  /** How many answers came before that of required `k`. */
  readonly returnRank: Int32Array
  /** How many answers came before the call of optional `j`. */
  readonly returnsBefore: Int32Array
}

export function orderEvents(operations: readonly Operation<unknown, unknown>[]): EventOrder {
  const callAt = (index: number): number => (operations[index] as Operation<unknown, unknown>).callAt
  const returnAt = (index: number): number => (operations[index] as Operation<unknown, unknown>).returnAt as number

  const requiredList: number[] = []
  const optionalList: number[] = []
  for (let index = 0; index < operations.length; index++)
    ((operations[index] as Operation<unknown, unknown>).output === undefined ? optionalList : requiredList).push(index)
  const required = Int32Array.from(sortBy(requiredList, callAt))
  const optional = Int32Array.from(sortBy(optionalList, callAt))

  const n = required.length
  const returns = sortBy(
    Array.from({ length: n }, (_, k) => k),
    (k) => returnAt(required[k] as number),
  )
  const returnTime = (rank: number): number => returnAt(required[returns[rank] as number] as number)

  const next = new Int32Array(2 * n + 1)
  const previous = new Int32Array(2 * n + 1)
  const returnRank = new Int32Array(n)
  let last = 2 * n
  const append = (entry: number): void => {
    next[last] = entry
    previous[entry] = last
    last = entry
  }
  for (let rank = 0, k = 0; rank < n; rank++) {
    while (k < n && callAt(required[k] as number) <= returnTime(rank)) append(k++)
    const returned = returns[rank] as number
    returnRank[returned] = rank
    append(n + returned)
  }
  append(2 * n)

  const returnsBefore = new Int32Array(optional.length)
  for (let j = 0, rank = 0; j < optional.length; j++) {
    while (rank < n && returnTime(rank) < callAt(optional[j] as number)) rank++
    returnsBefore[j] = rank
  }
  return { required, optional, next, previous, returnRank, returnsBefore }
}

/** Sorts in place, unless in order already, as recorded histories are. */
function sortBy(list: number[], time: (each: number) => number): number[] {
  for (let at = 1; at < list.length; at++)
    if (time(list[at - 1] as number) > time(list[at] as number)) return list.sort((a, b) => time(a) - time(b))
  return list
}
