import { isMalformed, QuorateError, type Inspectable, type Inspection, type Protocol, type Random } from '@quorate/core'
import { digest, textOf } from './digest.js'
import { ExploredNode, type Outcome } from './explored-node.js'
import type { Interned } from './interned.js'
import { Sample } from './sample.js'
import type { LocalEvent, Message, Seen, Subject } from './subject.js'

/** What a node showed in an event, with the view that it came from. */
export interface Observation<View> {
  readonly before: View | undefined
  readonly seen: readonly Seen<View>[]
}

/** What an event does to a node in a state. */
export interface Transition {
  readonly next: number
  readonly sent: readonly Message[]
  /** Number of the observation; 0: nothing was to be seen. */
  readonly observation: number
}

/** A state of one node. */
export interface LocalState<View> {
  /** A digest of all of it. */
  readonly key: string
  /** How it was first reached: by this event from that state. */
  readonly from: number
  readonly event: LocalEvent | undefined
  /** Events that need nothing from outside. */
  readonly timers: readonly number[]
  readonly pendingWrites: number
  readonly view: View
  readonly viewId: number
  /** By path: numbers of the inspections that invariants and abstractions look at. */
  readonly inspections: ReadonlyMap<string, number>
  readonly transitions: Map<number, Transition>
  /** By message: whether it is known what it does here; see `fates`. */
  fates: Uint8Array
  /** Its number under each renaming of the nodes, across all nodes; of one only, where they are not symmetric. */
  readonly forms: readonly number[]
}

/**
 * What a message does to a node in a state: it changes the state or shows something, or it only makes the node answer, or nothing at all, or
 * nothing at all there and in all states that follow.
 */
export const fates = { unknown: 0, matters: 1, answered: 2, nothing: 3, obsolete: 4 } as const

/** What all nodes of an exploration share. */
export interface Tables<View> {
  readonly views: Interned<View>
  readonly inspections: Interned<Inspection>
  readonly observations: Interned<Observation<View>>
  /** The numbers of a node's state under all renamings that are looked at. */
  forms(node: number, id: number, state: unknown): readonly number[]
  message(sent: Outcome<View>['sent'][number]): Message
}

/** How many nodes are kept alive, each in another state. */
const keptAlive = 512

export const eventKinds = { deliver: 0, timer: 1, durable: 2, crash: 3, request: 4 } as const
export const durable: number = eventKinds.durable

/** An event as a number: its kind, and what it is of: a message, a timer, survivors, a request. */
export function eventCode(kind: number, of: number): number {
  return of * 8 + kind
}

/**
 * All states of one node that were reached, and what each event did in each.
 *
 * What a node does depends on its own state and the event alone, so that an event has to be run once for each state of the node, however
 * many states of all nodes contain that one: the rest is looked up. A state cannot be copied; it is reached again, where it has to
 * be, by running the events that first led to it.
 *
 * R. Guerraoui and M. Yabandeh, "Model checking a networked system without the network", NSDI 2011, build on the same observation.
 */
export class LocalMachine<Root extends Protocol<unknown>, View extends Inspectable> {
  readonly states: LocalState<View>[] = []
  /** Events that were run, those to reach a state again included. */
  executed = 0
  readonly #subject: Subject<Root, View>
  readonly #index: number
  readonly #time: boolean
  readonly #tables: Tables<View>
  readonly #ids = new Map<string, number>()
  readonly #timerCodes = new Map<string, number>()
  readonly #events = new Map<number, LocalEvent>()
  readonly #alive = new Map<number, ExploredNode<Root, View>>()
  /** Other ways to states than the first. */
  readonly #merges = new Sample<{ readonly state: number; readonly from: number; readonly code: number }>()
  /** Messages that were taken for obsolete. */
  readonly #obsolete = new Sample<{ readonly state: number; readonly message: Message }>()

  constructor(subject: Subject<Root, View>, index: number, time: boolean, tables: Tables<View>) {
    this.#subject = subject
    this.#index = index
    this.#time = time
    this.#tables = tables
  }

  /** Starts the node; the transition leads from nothing to the first state. */
  start(): Transition {
    const node = this.#create()
    const outcome = node.start()
    const next = this.#enter(node, -1, undefined)
    return this.#transition(undefined, next, outcome)
  }

  state(id: number): LocalState<View> {
    return this.states[id] as LocalState<View>
  }

  step(id: number, code: number, event: () => LocalEvent): Transition {
    const { transitions } = this.state(id)
    const known = transitions.get(code)
    if (known !== undefined) return known
    this.#remember(code, event)
    const transition = this.#run(id, code)
    transitions.set(code, transition)
    return transition
  }

  /** What a message does in a state: see `fates`. */
  fate(id: number, message: Message): number {
    const state = this.state(id)
    const known = state.fates[message.id] ?? fates.unknown
    if (known !== fates.unknown) return known
    if (message.id >= state.fates.length) {
      const longer = new Uint8Array(2 * message.id + 8)
      longer.set(state.fates)
      state.fates = longer
    }
    return (state.fates[message.id] = this.#fateOf(id, message))
  }

  #fateOf(id: number, message: Message): number {
    if (this.#isObsolete(id, message)) {
      this.#obsolete.add({ state: id, message })
      return fates.obsolete
    }
    const { next, observation, sent } = this.deliver(id, message)
    if (next !== id || observation !== 0) return fates.matters
    return sent.length > 0 ? fates.answered : fates.nothing
  }

  #isObsolete(id: number, { channel, payload }: Message): boolean {
    const { codec, abstraction } = this.#subject.abstractions.get(channel) ?? {}
    const { pendingWrites, inspections } = this.state(id)
    // A crash would lead back to before what is not durable.
    if (abstraction?.obsolete === undefined || codec === undefined || pendingWrites > 0) return false
    const message = codec.decode(payload)
    const inspection = this.#tables.inspections.values[inspections.get(channel) as number] as Inspection
    return !isMalformed(message) && abstraction.obsolete(inspection, message)
  }

  deliver(id: number, message: Message): Transition {
    return this.step(id, eventCode(eventKinds.deliver, message.id), () => ({ type: 'deliver', message }))
  }

  event(code: number): LocalEvent {
    return this.#events.get(code) as LocalEvent
  }

  /**
   * Whether states that were taken for the same are: goes to one by another way than it was first reached, then on by random events, and
   * compares all that comes of them. Returns how many were compared. Throws `QUORATE_STATE_NOT_INSPECTED` when something differs, and
   * `QUORATE_MESSAGE_NOT_OBSOLETE` when a message does something that was taken for obsolete.
   */
  compareFutures(count: number, random: Random): number {
    const merges = random.shuffle(this.#merges.kept).slice(0, count)
    for (const { state, from, code } of merges) this.#walk(state, from, code, random)
    for (const { state, message } of random.shuffle(this.#obsolete.kept).slice(0, count))
      this.#requireObsolete(state, message, random)
    return merges.length
  }

  /** Delivers what was taken for obsolete, there and in what follows by random events. */
  #requireObsolete(state: number, message: Message, random: Random): void {
    let id = state
    for (let length = 0; length < 12; length++) {
      const { next, sent, observation } = this.deliver(id, message)
      if (next !== id || sent.length > 0 || observation !== 0) {
        throw new QuorateError(
          'QUORATE_MESSAGE_NOT_OBSOLETE',
          `${this.#subject.ids[this.#index]}: ${describe({ type: 'deliver', message })} was obsolete by the abstraction of its algorithm, and ` +
            `${length === 0 ? '' : `after ${length} more events `}does something: correct obsolete(), or leave it out`,
          { node: this.#subject.ids[this.#index] as string, events: length },
        )
      }
      const known = [...this.state(id).transitions.values()].filter((transition) => transition.next !== id)
      if (known.length === 0) return
      id = random.pick(known).next
    }
  }

  #walk(state: number, from: number, code: number, random: Random): void {
    const node = this.#reach(from)
    node.apply(this.event(code))
    this.executed++
    let id = state
    const taken = [code]
    for (let length = 0; length < 12; length++) {
      const known = [...this.state(id).transitions]
      if (known.length === 0) return
      const [next, expected] = random.pick(known)
      taken.push(next)
      const before = this.state(id)
      const outcome = node.apply(this.event(next))
      this.executed++
      const found = this.#transition(before, this.#ids.get(digest(textOf(node.state()))) ?? -1, outcome)
      if (textOf(outline(found)) !== textOf(outline(expected))) {
        throw new QuorateError(
          'QUORATE_STATE_NOT_INSPECTED',
          `${this.#subject.ids[this.#index]}: two states look the same to inspect() and differ in what they do on ` +
            `${describe(this.event(next))}: some state is missing in a protocol's inspect(), or it does not depend on what it is given alone`,
          { node: this.#subject.ids[this.#index] as string, events: taken.map((each) => describe(this.event(each))) },
        )
      }
      id = expected.next
    }
  }

  #run(id: number, code: number): Transition {
    const node = this.#take(id)
    const outcome = node.apply(this.event(code))
    this.executed++
    const next = this.#enter(node, id, code)
    return this.#transition(this.state(id), next, outcome)
  }

  #remember(code: number, event: () => LocalEvent): void {
    if (!this.#events.has(code)) this.#events.set(code, event())
  }

  /** A node in this state, which is the caller's to change. */
  #take(id: number): ExploredNode<Root, View> {
    const alive = this.#alive.get(id)
    if (alive === undefined) return this.#reach(id)
    this.#alive.delete(id)
    return alive
  }

  #reach(id: number): ExploredNode<Root, View> {
    const path: LocalEvent[] = []
    for (let state = this.state(id); state.event !== undefined; state = this.state(state.from)) path.push(state.event)
    const node = this.#create()
    node.start()
    for (const event of path.reverse()) node.apply(event)
    this.executed += path.length
    return node
  }

  #create(): ExploredNode<Root, View> {
    return new ExploredNode(this.#subject, this.#subject.ids[this.#index] as string, this.#time)
  }

  #enter(node: ExploredNode<Root, View>, from: number, code: number | undefined): number {
    const state = node.state()
    const key = digest(textOf(state))
    let id = this.#ids.get(key)
    if (id === undefined) {
      id = this.states.length
      this.#ids.set(key, id)
      const view = this.#subject.view(node.root)
      this.states.push({
        key,
        from,
        event: code === undefined ? undefined : this.event(code),
        timers: node.timers.map((timer) => this.#timerCode(timer)),
        pendingWrites: node.pendingWrites,
        view,
        viewId: this.#tables.views.id(textOf(view), view),
        inspections: this.#inspections(node),
        transitions: new Map(),
        fates: new Uint8Array(0),
        forms: this.#tables.forms(this.#index, id, state),
      })
    } else if (code !== undefined) this.#merges.add({ state: id, from, code })
    if (!this.#alive.has(id)) {
      this.#alive.set(id, node)
      if (this.#alive.size > keptAlive) {
        const [oldest] = this.#alive.keys()
        this.#alive.delete(oldest as number)
      }
    }
    return id
  }

  #inspections(node: ExploredNode<Root, View>): ReadonlyMap<string, number> {
    const inspections = node.inspect()
    const paths = [...this.#subject.invariants.map(({ path }) => path), ...this.#subject.abstractions.keys()]
    return new Map(
      paths.map((path) => {
        const inspection = inspections[path] ?? {}
        return [path, this.#tables.inspections.id(textOf(inspection), inspection)]
      }),
    )
  }

  #timerCode({ path, name }: { readonly path: string; readonly name: string }): number {
    const key = `${path}\u0000${name}`
    let code = this.#timerCodes.get(key)
    if (code === undefined) {
      code = eventCode(eventKinds.timer, this.#timerCodes.size)
      this.#timerCodes.set(key, code)
      this.#events.set(code, { type: 'timer', path, name })
    }
    return code
  }

  #transition(before: LocalState<View> | undefined, next: number, { sent, seen }: Outcome<View>): Transition {
    const messages = sent.map((each) => this.#tables.message(each))
    const observation = { before: before?.view, seen }
    return {
      next,
      sent: messages,
      observation: seen.length === 0 ? 0 : this.#tables.observations.id(textOf(observation), observation),
    }
  }
}

function outline({ next, sent, observation }: Transition): unknown {
  return [next, [...new Set(sent.map(({ id }) => id))].sort((a, b) => a - b), observation]
}

function describe(event: LocalEvent): string {
  switch (event.type) {
    case 'deliver':
      return `a message of ${event.message.from.id} to ${event.message.channel || 'the root'}`
    case 'timer':
      return `timer ${event.path}/${event.name}`
    default:
      return event.type
  }
}
