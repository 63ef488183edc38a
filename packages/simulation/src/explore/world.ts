import type { MessageSets } from './message-sets.js'
import type { LocalEvent } from './subject.js'

/** Something that can happen to a node. */
export interface Option {
  readonly node: number
  readonly code: number
}

/** An option taken, as it is run again. */
export interface Choice {
  readonly node: number
  readonly event: LocalEvent
}

/** The state of all nodes together, with what was sent and what may still happen. */
export interface World {
  /** The state of each node, by its number in the node's machine. */
  readonly nodes: readonly number[]
  /** Number of what the monitor remembers. */
  readonly monitor: number
  /** How many more timers may fire on each. */
  readonly timers: readonly number[]
  /** How many more crashes, timers on all nodes together, and requests of each kind there may be. */
  readonly left: readonly number[]
  /** Of what was ever sent to each node, the number of the set of all that may still count. */
  readonly network: readonly number[]
  /** How it was reached. */
  readonly parent: World | undefined
  readonly options: readonly Option[]
  /** The same under the renaming of the nodes that all worlds are compared under which differ in names only. */
  readonly form: Form
  /** Whether another one, found later, can do all that this one can. */
  covered: boolean
}

/** What of a world is compared. */
export type Form = Pick<World, 'nodes' | 'monitor' | 'timers' | 'left' | 'network'>

/** Where the budgets of crashes and of timers on all nodes stand, and where those of requests begin. */
export const crashes = 0
export const timers = 1
export const requests = 2

/**
 * Whether `one`, with the same states of nodes and the same memory, can do all that `other` can: it has as much left of every budget, and
 * every message.
 */
export function dominates(one: Form, other: Form, sets: MessageSets): boolean {
  return (
    one.timers.every((left, node) => left >= (other.timers[node] as number)) &&
    one.left.every((left, kind) => left >= (other.left[kind] as number)) &&
    one.network.every((set, node) => sets.includesAll(set, other.network[node] as number))
  )
}
