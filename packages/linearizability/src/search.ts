import type { Budget, Exhausted } from './budget.js'
import { ADDED, ConfigurationCache, FULL, mix, type Configuration } from './configuration-cache.js'
import type { EventOrder } from './event-order.js'
import { HOPELESS, REFUSED, type Machine } from './model.js'

export interface SearchResult {
  readonly found: boolean
  /** Set when the search ended before it knew. */
  readonly exhausted?: Exhausted
  /** Indices of operations in an order that explains the history; when there is none, the longest that was found. */
  readonly order: Int32Array
  /** The history up to before its answer of this rank was explained; ranks count from 0 in the order of answers. */
  readonly explainedReturns: number
  readonly cacheBytes: number
}

const NONE = -1

// What is tried from a configuration, in this order: required operations; optional ones after which a required one can follow, which
// could not before or got nowhere; any optional ones.
const REQUIRED = 0
const HELPFUL = 1
const ANY = 2

/**
 * Looks for an order in which the operations took effect one at a time, each between its call and its answer, all answers being those of
 * the machine. Wing and Gong, "Testing and verifying concurrent objects" (1993), with the list of entries and the caching of Lowe, "Testing
 * for linearizability" (2017), without recursion.
 *
 * Operations of unknown outcome are tried only where no other can be next, and need not take effect. Those that do the same are
 * tried in the order of their calls: `sameBefore[j]` is the optional one before `j` that does the same, or -1.
 */
export function search(
  machine: Machine,
  { required, optional, next, previous, returnRank, returnsBefore }: EventOrder,
  sameBefore: Int32Array,
  budget: Budget,
): SearchResult {
  const n = required.length
  const m = optional.length
  const head = 2 * n
  const cache = new ConfigurationCache(budget.maxCacheBytes, (m + 31) >>> 5)
  const taken = new Int32Array(n + m) // k for a required operation, n + j for an optional one
  const statesBefore = new Int32Array(n + m)
  const basesBefore = new Int32Array(n + m)
  const phases = new Uint8Array(n + m)
  const now: Configuration = {
    state: machine.initial,
    hash: 0,
    required: new Int32Array((n >>> 5) + 1),
    base: 0,
    high: 0,
    optional: new Int32Array((m + 31) >>> 5),
  }

  let depth = 0
  let phase = REQUIRED
  let remaining = n
  let longest = new Int32Array(0)
  let fewestRemaining = n + 1
  let explainedReturns = 0
  // The required operation that made the last configuration hopeless: it is likely to do so to the next one.
  let killer = NONE
  let granted = 0
  let steps = 0

  const result = (found: boolean, exhausted?: Exhausted): SearchResult => {
    budget.spend(steps)
    const order = found || longest.length === 0 ? taken.subarray(0, depth) : longest
    return {
      found,
      ...(exhausted && { exhausted }),
      order: order.map((each) => (each < n ? (required[each] as number) : (optional[each - n] as number))),
      explainedReturns,
      cacheBytes: cache.bytes,
    }
  }

  const isDone = (k: number): boolean => ((now.required[k >>> 5] as number) & (1 << (k & 31))) !== 0
  const isUsed = (j: number): boolean => ((now.optional[j >>> 5] as number) & (1 << (j & 31))) !== 0

  /** Whether a required operation can be next in a state. */
  const canFollow = (state: number): boolean => {
    for (let call = next[head] as number; call < n; call = next[call] as number) {
      steps++
      if (machine.step(state, required[call] as number) >= 0) return true
    }
    return false
  }

  const enter = (operation: number, to: number): void => {
    taken[depth] = operation
    statesBefore[depth] = now.state
    basesBefore[depth] = now.base
    phases[depth] = phase
    depth++
    now.state = to
    if (operation >= n) {
      const j = operation - n
      now.optional[j >>> 5] = (now.optional[j >>> 5] as number) | (1 << (j & 31))
      return
    }
    const word = operation >>> 5
    now.required[word] = (now.required[word] as number) | (1 << (operation & 31))
    now.hash ^= mix(operation)
    if (word > now.high) now.high = word
    while (now.base < n && isDone(now.base)) now.base++
    remaining--
    unlink(next, previous, operation)
    unlink(next, previous, n + operation)
  }

  const leave = (): number => {
    const operation = taken[--depth] as number
    phase = phases[depth] as number
    now.state = statesBefore[depth] as number
    now.base = basesBefore[depth] as number
    if (operation >= n) {
      const j = operation - n
      now.optional[j >>> 5] = (now.optional[j >>> 5] as number) & ~(1 << (j & 31))
      return operation
    }
    const word = operation >>> 5
    now.required[word] = (now.required[word] as number) & ~(1 << (operation & 31))
    now.hash ^= mix(operation)
    if (word > now.high) now.high = word
    remaining++
    relink(next, previous, n + operation)
    relink(next, previous, operation)
    return operation
  }

  cache.add(now)
  let entry = next[head] as number
  let nextOptional = NONE
  while (remaining > 0) {
    if (steps >= granted) {
      budget.spend(steps)
      steps = 0
      granted = budget.grant()
      if (granted <= 0) return result(false, budget.exhausted)
    }

    // The next operation that can take effect here, and where it leads.
    let chosen = NONE
    let to = REFUSED
    if (phase === REQUIRED) {
      while (entry < n) {
        steps++
        to = machine.step(now.state, required[entry] as number)
        if (to >= 0) {
          chosen = entry
          break
        }
        if (to === HOPELESS) break
        entry = next[entry] as number
      }
      if (chosen === NONE) {
        phase = ANY
        nextOptional = NONE
        if (to === HOPELESS) {
          killer = entry
        } else {
          const rank = returnRank[entry - n] as number
          if (rank > explainedReturns) explainedReturns = rank
          if (m > 0 && machine.takesUnknown?.(now.state) !== false) {
            phase = HELPFUL
            nextOptional = lastUpTo(returnsBefore, rank)
          }
        }
        if (remaining < fewestRemaining) {
          fewestRemaining = remaining
          longest = taken.slice(0, depth)
        }
      }
    }
    while (chosen === NONE && phase !== REQUIRED) {
      // The newest first: most take effect soon after their call, if ever.
      for (; nextOptional >= 0; nextOptional--) {
        if (isUsed(nextOptional)) continue
        const same = sameBefore[nextOptional] as number
        if (same !== NONE && !isUsed(same)) continue
        steps++
        to = machine.step(now.state, optional[nextOptional] as number)
        // One that changes nothing here is better left for later.
        if (to < 0 || to === now.state || (phase === HELPFUL && !canFollow(to))) continue
        chosen = n + nextOptional
        break
      }
      if (chosen !== NONE || phase === ANY) break
      phase = ANY
      nextOptional = lastUpTo(returnsBefore, returnRank[firstReturn(next, n) - n] as number)
    }

    if (chosen !== NONE) {
      let barred = false
      if (killer !== NONE && killer !== chosen && !isDone(killer)) {
        steps++
        barred = machine.step(to, required[killer] as number) === HOPELESS
      }
      if (!barred) {
        enter(chosen, to)
        const added = cache.add(now)
        if (added === FULL) return result(false, 'cache')
        if (added === ADDED) {
          entry = next[head] as number
          phase = REQUIRED
          continue
        }
        leave()
      }
    } else if (depth === 0) {
      return result(false)
    } else {
      chosen = leave()
    }

    // On from behind what was tried.
    if (chosen < n) {
      entry = next[chosen] as number
    } else {
      nextOptional = chosen - n - 1
    }
  }
  return result(true)
}

/** The first answer in the list: the operations called before it are those that can be next. */
function firstReturn(next: Int32Array, n: number): number {
  let entry = next[2 * n] as number
  while (entry < n) entry = next[entry] as number
  return entry
}

/** The index of the last of an ordered list that is at most `most`, or -1. */
function lastUpTo(list: Int32Array, most: number): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] as number) <= most) low = middle + 1
    else high = middle
  }
  return low - 1
}

function unlink(next: Int32Array, previous: Int32Array, entry: number): void {
  const before = previous[entry] as number
  const after = next[entry] as number
  next[before] = after
  previous[after] = before
}

/** Undoes `unlink`, in the reverse order. */
function relink(next: Int32Array, previous: Int32Array, entry: number): void {
  next[previous[entry] as number] = entry
  previous[next[entry] as number] = entry
}
