import {
  compareTerms,
  type ElectionDefinition,
  type Inspectable,
  type ReplicatedLog,
  type ReplicatedLogDefinition,
  type ReplicatedLogIndication,
  type NodeId,
  type Term,
} from '@quorate/core'
import { abstractionsOf, type Finding, type Monitor, type Seen, type Subject } from './subject.js'

/** What the checks look at of a node's log. Entries are texts: the term, and behind a space the command. */
export type LogView = {
  readonly leader: NodeId | null
  readonly term: readonly [number, NodeId]
  readonly log: readonly string[]
}

/** What the monitor remembers of all that has happened. */
type Memory = {
  /** Of each leadership: its term, who, and the log that it began with. */
  readonly leaders: readonly {
    readonly term: readonly [number, NodeId]
    readonly node: NodeId
    readonly log: readonly string[]
  }[]
  /** By index: what has been committed anywhere. */
  readonly committed: readonly string[]
  /** How far each node has applied its log. */
  readonly applied: { readonly [node: NodeId]: number }
}

export interface LogSubjectOptions {
  readonly ids: readonly NodeId[]
  readonly election: ElectionDefinition<unknown>
  readonly proposals: number
  readonly stands: number
}

const maxDelayMs = 10

/** A replicated log, under Raft's five properties, and the invariants of the log and its election. */
export function logSubject(
  definition: ReplicatedLogDefinition<unknown>,
  { ids, election, proposals, stands }: LogSubjectOptions,
): Subject<ReplicatedLog<unknown>, LogView> {
  return {
    ids,
    protocol: () => ({
      codec: definition.codec,
      create: (env) => definition.create(env, { members: ids, maxDelayMs, election }),
      listen: () => {},
    }),
    requests: [
      {
        name: 'propose',
        budget: proposals,
        sensible: ({ leader }) => leader !== null,
        make: (log, number) => void log.propose([textBytes(`c${number}`)]),
      },
      { name: 'stand', budget: stands, sensible: () => true, make: (log) => log.stand() },
    ],
    view: viewOf,
    invariants: [
      ...(definition.invariants ?? []).map((check) => ({ path: '', check })),
      ...(election.invariants ?? []).map((check) => ({ path: 'election', check })),
    ],
    abstractions: abstractionsOf({ '': definition, election }),
    compare: (one, a, other, b) => compareLogs(one, a, other, b),
    monitor: new LogMonitor(),
    checked: ['election-safety', 'leader-append-only', 'log-matching', 'leader-completeness', 'state-machine-safety'],
  }
}

function viewOf(log: ReplicatedLog<unknown>): LogView {
  const entries: string[] = []
  for (let index = 1; index <= log.position.index; index++) {
    const entry = log.entry(index)
    entries.push(entry === undefined ? '?' : `${termKey(entry.term)} ${textOfBytes(entry.command)}`)
  }
  return { leader: log.leader ?? null, term: [log.term.number, log.term.id], log: entries }
}

class LogMonitor implements Monitor<LogView> {
  readonly initial: Memory = { leaders: [], committed: [], applied: {} }

  next(
    remembered: Inspectable,
    node: NodeId,
    before: LogView | undefined,
    { restarted, indications, view }: Seen<LogView>,
    report: (property: string, what: string) => void,
  ): Inspectable {
    let memory = remembered as Memory
    const applied = memory.applied[node] ?? 0
    if (restarted) {
      if (view.log.length < applied)
        report('state-machine-safety', `${node} has applied ${applied} entries and finds ${view.log.length} in its log`)
    } else if (before?.leader === node && view.leader === node && sameTerm(before.term, view.term)) {
      const changed = before.log.findIndex((entry, place) => entry !== view.log[place])
      if (changed >= 0) report('leader-append-only', `${node} leads and changes its log from index ${changed + 1} on`)
    }
    for (const indication of indications as readonly ReplicatedLogIndication[]) {
      if (indication.type === 'leader-changed' && indication.leader === node) {
        memory = this.#elected(memory, node, [indication.term.number, indication.term.id], view, report)
      } else if (indication.type === 'committed') {
        memory = this.#committed(memory, node, indication.entries.at(-1)?.index ?? 0, view, report)
      }
    }
    return memory
  }

  #elected(
    memory: Memory,
    node: NodeId,
    term: readonly [number, NodeId],
    view: LogView,
    report: (property: string, what: string) => void,
  ): Memory {
    const known = memory.leaders.find((each) => sameTerm(each.term, term))
    if (known !== undefined) {
      if (known.node !== node) report('election-safety', `term ${term.join('')} is led by ${known.node} and by ${node}`)
      return memory
    }
    const lacks = firstDifference(memory.committed, view.log)
    const newest = termOf(memory.committed.at(-1))
    if (lacks >= 0 && compare(newest, term) < 0)
      report(
        'leader-completeness',
        `${node} leads term ${term.join('')} without what was committed at index ${lacks + 1}`,
      )
    const leaders = [...memory.leaders, { term, node, log: view.log }].sort((a, b) => compare(a.term, b.term))
    return { ...memory, leaders }
  }

  #committed(
    memory: Memory,
    node: NodeId,
    through: number,
    view: LogView,
    report: (property: string, what: string) => void,
  ): Memory {
    const entries = view.log.slice(0, through)
    if (entries.length < through)
      report('state-machine-safety', `${node} applies index ${through}, which it does not have`)
    const common = memory.committed.slice(0, through)
    if (firstDifference(common, entries) >= 0)
      report(
        'state-machine-safety',
        `${node} applies another entry at index ${firstDifference(common, entries) + 1} than was applied before`,
      )
    const applied = { ...memory.applied, [node]: Math.max(through, memory.applied[node] ?? 0) }
    if (through <= memory.committed.length) return { ...memory, applied }
    const twice = entries.find(
      (entry, at) => commandOf(entry) !== '' && entries.findIndex((each) => commandOf(each) === commandOf(entry)) < at,
    )
    if (twice !== undefined) report('state-machine-safety', `${commandOf(twice)} was proposed once and committed twice`)
    // It was committed in the term that this node follows, or in an earlier one.
    for (const leader of memory.leaders) {
      if (compare(leader.term, view.term) <= 0) continue
      const lacks = firstDifference(entries, leader.log)
      if (lacks >= 0)
        report(
          'leader-completeness',
          `${leader.node} leads term ${leader.term.join('')} without what was committed at index ${lacks + 1} before`,
        )
    }
    return { ...memory, applied, committed: entries }
  }
}

/** Log matching: where two logs have an entry of the same term at the same index, they are the same up to there. */
function compareLogs(one: NodeId, a: LogView, other: NodeId, b: LogView): Finding | undefined {
  let index = Math.min(a.log.length, b.log.length)
  while (index > 0 && !sameTerm(termOf(a.log[index - 1]), termOf(b.log[index - 1]))) index--
  const differs = firstDifference(a.log.slice(0, index), b.log)
  if (differs < 0) return undefined
  const what = `${one} and ${other} have an entry of the same term at index ${index}, and others at index ${differs + 1}`
  return { property: 'log-matching', what }
}

/** The first place at which `all` does not begin as `part` does, or -1. */
function firstDifference(part: readonly string[], all: readonly string[]): number {
  return part.findIndex((entry, place) => entry !== all[place])
}

function sameTerm(a: readonly [number, NodeId], b: readonly [number, NodeId]): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

function compare(a: readonly [number, NodeId], b: readonly [number, NodeId]): number {
  return compareTerms({ number: a[0], id: a[1] }, { number: b[0], id: b[1] })
}

function termKey({ number, id }: Term): string {
  return id === '' ? String(number) : `${number}/${id}`
}

function termOf(entry: string | undefined): readonly [number, NodeId] {
  const [key = '0'] = (entry ?? '0').split(' ')
  const [number = '0', id = ''] = key.split('/')
  return [Number(number), id]
}

function commandOf(entry: string): string {
  return entry.slice(entry.indexOf(' ') + 1)
}

function textBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function textOfBytes(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : String.fromCharCode(...bytes)
}
