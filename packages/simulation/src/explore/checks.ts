import type { Inspectable, Inspection, NodeId, Protocol } from '@quorate/core'
import { textOf } from './digest.js'
import { Interned } from './interned.js'
import type { LocalMachine, Observation } from './local-machine.js'
import type { Finding, Subject } from './subject.js'

/** The checks of a subject. Each is run once for each different thing that it looks at. */
export class Checks<Root extends Protocol<unknown>, View extends Inspectable> {
  readonly views = new Interned<View>()
  readonly inspections = new Interned<Inspection>()
  readonly observations = new Interned<Observation<View>>()
  readonly memories = new Interned<Inspectable>()
  readonly #subject: Subject<Root, View>
  /** What the monitor makes of an observation, where it remembers something: by their numbers. */
  readonly #remembered = new Map<number, { readonly memory: number; readonly findings: readonly Finding[] }>()
  readonly #compared = new Map<number, Finding | undefined>()
  readonly #invariants = new Map<string, readonly Finding[]>()

  constructor(subject: Subject<Root, View>) {
    this.#subject = subject
    // Number 0 stands for nothing.
    this.observations.id('', { before: undefined, seen: [] })
  }

  memory(memory: Inspectable): number {
    return this.memories.id(textOf(memory), memory)
  }

  /** What is remembered once a node has shown something. */
  observe(memory: number, node: number, observation: number, findings: Finding[]): number {
    if (observation === 0) return memory
    const key = (observation * 8 + node) * 0x100_0000 + memory
    let known = this.#remembered.get(key)
    if (known === undefined) {
      const found: Finding[] = []
      const { before, seen } = this.observations.values[observation] as Observation<View>
      let now = this.memories.values[memory] as Inspectable
      let view = before
      for (const each of seen) {
        const id = this.#subject.ids[node] as NodeId
        now = this.#subject.monitor.next(now, id, view, each, (property, what) => found.push({ property, what }))
        ;({ view } = each)
      }
      known = { memory: this.memory(now), findings: found }
      this.#remembered.set(key, known)
    }
    findings.push(...known.findings)
    return known.memory
  }

  /** Checks the states of all nodes, of which one has taken a step from `before`. */
  states(
    machines: readonly LocalMachine<Root, View>[],
    nodes: readonly number[],
    node: number,
    before: number | undefined,
    findings: Finding[],
  ): void {
    if (nodes[node] === before) return
    this.#compare(machines, nodes, node, before, findings)
    this.#checkInvariants(machines, nodes, node, before, findings)
  }

  /** Compares the view of the node that took a step with those of all others. */
  #compare(
    machines: readonly LocalMachine<Root, View>[],
    nodes: readonly number[],
    node: number,
    before: number | undefined,
    findings: Finding[],
  ): void {
    const { compare, ids } = this.#subject
    const viewOf = (of: number, state: number): number => (machines[of] as LocalMachine<Root, View>).state(state).viewId
    const own = viewOf(node, nodes[node] as number)
    if (compare === undefined) return
    if (before !== undefined && own === viewOf(node, before)) return
    nodes.forEach((state, other) => {
      if (other === node) return
      const theirs = viewOf(other, state)
      const key = ((own * 0x100_0000 + theirs) * 8 + node) * 8 + other
      if (!this.#compared.has(key)) {
        const [a, b] = [this.views.values[own] as View, this.views.values[theirs] as View]
        this.#compared.set(key, compare(ids[node] as NodeId, a, ids[other] as NodeId, b))
      }
      const finding = this.#compared.get(key)
      if (finding !== undefined) findings.push(finding)
    })
  }

  #checkInvariants(
    machines: readonly LocalMachine<Root, View>[],
    nodes: readonly number[],
    node: number,
    before: number | undefined,
    findings: Finding[],
  ): void {
    const { ids, invariants } = this.#subject
    invariants.forEach(({ path, check: { name, check } }, place) => {
      const inspection = (state: number, of: number): number =>
        (machines[of] as LocalMachine<Root, View>).state(state).inspections.get(path) as number
      if (before !== undefined && inspection(nodes[node] as number, node) === inspection(before, node)) return
      const numbers = nodes.map(inspection)
      const key = `${place} ${numbers.join(' ')}`
      let found = this.#invariants.get(key)
      if (found === undefined) {
        const states = numbers.map((number, of) => [ids[of], this.inspections.values[number]] as const)
        const what = check(new Map(states as [NodeId, Inspection][]), ids)
        this.#invariants.set(key, (found = what === undefined ? [] : [{ property: name, what }]))
      }
      findings.push(...found)
    })
  }
}
