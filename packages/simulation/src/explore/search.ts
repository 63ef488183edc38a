import type { Inspectable, Inspection, NodeId, Protocol } from '@quorate/core'
import type { Bounds, Counts } from './bounds.js'
import { Coverage } from './coverage.js'
import { digest, textOf } from './digest.js'
import type { Sent } from './explored-node.js'
import { Interned } from './interned.js'
import { Naming } from './naming.js'
import {
  durable,
  eventCode,
  eventKinds,
  fates,
  LocalMachine,
  type Observation,
  type Transition,
} from './local-machine.js'
import type { Finding, LocalEvent, Message, Subject } from './subject.js'
import * as budget from './world.js'
import { withMessage, type Choice, type Form, type Option, type World } from './world.js'

export interface FoundViolation extends Finding {
  readonly choices: readonly Choice[]
}

/**
 * Goes through all that can happen, breadth first.
 *
 * A message that was sent may arrive at any time from then on, any number of times, or never: so what is on its way is the set of
 * all that was ever sent, and only grows. Two reductions rest on that, and on all nodes acting for themselves:
 *
 * - An event that leaves its node as it was, shows nothing and uses up nothing can only add messages. It commutes with every other event,
 *   and disables none: it is taken at once, as the only one (a persistent set of one; P. Godefroid, "Partial-order methods for the
 *   verification of concurrent systems", LNCS 1032, 1996). What could happen without its messages can happen with them.
 * - A state is not gone on from when another one has the same nodes and memory, every message, and as much left of each budget.
 *
 * Neither leaves out a state of the nodes: what is checked is a state of the nodes, or one event of one node.
 */
export class Search<Root extends Protocol<unknown>, View extends Inspectable> {
  readonly violations: FoundViolation[] = []
  /** Why it ended early, if it did. */
  stopped: string | undefined
  readonly machines: readonly LocalMachine<Root, View>[]
  readonly #subject: Subject<Root, View>
  readonly #bounds: Bounds
  readonly #coverage: Coverage
  readonly #views = new Interned<View>()
  readonly #inspections = new Interned<Inspection>()
  readonly #observations = new Interned<Observation<View>>()
  readonly #messages = new Interned<Message>()
  readonly #memories = new Interned<Inspectable>()
  /** What the monitor makes of an observation, where it remembers something: by their numbers. */
  readonly #remembered = new Map<number, { readonly memory: number; readonly findings: readonly Finding[] }>()
  readonly #compared = new Map<number, Finding | undefined>()
  readonly #invariants = new Map<string, readonly Finding[]>()
  readonly #naming: Naming
  readonly #sum: number[] = Array.from({ length: 8 }, () => 0)
  #queue: World[] = []
  #states = 0
  #transitions = 0
  #schedules = 0
  #restStates = 0

  constructor(subject: Subject<Root, View>, bounds: Bounds) {
    this.#subject = subject
    this.#bounds = bounds
    this.#coverage = new Coverage(!bounds.reduction)
    this.#naming = new Naming(subject.ids, bounds.symmetric, {
      message: (id) => this.#messages.values[id] as Message,
      memory: (id) => this.#memories.values[id] as Inspectable,
      forms: (node, state) => this.#machine(node).state(state).forms,
    })
    const tables = {
      forms: (_: number, id: number, state: unknown) => this.#naming.formsOf(id, state),
      views: this.#views,
      inspections: this.#inspections,
      observations: this.#observations,
      message: (sent: Sent) => this.#message(sent),
    }
    // Number 0 stands for nothing.
    this.#observations.id('', { before: undefined, seen: [] })
    this.machines = subject.ids.map((_, index) => new LocalMachine(subject, index, bounds.time, tables))
  }

  get counts(): Counts {
    return {
      states: this.#states,
      nodeStates: this.#coverage.nodeStates,
      transitions: this.#transitions,
      schedules: this.#schedules,
      restStates: this.#restStates,
    }
  }

  /** A sum over the states of the nodes and of the memory: equal sums, the same states. */
  get hash(): string {
    return this.#sum.map((word) => word.toString(16).padStart(4, '0')).join('')
  }

  /** Searches until all is done, a bound is reached, or `stop`, asked now and then, gives a reason. */
  run(stop: (counts: Counts) => string | undefined): void {
    this.#begin()
    for (let place = 0; place < this.#queue.length; place++) {
      const world = this.#queue[place] as World
      if (!world.covered) this.#expand(world)
      if (this.violations.length > 0 && this.#bounds.stopAtViolation) this.stopped ??= 'a violation was found'
      if (this.#states >= this.#bounds.maxStates) this.stopped ??= `${this.#bounds.maxStates} states were reached`
      if ((this.#states & 0x3ff) === 0) this.stopped ??= stop(this.counts)
      if (this.stopped !== undefined) return
      if (place === 0xffff) {
        this.#queue = this.#queue.slice(place + 1)
        place = -1
      }
    }
  }

  #begin(): void {
    const { ids, monitor, requests } = this.#subject
    const network: (readonly number[])[] = ids.map(() => [])
    const findings: Finding[] = []
    const starts = this.machines.map((machine) => machine.start())
    const memory = starts.reduce((before, { observation, sent }, node) => {
      for (const message of sent) send(network, message)
      return this.#observe(before, node, observation, findings)
    }, this.#memory(monitor.initial))
    const nodes = starts.map(({ next }) => next)
    ids.forEach((_, node) => {
      this.#compare(nodes, node, undefined, findings)
      this.#checkInvariants(nodes, node, undefined, findings)
    })
    for (const finding of findings) this.#violated(finding, undefined, [])
    const initial = {
      nodes,
      monitor: memory,
      timers: ids.map(() => this.#bounds.timersPerNode),
      left: [this.#bounds.crashes, this.#bounds.timersInAll, ...requests.map(({ budget: most }) => most)],
      network,
    }
    this.#enter(initial, undefined, [])
  }

  /** Comes to a world, to go on from it later. */
  #enter(parts: Form, parent: World | undefined, options: Option[]): void {
    const network = this.#bounds.reduction ? this.#withAnswers(parts, parent, options) : parts.network
    const grown = { ...parts, network }
    const world: World = { ...grown, form: this.#naming.formOf(grown), parent, options, covered: false }
    const { nodeStates } = this.#coverage
    if (this.#coverage.add(world)) this.#queue.push(world)
    else this.#schedules++
    if (this.#coverage.nodeStates > nodeStates) this.#addToHash(world)
  }

  /** Takes at once every delivery that only makes a node answer. */
  #withAnswers({ nodes, network }: Form, parent: World | undefined, options: Option[]): World['network'] {
    const grown = [...network]
    for (let again = true; again;) {
      again = false
      nodes.forEach((state, node) => {
        const own = grown[node] as readonly number[]
        // Where neither node nor messages have changed all answers were given before.
        const known = parent?.nodes[node] === state ? (parent.network[node] as readonly number[]) : noMessages
        if (own === known) return
        for (const message of own) {
          if (this.#fate(node, state, message) !== fates.changesNothing) continue
          const code = eventCode(eventKinds.deliver, message)
          const { sent } = this.#step(node, state, code)
          if (sent.length === 0) continue
          const before = [...grown]
          for (const each of sent) send(grown, each)
          if (grown.every((messages, place) => messages === before[place])) continue
          options.push({ node, code })
          again = true
        }
      })
    }
    return grown
  }

  #expand(world: World): void {
    this.#states++
    const before = this.#transitions
    world.nodes.forEach((_, node) => {
      for (const code of this.#codesOf(world, node)) this.#take(world, { node, code })
    })
    if (this.#transitions > before) return
    this.#restStates++
    this.#schedules++
  }

  /** Everything that can happen to a node. */
  #codesOf(world: World, node: number): readonly number[] {
    const state = this.#machine(node).state(world.nodes[node] as number)
    const codes: number[] = []
    if (state.pendingWrites > 0) codes.push(durable)
    if ((world.left[budget.crashes] as number) > 0) {
      for (let survivors = 0; survivors <= state.pendingWrites; survivors++) {
        codes.push(eventCode(eventKinds.crash, survivors))
      }
    }
    if ((world.timers[node] as number) > 0 && (world.left[budget.timers] as number) > 0) codes.push(...state.timers)
    for (const message of world.network[node] as readonly number[]) {
      if (this.#bounds.reduction && this.#fate(node, world.nodes[node] as number, message) === fates.changesNothing)
        continue
      codes.push(eventCode(eventKinds.deliver, message))
    }
    this.#subject.requests.forEach((request, kind) => {
      const left = world.left[budget.requests + kind] as number
      if (left === 0 || !request.sensible(state.view)) return
      codes.push(eventCode(eventKinds.request, kind * 256 + request.budget - left + 1))
    })
    return codes
  }

  #take(world: World, option: Option): void {
    const { node, code } = option
    const kind = code % 8
    const from = world.nodes[node] as number
    const transition = this.#step(node, from, code)
    const timers = kind === eventKinds.timer ? lessened(world.timers, node) : world.timers
    let { left } = world
    if (kind === eventKinds.timer) left = lessened(left, budget.timers)
    if (kind === eventKinds.crash) left = lessened(left, budget.crashes)
    if (kind === eventKinds.request) left = lessened(left, budget.requests + (Math.floor(code / 8) >> 8))
    this.#follow({ ...world, timers, left }, world, [option], transition)
  }

  /** Goes where an event of one node leads, and, where writes do not wait, on to where they are durable. */
  #follow(parts: Form, parent: World, options: readonly Option[], transition: Transition): void {
    const { node } = options.at(-1) as Option
    const from = parts.nodes[node] as number
    const { next, sent, observation } = transition
    const network = [...parts.network]
    for (const message of sent) send(network, message)
    const adds = network.some((messages, place) => messages !== parts.network[place])
    if (next === from && observation === 0 && !adds) return
    const { pendingWrites } = this.#machine(node).state(next)
    const { maxPendingWrites } = this.#bounds
    if (maxPendingWrites > 0 && pendingWrites > maxPendingWrites) return
    this.#transitions++
    const nodes = parts.nodes.with(node, next)
    const findings: Finding[] = []
    const monitor = this.#observe(parts.monitor, node, observation, findings)
    this.#compare(nodes, node, from, findings)
    this.#checkInvariants(nodes, node, from, findings)
    for (const finding of findings) this.#violated(finding, parent, options)
    const { timers, left } = parts
    const reached = { nodes, monitor, timers, left, network }
    if (maxPendingWrites > 0 || pendingWrites === 0) {
      this.#enter(reached, parent, [...options])
      return
    }
    this.#follow(reached, parent, [...options, { node, code: durable }], this.#step(node, next, durable))
    if ((parts.left[budget.crashes] as number) === 0) return
    const crash = eventCode(eventKinds.crash, 0)
    const crashed = { ...reached, left: lessened(parts.left, budget.crashes) }
    this.#follow(crashed, parent, [...options, { node, code: crash }], this.#step(node, next, crash))
  }

  /** Whether a message changes the node's state, or shows something. */
  #fate(node: number, state: number, message: number): number {
    const machine = this.#machine(node)
    let fate = machine.fate(state, message)
    if (fate !== fates.unknown) return fate
    const { next, observation } = this.#step(node, state, eventCode(eventKinds.deliver, message))
    fate = next === state && observation === 0 ? fates.changesNothing : fates.matters
    machine.setFate(state, message, fate)
    return fate
  }

  #machine(node: number): LocalMachine<Root, View> {
    return this.machines[node] as LocalMachine<Root, View>
  }

  #step(node: number, state: number, code: number): Transition {
    return this.#machine(node).step(state, code, () => this.#eventOf(code))
  }

  #eventOf(code: number): LocalEvent {
    const of = Math.floor(code / 8)
    switch (code % 8) {
      case eventKinds.deliver:
        return { type: 'deliver', message: this.#messages.values[of] as Message }
      case eventKinds.crash:
        return { type: 'crash', survivors: of }
      case eventKinds.request:
        return { type: 'request', kind: of >> 8, number: of & 255 }
      default:
        return { type: 'durable' }
    }
  }

  #addToHash({ nodes, monitor }: World): void {
    const keys = nodes.map((state, node) => this.#machine(node).state(state).key)
    const key = digest(`${keys.join('')}${textOf(this.#memories.values[monitor])}`)
    this.#sum.forEach((word, place) => (this.#sum[place] = (word + key.charCodeAt(place)) & 0xffff))
  }

  #message({ from, to, channel, payload }: Sent): Message {
    const id = this.#messages.values.length
    const message = { id, from, to: this.#subject.ids.indexOf(to), channel, payload }
    return this.#messages.values[this.#messages.id(textOf([from, to, channel, payload]), message)] as Message
  }

  #memory(memory: Inspectable): number {
    return this.#memories.id(textOf(memory), memory)
  }

  #observe(memory: number, node: number, observation: number, findings: Finding[]): number {
    if (observation === 0) return memory
    const key = (observation * 8 + node) * 0x100_0000 + memory
    let known = this.#remembered.get(key)
    if (known === undefined) {
      const found: Finding[] = []
      const { before, seen } = this.#observations.values[observation] as Observation<View>
      let now = this.#memories.values[memory] as Inspectable
      let view = before
      for (const each of seen) {
        const id = this.#subject.ids[node] as NodeId
        now = this.#subject.monitor.next(now, id, view, each, (property, what) => found.push({ property, what }))
        ;({ view } = each)
      }
      known = { memory: this.#memory(now), findings: found }
      this.#remembered.set(key, known)
    }
    findings.push(...known.findings)
    return known.memory
  }

  /** Compares the view of the node that took a step with those of all others. */
  #compare(nodes: readonly number[], node: number, before: number | undefined, findings: Finding[]): void {
    const { compare, ids } = this.#subject
    const own = this.#machine(node).state(nodes[node] as number).viewId
    if (compare === undefined) return
    if (before !== undefined && own === this.#machine(node).state(before).viewId) return
    nodes.forEach((state, other) => {
      if (other === node) return
      const theirs = this.#machine(other).state(state).viewId
      const key = ((own * 0x100_0000 + theirs) * 8 + node) * 8 + other
      if (!this.#compared.has(key)) {
        const [a, b] = [this.#views.values[own] as View, this.#views.values[theirs] as View]
        this.#compared.set(key, compare(ids[node] as NodeId, a, ids[other] as NodeId, b))
      }
      const finding = this.#compared.get(key)
      if (finding !== undefined) findings.push(finding)
    })
  }

  #checkInvariants(nodes: readonly number[], node: number, before: number | undefined, findings: Finding[]): void {
    this.#subject.invariants.forEach(({ check: { name, check } }, place) => {
      const inspection = (state: number, of: number): number =>
        this.#machine(of).state(state).inspections[place] as number
      if (before !== undefined && inspection(nodes[node] as number, node) === inspection(before, node)) return
      const numbers = nodes.map(inspection)
      const key = `${place} ${numbers.join(' ')}`
      let found = this.#invariants.get(key)
      if (found === undefined) {
        const states = numbers.map((number, of) => [this.#subject.ids[of], this.#inspections.values[number]] as const)
        const what = check(new Map(states as [NodeId, Inspection][]), this.#subject.ids)
        this.#invariants.set(key, (found = what === undefined ? [] : [{ property: name, what }]))
      }
      findings.push(...found)
    })
  }

  /** Keeps the first of each property, with the way to it. */
  #violated(finding: Finding, parent: World | undefined, options: readonly Option[]): void {
    if (this.violations.some(({ property }) => property === finding.property)) return
    const way = [...options]
    for (let world: World | undefined = parent; world !== undefined; world = world.parent) way.unshift(...world.options)
    const choices = way.map(({ node, code }) => ({ node, event: this.#machine(node).event(code) }))
    this.violations.push({ ...finding, choices })
  }
}

const noMessages: readonly number[] = []

function send(network: (readonly number[])[], message: Message): void {
  // What goes to nobody that takes part is lost.
  if (message.to >= 0) network[message.to] = withMessage(network[message.to] as readonly number[], message.id)
}

function lessened(counts: readonly number[], place: number): readonly number[] {
  return counts.with(place, (counts[place] as number) - 1)
}
