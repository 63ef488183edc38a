import type { Inspection, Invariant, NodeId } from '@quorate/core'

/** A guarantee that did not hold. */
export interface Violation {
  /** Its textbook name, as the algorithm declares it, or that of an invariant. */
  readonly property: string
  readonly atMs: number
  readonly what: string
}

/** What the checks need to know of a run. */
export interface CheckedWorld {
  readonly now: number
  inspect(id: NodeId): Inspection | undefined
  violated(property: string, what: string): void
}

/** Collects violations of what an algorithm guarantees, the first of each property: what follows from it would only bury it. */
export class Violations {
  readonly found: Violation[] = []
  readonly #world: CheckedWorld
  readonly #guarantees: ReadonlySet<string>

  constructor(world: CheckedWorld, guarantees: readonly string[]) {
    this.#world = world
    this.#guarantees = new Set(guarantees)
  }

  guaranteed(property: string): boolean {
    return this.#guarantees.has(property)
  }

  /** Counts only if the algorithm guarantees `property`. */
  add(property: string, what: string): void {
    if (this.#guarantees.has(property)) this.addAlways(property, what)
  }

  addAlways(property: string, what: string): void {
    if (this.found.some((violation) => violation.property === property)) return
    this.found.push({ property, atMs: this.#world.now, what })
    this.#world.violated(property, what)
  }
}

/** Checks an algorithm's invariants on the states of all nodes, asking only the one that took a step for its new state. */
export class InvariantChecks {
  readonly #invariants: readonly Invariant[]
  readonly #violations: Violations
  readonly #ids: readonly NodeId[]
  readonly #world: CheckedWorld
  readonly #states = new Map<NodeId, Inspection>()
  #ignored: (node: NodeId) => boolean = () => false

  constructor(
    invariants: readonly Invariant[] | undefined,
    ids: readonly NodeId[],
    world: CheckedWorld,
    violations: Violations,
  ) {
    this.#invariants = invariants ?? []
    this.#ids = ids
    this.#world = world
    this.#violations = violations
    if (this.#invariants.length > 0) for (const id of ids) this.#refresh(id)
  }

  /** From now on the states of all other nodes are nobody's business. */
  judge(judged: ReadonlySet<NodeId>): void {
    for (const id of this.#states.keys()) if (!judged.has(id)) this.#states.delete(id)
    this.#ignored = (id) => !judged.has(id)
  }

  /** To be called after each step and each crash of `node`. */
  check(node: NodeId): void {
    if (this.#invariants.length === 0 || this.#ignored(node)) return
    this.#refresh(node)
    for (const { name, check } of this.#invariants) {
      const what = check(this.#states, this.#ids)
      if (what !== undefined) this.#violations.addAlways(name, what)
    }
  }

  #refresh(node: NodeId): void {
    const state = this.#world.inspect(node)
    if (state !== undefined) this.#states.set(node, state)
  }
}
