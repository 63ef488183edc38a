import type { Inspectable, Inspection, NodeId, Protocol } from '@quorate/core'
import type { TraceEntry } from '../trace.js'
import { textOf } from './digest.js'
import { ExploredNode, type Outcome } from './explored-node.js'
import type { Choice } from './world.js'
import type { Finding, Seen, Subject } from './subject.js'

/** A step of a schedule in words. */
export interface Step {
  readonly node: NodeId
  readonly what: string
}

export interface Rerun {
  /** Whether every choice could be made. */
  readonly possible: boolean
  readonly findings: readonly Finding[]
  readonly steps: readonly Step[]
  /** What happened; `at` counts the steps. */
  readonly trace: readonly TraceEntry[]
}

/** Runs a schedule once more, from the beginning, on new nodes, looking nothing up. */
export function rerun<Root extends Protocol<unknown>, View extends Inspectable>(
  subject: Subject<Root, View>,
  time: boolean,
  choices: readonly Choice[],
): Rerun {
  const run = new Running(subject, time)
  const possible = choices.every((choice) => run.take(choice))
  return { possible, findings: run.findings, steps: run.steps, trace: run.trace }
}

/**
 * Leaves out what a violation of `property` does not need: one choice after the other, the last first, as long as the property is
 * violated without it.
 */
export function shortened<Root extends Protocol<unknown>, View extends Inspectable>(
  subject: Subject<Root, View>,
  time: boolean,
  choices: readonly Choice[],
  property: string,
): readonly Choice[] {
  let kept = choices
  for (let shrunk = true; shrunk;) {
    shrunk = false
    for (let place = kept.length - 1; place >= 0; place--) {
      const without = kept.toSpliced(place, 1)
      const { possible, findings } = rerun(subject, time, without)
      if (!possible || !findings.some((finding) => finding.property === property)) continue
      kept = without
      shrunk = true
    }
  }
  return kept
}

class Running<Root extends Protocol<unknown>, View extends Inspectable> {
  readonly findings: Finding[] = []
  readonly steps: Step[] = []
  readonly trace: TraceEntry[] = []
  readonly #subject: Subject<Root, View>
  readonly #nodes: readonly ExploredNode<Root, View>[]
  readonly #views: (View | undefined)[]
  /** What was ever sent, as texts. */
  readonly #network = new Set<string>()
  #memory: Inspectable

  constructor(subject: Subject<Root, View>, time: boolean) {
    this.#subject = subject
    this.#nodes = subject.ids.map((id) => new ExploredNode(subject, id, time))
    this.#views = subject.ids.map(() => undefined)
    this.#memory = subject.monitor.initial
    this.#nodes.forEach((node, index) => {
      this.#keep({ at: 0, type: 'start', node: node.self.id, incarnation: node.self.incarnation })
      this.#after(index, node.start())
    })
  }

  /** Returns whether it can happen. */
  take({ node: index, event }: Choice): boolean {
    const node = this.#nodes[index] as ExploredNode<Root, View>
    const { id } = node.self
    const at = this.steps.length + 1
    switch (event.type) {
      case 'deliver': {
        const { from, channel, payload } = event.message
        const message = textOf([from, id, channel, payload])
        if (!this.#network.has(message)) return false
        this.#keep({ at, type: 'deliver', from, to: id, channel, payload })
        const what = `${channel === '' ? '' : `${channel} `}${node.read(channel, payload)}`
        this.#step(id, `receives from ${from.id}${from.incarnation > 1 ? ` (life ${from.incarnation})` : ''}: ${what}`)
        break
      }
      case 'timer': {
        const { path, name } = event
        if (!node.timers.some((timer) => timer.path === path && timer.name === name)) return false
        this.#keep({ at, type: 'timeout', node: id, path, timer: name })
        this.#step(id, `its timer ${path === '' ? name : `${path}/${name}`} runs out`)
        break
      }
      case 'durable':
        if (node.pendingWrites === 0) return false
        this.#keep({ at, type: 'durable', node: id })
        this.#step(id, 'its oldest write becomes durable')
        break
      case 'crash': {
        if (event.survivors > node.pendingWrites) return false
        const lost = node.pendingWrites - event.survivors
        this.#keep({ at, type: 'crash', node: id })
        this.#step(
          id,
          `crashes${lost === 0 ? '' : `, loses ${lost} ${lost === 1 ? 'write' : 'writes'}`}, and starts again`,
        )
        break
      }
      case 'request': {
        const { name = '' } = this.#subject.requests[event.kind] ?? {}
        this.#keep({ at, type: 'request', node: id, what: name })
        this.#step(id, `is asked to ${name}`)
      }
    }
    this.#after(index, node.apply(event))
    if (event.type === 'crash') {
      this.#keep({ at, type: 'start', node: id, incarnation: node.self.incarnation })
    }
    return true
  }

  #after(index: number, { sent, seen }: Outcome<View>): void {
    const { ids } = this.#subject
    const at = this.steps.length
    const id = ids[index] as NodeId
    for (const { from, to, channel, payload } of sent) {
      this.#network.add(textOf([from, to, channel, payload]))
      this.#keep({ at, type: 'send', from, to, channel, payload })
    }
    for (const each of seen) this.#look(index, id, each)
    const own = this.#views[index] as View
    this.#views.forEach((view, other) => {
      if (other === index || view === undefined || seen.length === 0) return
      const finding = this.#subject.compare?.(id, own, ids[other] as NodeId, view)
      if (finding !== undefined) this.#found(finding)
    })
    this.#checkInvariants()
  }

  #look(index: number, id: NodeId, seen: Seen<View>): void {
    const at = this.steps.length
    for (const indication of seen.indications) this.#keep({ at, type: 'indication', node: id, path: '', indication })
    const report = (property: string, what: string): void => this.#found({ property, what })
    this.#memory = this.#subject.monitor.next(this.#memory, id, this.#views[index], seen, report)
    this.#views[index] = seen.view
  }

  #checkInvariants(): void {
    for (const { path, check } of this.#subject.invariants) {
      const states = this.#nodes.map((node): [NodeId, Inspection] => [node.self.id, node.inspect()[path] ?? {}])
      const what = check.check(new Map(states), this.#subject.ids)
      if (what !== undefined) this.#found({ property: check.name, what })
    }
  }

  #found(finding: Finding): void {
    if (this.findings.some(({ property }) => property === finding.property)) return
    this.findings.push(finding)
    this.#keep({ at: this.steps.length, type: 'violation', ...finding })
  }

  #step(node: NodeId, what: string): void {
    this.steps.push({ node, what })
  }

  #keep(entry: TraceEntry): void {
    this.trace.push(entry)
  }
}
