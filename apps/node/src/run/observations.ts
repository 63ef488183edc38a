/**
 * What was seen of a cluster, simulated or real: which process ran when, whom each node named, suspected and decided for. Everything
 * that is said of a run, live or at its end, is computed from here.
 */
import { QuorateError, type NodeId, type Term, type Verdict } from '@quorate/core'
import type { ValueChange } from '@quorate/simulation'
import type { MemberIndication } from '../composition/member.js'

/** `paused`: it stands still, and neither knows it nor can be asked. */
export type ProcessState = 'up' | 'paused' | 'down'

/** `atMs` is on one clock for all nodes: virtual time, or the machine's. */
export type Observation = { readonly atMs: number; readonly node: NodeId } & (
  | { readonly type: 'process'; readonly state: ProcessState }
  | MemberIndication
)

/** What a node takes for true. A process that ends takes it along. */
export interface View {
  readonly state: ProcessState
  readonly leader: NodeId | undefined
  readonly term: Term | undefined
  readonly suspects: ReadonlyMap<NodeId, Verdict>
}

/** A time during which all live nodes named the same living leader. `untilMs` is `Infinity` when it lasts. */
export interface Spell {
  readonly leader: NodeId
  readonly fromMs: number
  readonly untilMs: number
}

/** The most observations of one run. */
const maxObservations = 500_000

const unseen: View = { state: 'down', leader: undefined, term: undefined, suspects: new Map() }

export class Observations {
  readonly nodes: readonly NodeId[]
  readonly #history: Observation[] = []
  readonly #views: Map<NodeId, View>
  readonly #listeners = new Set<(observation: Observation) => void>()

  constructor(nodes: readonly NodeId[]) {
    this.nodes = nodes
    this.#views = new Map(nodes.map((id) => [id, unseen]))
  }

  /** Adds what was seen. Observations of different nodes may come a little out of order. Throws `QUORATE_TOO_MANY_EVENTS`. */
  record(observation: Observation): void {
    if (this.#history.length >= maxObservations) {
      throw new QuorateError(
        'QUORATE_TOO_MANY_EVENTS',
        `more than ${maxObservations} events; run fewer nodes or a shorter time`,
        {
          maxObservations,
        },
      )
    }
    this.#history.push(observation)
    this.#views.set(observation.node, after(this.view(observation.node), observation))
    for (const listener of this.#listeners) listener(observation)
  }

  onRecord(listener: (observation: Observation) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The same with times that count from `atMs` on: what was before is negative. */
  from(atMs: number): Observations {
    const shifted = new Observations(this.nodes)
    for (const observation of this.#history) shifted.record({ ...observation, atMs: observation.atMs - atMs })
    return shifted
  }

  view(node: NodeId): View {
    return this.#views.get(node) ?? unseen
  }

  get live(): readonly NodeId[] {
    return liveOf(this.nodes, this.#views)
  }

  /** The living leader that all live nodes name at present. */
  get agreedLeader(): NodeId | undefined {
    return agreedLeader(this.nodes, this.#views)
  }

  /** Everything seen so far, in order of time. */
  get history(): readonly Observation[] {
    return [...this.#history].sort((a, b) => a.atMs - b.atMs)
  }

  /** The votes that any node took part in, oldest first. */
  get votes(): readonly string[] {
    const names = this.#history.flatMap((each) => (each.type === 'vote-opened' ? [each.vote] : []))
    return [...new Set(names)].sort()
  }

  /** The value that each node entered a vote with. */
  values(vote: string): ReadonlyMap<NodeId, number> {
    const values = new Map<NodeId, number>()
    for (const each of this.#history)
      if (each.type === 'vote-opened' && each.vote === vote) values.set(each.node, each.value)
    return values
  }

  /** What each node decided in a vote, as a history for the formulas. */
  decisions(vote: string): readonly ValueChange[] {
    return this.history.flatMap((each) =>
      each.type === 'decided' && each.vote === vote ? [{ atMs: each.atMs, node: each.node, value: each.value }] : [],
    )
  }

  /** Whom each node named, as a history for the formulas: a process that ends names nobody. */
  leaders(): readonly ValueChange[] {
    const changes: ValueChange[] = []
    for (const { observation, before, now } of this.#replay()) {
      const { atMs, node } = observation
      if (before.leader !== now.leader) changes.push({ atMs, node, value: now.leader })
    }
    return changes
  }

  /** Whom each node named for each term, as histories for the formulas. */
  leadersByTerm(): ReadonlyMap<string, readonly ValueChange[]> {
    const byTerm = new Map<string, ValueChange[]>()
    for (const each of this.history) {
      if (each.type !== 'leader-changed' || each.leader === undefined) continue
      const key = `${each.term.number}${each.term.id === '' ? '' : ` of ${each.term.id}`}`
      const changes = byTerm.get(key) ?? []
      changes.push({ atMs: each.atMs, node: each.node, value: each.leader })
      byTerm.set(key, changes)
    }
    return byTerm
  }

  /** The times during which all live nodes named the same living leader, in order. */
  agreements(): readonly Spell[] {
    const spells: Spell[] = []
    let open: { leader: NodeId; fromMs: number } | undefined
    for (const { observation, views, instantEnds } of this.#replay()) {
      if (!instantEnds) continue
      const { atMs } = observation
      const leader = agreedLeader(this.nodes, views)
      if (open?.leader === leader) continue
      if (open !== undefined) spells.push({ ...open, untilMs: atMs })
      open = leader === undefined ? undefined : { leader, fromMs: atMs }
    }
    if (open !== undefined) spells.push({ ...open, untilMs: Infinity })
    return spells
  }

  /** From `fromMs` on: when all live nodes first suspected `peer`; `undefined` when they never did. */
  suspectedByAll(peer: NodeId, fromMs: number): number | undefined {
    for (const { observation, views, instantEnds } of this.#replay()) {
      if (!instantEnds || observation.atMs < fromMs) continue
      if (suspectedByOthers(peer, this.nodes, views)) return observation.atMs
    }
    return undefined
  }

  /** Whether all live nodes suspect `peer` at present. */
  suspectsEverywhere(peer: NodeId): boolean {
    return suspectedByOthers(peer, this.nodes, this.#views)
  }

  /** Goes through the history again. The map is the same each time, and changes. */
  *#replay(): Generator<Step> {
    const views = new Map(this.nodes.map((id) => [id, unseen]))
    const history = this.history
    for (const [index, observation] of history.entries()) {
      const before = views.get(observation.node) ?? unseen
      const now = after(before, observation)
      views.set(observation.node, now)
      yield { observation, before, now, views, instantEnds: history[index + 1]?.atMs !== observation.atMs }
    }
  }
}

interface Step {
  readonly observation: Observation
  readonly before: View
  readonly now: View
  readonly views: ReadonlyMap<NodeId, View>
  /** Whether nothing else was seen at the same time: states in between never were. */
  readonly instantEnds: boolean
}

function after(view: View, observation: Observation): View {
  switch (observation.type) {
    case 'process':
      return observation.state === 'down' ? unseen : { ...view, state: observation.state }
    case 'leader-changed':
      // What a process said last may be read after it was seen to have ended.
      return view.state === 'down' ? view : { ...view, leader: observation.leader, term: observation.term }
    case 'suspect':
      return view.state === 'down'
        ? view
        : { ...view, suspects: new Map(view.suspects).set(observation.peer, observation.verdict) }
    case 'restore': {
      const suspects = new Map(view.suspects)
      suspects.delete(observation.peer)
      return { ...view, suspects }
    }
    case 'unsure':
    case 'vote-opened':
    case 'decided':
      return view
  }
}

function liveOf(nodes: readonly NodeId[], views: ReadonlyMap<NodeId, View>): readonly NodeId[] {
  return nodes.filter((id) => views.get(id)?.state === 'up')
}

function agreedLeader(nodes: readonly NodeId[], views: ReadonlyMap<NodeId, View>): NodeId | undefined {
  const live = liveOf(nodes, views)
  const leader = views.get(live[0] ?? '')?.leader
  if (leader === undefined || !live.includes(leader)) return undefined
  return live.every((id) => views.get(id)?.leader === leader) ? leader : undefined
}

function suspectedByOthers(peer: NodeId, nodes: readonly NodeId[], views: ReadonlyMap<NodeId, View>): boolean {
  const others = liveOf(nodes, views).filter((id) => id !== peer)
  return others.length > 0 && others.every((id) => views.get(id)?.suspects.has(peer) === true)
}
