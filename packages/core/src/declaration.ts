import type { Inspection } from './protocol.js'
import type { FaultKind } from './fault-model.js'
import type { NodeId } from './ids.js'

/**
 * What an algorithm assumes and promises, as data. Conformance suites, simulators, comparison tables and the node read it, so
 * that prose and checks cannot drift apart: within the declared model the guarantees must hold, and each counterexample must be
 * found beyond it.
 */
export type Declaration<Property extends string = string> = DeclarationBase<Property> & Family<Property>

interface DeclarationBase<Property extends string> {
  /** Unique among algorithms of its kind, kebab-case: what a user types to choose it. */
  readonly name: string
  /**
   * What safety and progress may rely on. `synchronous`: delays, steps and clock rates have known bounds that always hold.
   * `partially-synchronous`: safety relies on no bound; progress needs bounds to hold from some time on. `asynchronous`:
   * neither does.
   */
  readonly synchrony: 'synchronous' | 'partially-synchronous' | 'asynchronous'
  /** The faults under which the guarantees hold. */
  readonly tolerates: readonly FaultKind[]
  /** The greatest number of nodes, of `n`, that may be faulty at the same time. */
  readonly resilience: (n: number) => number
  readonly guarantees: readonly Property[]
  /** What breaks, and which guarantee with it, outside the model. `excess-faults` is one faulty node more than `resilience`. */
  readonly counterexamples: readonly Counterexample<Property>[]
  /** Messages of one undisturbed run among `n` nodes, at worst, where that is known. */
  readonly worstCaseMessages?: (n: number) => number
}

export interface Counterexample<Property extends string = string> {
  readonly fault: FaultKind | 'excess-faults'
  readonly breaks: Property
}

/** The two families of distributed algorithms: with synchronised clocks, and by rounds of messages. */
type Family<Property extends string> =
  | {
      readonly family: 'rounds'
    }
  | {
      readonly family: 'clocks'
      /** What of the clock is relied on: its rate, or that wall clocks agree. */
      readonly relies: 'rate' | 'wall'
      /** The guarantees that are lost when a clock is worse than its declared bound. None: a bad clock costs only time. */
      readonly brokenClockBreaks: readonly Property[]
    }

/** A named condition on the states of all nodes that holds after every step of every run. */
export interface Invariant {
  readonly name: string
  /**
   * Returns what is violated, or `undefined` when nothing is. Gets each node's `inspect()`; of a node that is down, that of the
   * state which it would recover. Of `members`, who are all, those that are Byzantine are not among the nodes: nobody knows what they hold.
   */
  readonly check: (nodes: ReadonlyMap<NodeId, Inspection>, members: readonly NodeId[]) => string | undefined
}
