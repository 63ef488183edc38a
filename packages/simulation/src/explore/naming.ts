import type { Inspectable, NodeId } from '@quorate/core'
import { digest } from './digest.js'
import { Interned } from './interned.js'
import { MessageSets } from './message-sets.js'
import { compareLists, renamedText, renamings, type Renaming } from './symmetry.js'
import type { Message } from './subject.js'
import type { Form } from './world.js'

/** What naming needs to know of the parts of worlds. */
export interface Named {
  message(id: number): Message
  memory(id: number): Inspectable
  /** The numbers of a node's state under all renamings. */
  forms(node: number, state: number): readonly number[]
}

/**
 * Chooses, of all worlds that differ in the names of nodes only, one to stand for all.
 *
 * Sound where nodes are alike: what one does the others would do in its place, with the names exchanged. An algorithm that orders nodes by
 * their names, for more than how long they wait, is not symmetric.
 */
export class Naming {
  readonly #ids: readonly NodeId[]
  readonly #named: Named
  readonly #renamings: readonly Renaming[]
  readonly #states = new Interned<undefined>()
  /** Texts of messages and memories under some renaming; and by renaming and number their numbers among these. */
  readonly #texts = new Interned<undefined>()
  readonly #messages: readonly number[][]
  readonly #memories: readonly number[][]
  /** By renaming and set: the set of the renamed. */
  readonly #sets: readonly (number | undefined)[][]
  /** Of the messages of forms: renamed ones, where nodes are alike. */
  readonly sets: MessageSets
  readonly #original: MessageSets

  constructor(ids: readonly NodeId[], symmetric: boolean, sets: MessageSets, named: Named) {
    this.#ids = ids
    this.#named = named
    this.#renamings = symmetric ? renamings(ids.length) : [ids.map((_, place) => place)]
    this.#messages = this.#renamings.map(() => [])
    this.#memories = this.#renamings.map(() => [])
    this.#sets = this.#renamings.map(() => [])
    this.#original = sets
    this.sets = symmetric ? new MessageSets() : sets
  }

  /** The numbers of a node's state under all renamings, across all nodes. */
  formsOf(id: number, state: unknown): readonly number[] {
    if (this.#renamings.length === 1) return [id]
    return this.#renamings.map((renaming) =>
      this.#states.id(digest(renamedText(state, this.#ids, renaming)), undefined),
    )
  }

  formOf(parts: Form): Form {
    if (this.#renamings.length === 1) return parts
    let best: number[] | undefined
    let chosen = 0
    this.#renamings.forEach((renaming, place) => {
      const nodes: number[] = []
      for (let node = 0; node < renaming.length; node++) {
        nodes[renaming[node] as number] = this.#named.forms(node, parts.nodes[node] as number)[place] as number
      }
      nodes.push(this.#memory(place, parts.monitor))
      if (best !== undefined && compareLists(nodes, best) >= 0) return
      best = nodes
      chosen = place
    })
    const [nodes, monitor] = [(best as number[]).slice(0, -1), (best as number[]).at(-1) as number]
    const renaming = this.#renamings[chosen] as Renaming
    const timers: number[] = []
    const network: number[] = []
    renaming.forEach((to, node) => {
      timers[to] = parts.timers[node] as number
      network[to] = this.#set(chosen, parts.network[node] as number)
    })
    return { nodes, monitor, timers, left: parts.left, network }
  }

  #set(place: number, set: number): number {
    const known = this.#sets[place] as (number | undefined)[]
    return (known[set] ??= this.sets.of(
      this.#original
        .messages(set)
        .map((message) => this.#message(place, message))
        .sort((a, b) => a - b),
    ))
  }

  #message(place: number, id: number): number {
    const known = this.#messages[place] as number[]
    const renaming = this.#renamings[place] as Renaming
    const { from, to, channel, payload } = this.#named.message(id)
    return (known[id] ??= this.#texts.id(
      renamedText([from, this.#ids[to], channel, payload], this.#ids, renaming),
      undefined,
    ))
  }

  #memory(place: number, id: number): number {
    const known = this.#memories[place] as number[]
    const renaming = this.#renamings[place] as Renaming
    return (known[id] ??= this.#texts.id(renamedText(this.#named.memory(id), this.#ids, renaming), undefined))
  }
}
