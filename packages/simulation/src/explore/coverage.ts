import type { MessageSets } from './message-sets.js'
import { dominates, type Form, type World } from './world.js'

/**
 * The states that a search has come to. Of those in which all nodes and the memory are the same only such are kept as none of the others
 * dominates: whatever follows from one that is dominated follows from the other as well.
 */
export class Coverage {
  /** How many are kept. */
  kept = 0
  readonly #byNodes = new Map<number, World[]>()
  /** Numbers of the beginnings of keys: each of a shorter one and what comes behind it. */
  readonly #beginnings = new Map<number, number>()
  readonly #exact: boolean

  readonly #sets: MessageSets

  /** `exact`: a state is dominated by its equal alone. `sets`: of the messages of states' forms. */
  constructor(exact: boolean, sets: MessageSets) {
    this.#exact = exact
    this.#sets = sets
  }

  /** How many different states of nodes and memory there are. */
  get nodeStates(): number {
    return this.#byNodes.size
  }

  /** Keeps a state if it is not dominated; returns whether it was kept. */
  add(world: World): boolean {
    const key = this.#keyOf(world.form)
    const others = this.#byNodes.get(key)
    if (others === undefined) {
      this.#byNodes.set(key, [world])
      this.kept++
      return true
    }
    if (others.some((other) => this.#covers(other, world))) return false
    let place = 0
    for (const other of others) {
      if (this.#covers(world, other)) other.covered = true
      else others[place++] = other
    }
    this.kept += place + 1 - others.length
    others.length = place
    others.push(world)
    return true
  }

  #keyOf({ nodes, monitor }: Form): number {
    let key = monitor
    for (const state of nodes) {
      const longer = key * 0x200_0000 + state
      let known = this.#beginnings.get(longer)
      if (known === undefined) this.#beginnings.set(longer, (known = this.#beginnings.size))
      key = known
    }
    return key
  }

  #covers({ form: one }: World, { form: other }: World): boolean {
    return dominates(one, other, this.#sets) && (!this.#exact || dominates(other, one, this.#sets))
  }
}
