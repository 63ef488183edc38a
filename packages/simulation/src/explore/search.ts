import type { Inspectable, Protocol } from '@quorate/core'
import type { Bounds, Counts } from './bounds.js'
import { Checks } from './checks.js'
import { Coverage } from './coverage.js'
import { digest, textOf } from './digest.js'
import type { Sent } from './explored-node.js'
import { Interned } from './interned.js'
import { durable, eventCode, eventKinds, fates, LocalMachine, type Transition } from './local-machine.js'
import { MessageSets } from './message-sets.js'
import { Naming } from './naming.js'
import type { Finding, LocalEvent, Message, Subject } from './subject.js'
import * as budget from './world.js'
import type { Choice, Form, Option, World } from './world.js'

export interface FoundViolation extends Finding {
  readonly choices: readonly Choice[]
}

/**
 * Goes through all that can happen, breadth first.
 *
 * A message that was sent may arrive at any time from then on, any number of times, or never: so what is on its way is the set of
 * all that was ever sent, and only grows. These reductions rest on that, and on all nodes acting for themselves:
 *
 * - An event that leaves its node as it was, shows nothing and uses up nothing can only add messages. It commutes with every other event,
 *   and disables none: it is taken at once, as the only one (a persistent set of one; P. Godefroid, "Partial-order methods for the
 *   verification of concurrent systems", LNCS 1032, 1996). What could happen without its messages can happen with them.
 * - A state is not gone on from when another one has the same nodes and memory, every message, and as much left of each budget.
 *
 * - A message that is obsolete at its receiver, by the algorithm's own word, is left out of what was sent: no delivery of it, ever, does
 *   anything.
 *
 * None leaves out a state of the nodes: what is checked is a state of the nodes, or one event of one node.
 */
export class Search<Root extends Protocol<unknown>, View extends Inspectable> {
  readonly violations: FoundViolation[] = []
  /** Why it ended early, if it did. */
  stopped: string | undefined
  readonly machines: readonly LocalMachine<Root, View>[]
  readonly #subject: Subject<Root, View>
  readonly #bounds: Bounds
  readonly #coverage: Coverage
  readonly #checks: Checks<Root, View>
  readonly #messages = new Interned<Message>()
  readonly #sets = new MessageSets()
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
    const checks = new Checks(subject)
    this.#checks = checks
    this.#naming = new Naming(subject.ids, bounds.symmetric, this.#sets, {
      message: (id) => this.#messages.values[id] as Message,
      memory: (id) => checks.memories.values[id] as Inspectable,
      forms: (node, state) => this.#machine(node).state(state).forms,
    })
    this.#coverage = new Coverage(!bounds.reduction, this.#naming.sets)
    const tables = {
      forms: (_: number, id: number, state: unknown) => this.#naming.formsOf(id, state),
      views: checks.views,
      inspections: checks.inspections,
      observations: checks.observations,
      message: (sent: Sent) => this.#message(sent),
    }
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
    const findings: Finding[] = []
    const starts = this.machines.map((machine) => machine.start())
    const memory = starts.reduce(
      (before, { observation }, node) => this.#checks.observe(before, node, observation, findings),
      this.#checks.memory(monitor.initial),
    )
    const nodes = starts.map(({ next }) => next)
    const network = ids.map(() => 0)
    for (const { sent } of starts) this.#send(nodes, network, sent)
    ids.forEach((_, node) => this.#checks.states(this.machines, nodes, node, undefined, findings))
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

  /** Takes at once every delivery that only makes a node answer, and leaves out what is obsolete. */
  #withAnswers({ nodes, network }: Form, parent: World | undefined, options: Option[]): World['network'] {
    const grown = [...network]
    for (let again = true; again;) {
      again = false
      nodes.forEach((state, node) => {
        // Where neither node nor messages have changed all answers were given before.
        if (parent?.nodes[node] === state && parent.network[node] === grown[node]) return
        const machine = this.#machine(node)
        for (const message of this.#sets.messages(grown[node] as number)) {
          if (this.#fate(node, state, message) !== fates.answered) continue
          if (!this.#send(nodes, grown, machine.deliver(state, this.#messages.values[message] as Message).sent))
            continue
          options.push({ node, code: eventCode(eventKinds.deliver, message) })
          again = true
        }
      })
    }
    nodes.forEach((state, node) => {
      if (parent?.nodes[node] === state) return
      const messages = this.#sets.messages(grown[node] as number)
      const kept = messages.filter((message) => this.#fate(node, state, message) !== fates.obsolete)
      if (kept.length < messages.length) grown[node] = this.#sets.of(kept)
    })
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
    for (const message of this.#sets.messages(world.network[node] as number)) {
      if (this.#bounds.reduction && this.#fate(node, world.nodes[node] as number, message) !== fates.matters) continue
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
    let { left, timers } = world
    if (kind === eventKinds.timer) {
      left = lessened(left, budget.timers)
      timers = lessened(timers, node)
    }
    if (kind === eventKinds.crash) left = lessened(left, budget.crashes)
    if (kind === eventKinds.request) left = lessened(left, budget.requests + (Math.floor(code / 8) >> 8))
    this.#follow({ ...world, timers, left }, world, [option], transition)
  }

  /** Goes where an event of one node leads, and, where more writes wait than may, on to where enough of them are durable or lost. */
  #follow(parts: Form, parent: World, options: readonly Option[], transition: Transition): void {
    const { node } = options.at(-1) as Option
    const from = parts.nodes[node] as number
    const { next, sent, observation } = transition
    const network = [...parts.network]
    const adds = this.#send(parts.nodes, network, sent)
    if (next === from && observation === 0 && !adds) return
    const { pendingWrites } = this.#machine(node).state(next)
    this.#transitions++
    const nodes = parts.nodes.with(node, next)
    const findings: Finding[] = []
    const monitor = this.#checks.observe(parts.monitor, node, observation, findings)
    this.#checks.states(this.machines, nodes, node, from, findings)
    for (const finding of findings) this.#violated(finding, parent, options)
    const { timers, left } = parts
    const reached = { nodes, monitor, timers, left, network }
    if (pendingWrites <= this.#bounds.maxPendingWrites) {
      this.#enter(reached, parent, [...options])
      return
    }
    this.#follow(reached, parent, [...options, { node, code: durable }], this.#step(node, next, durable))
    if ((parts.left[budget.crashes] as number) === 0) return
    const crash = eventCode(eventKinds.crash, 0)
    const crashed = { ...reached, left: lessened(parts.left, budget.crashes) }
    this.#follow(crashed, parent, [...options, { node, code: crash }], this.#step(node, next, crash))
  }

  /** Adds messages, but for such as are obsolete; returns whether any was new. */
  #send(nodes: readonly number[], network: number[], sent: readonly Message[]): boolean {
    let adds = false
    for (const { to, id } of sent) {
      // What goes to nobody that takes part is lost.
      if (to < 0) continue
      const set = network[to] as number
      const grown = this.#sets.with(set, id)
      if (grown === set) continue
      if (this.#bounds.reduction && this.#fate(to, nodes[to] as number, id) === fates.obsolete) continue
      network[to] = grown
      adds = true
    }
    return adds
  }

  #fate(node: number, state: number, message: number): number {
    return this.#machine(node).fate(state, this.#messages.values[message] as Message)
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
    const key = digest(`${keys.join('')}${textOf(this.#checks.memories.values[monitor])}`)
    this.#sum.forEach((word, place) => (this.#sum[place] = (word + key.charCodeAt(place)) & 0xffff))
  }

  #message({ from, to, channel, payload }: Sent): Message {
    const id = this.#messages.values.length
    const message = { id, from, to: this.#subject.ids.indexOf(to), channel, payload }
    return this.#messages.values[this.#messages.id(textOf([from, to, channel, payload]), message)] as Message
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

function lessened(counts: readonly number[], place: number): readonly number[] {
  return counts.with(place, (counts[place] as number) - 1)
}
