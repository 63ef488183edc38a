/**
 * The two formulas' verdict over what was observed.
 *
 * Consensus: there are a time t and a node i such that v_i(t) = v_j(t) for all nodes j. Consistency: v_i(t) = v_j(t) for all times t and
 * all nodes i, j. Read strictly, at every instant, no system meets the second, since news takes time to travel: how long nodes differed is
 * told, not judged. Over what was decided it must hold: for one term nobody names another leader, for one vote nobody
 * decides another value.
 */
import type { NodeId } from '@quorate/core'
import { findAgreement, findConflict, findDivergence, type ValueChange } from '@quorate/simulation'
import { formatDuration } from './duration.js'
import type { Observations } from './observations.js'

/** One judged sentence. `holds` is `undefined` for what is told without being judged. */
export interface Statement {
  readonly about: string
  readonly holds: boolean | undefined
  readonly says: string
}

/** How long nodes held different values, counting as different also a node that is down or knows none yet. */
export interface Differing {
  readonly totalMs: number
  readonly times: number
}

export interface ElectionVerdict {
  /** Consensus: since when all live nodes have named the same living leader; `undefined` when at the end they do not. */
  readonly agreed: { readonly leader: NodeId; readonly sinceMs: number } | undefined
  /** Consistency over what was decided: no term has two leaders. */
  readonly consistent: boolean
  /** Consistency in the strict form. */
  readonly differing: Differing
  readonly terms: number
  readonly differs: readonly string[]
  readonly statements: readonly Statement[]
}

export interface VoteVerdict {
  readonly vote: string
  /** Consensus: when the last of the nodes that live at the end decided as the others; `undefined` when they did not. */
  readonly agreed: { readonly value: number; readonly atMs: number } | undefined
  /** Consistency over what was decided, with validity and integrity: nobody decided another value, or twice, or one that nobody had. */
  readonly consistent: boolean
  readonly differing: Differing
  readonly differs: readonly string[]
  readonly statements: readonly Statement[]
}

/** Judges whom nodes named from the beginning to `endMs`. */
export function judgeElection(observed: Observations, endMs: number): ElectionVerdict {
  const { nodes, live } = observed
  const last = observed.agreements().at(-1)
  const agreed = last?.untilMs === Infinity ? { leader: last.leader, sinceMs: last.fromMs } : undefined
  const differs: string[] = []
  if (agreed === undefined) {
    const named = nodes.map((id) =>
      live.includes(id) ? `${id} names ${observed.view(id).leader ?? 'none'}` : `${id} is down`,
    )
    differs.push(`at the end not all live nodes name the same living leader: ${named.join(', ')}`)
  }
  const byTerm = observed.leadersByTerm()
  for (const [term, changes] of byTerm) {
    const conflict = conflictIn(changes)
    if (conflict !== undefined) differs.push(`for term ${term} ${conflict('named')}`)
  }
  const consistent = differs.length === (agreed === undefined ? 1 : 0)
  const differing = differingOf(nodes, observed.leaders(), endMs)
  const terms = `${byTerm.size} ${byTerm.size === 1 ? 'term' : 'terms'}`
  return {
    agreed,
    consistent,
    differing,
    terms: byTerm.size,
    differs,
    statements: [
      {
        about: 'consensus',
        holds: agreed !== undefined,
        says:
          agreed === undefined
            ? 'not all live nodes name the same living leader'
            : `all live nodes name ${agreed.leader}, which lives, since ${formatDuration(agreed.sinceMs)}`,
      },
      {
        about: 'consistency',
        holds: consistent,
        says: consistent ? `no term ever had two leaders (${terms})` : 'two nodes named different leaders for one term',
      },
      told('named the same', differing),
    ],
  }
}

/** Judges one vote. */
export function judgeVote(observed: Observations, vote: string, endMs: number): VoteVerdict {
  const { live, nodes } = observed
  const decisions = observed.decisions(vote)
  const values = observed.values(vote)
  const agreement = findAgreement(live, decisions)
  const differs: string[] = []
  const conflict = conflictIn(decisions)
  if (conflict !== undefined) differs.push(conflict('decided'))
  for (const { node, value } of decisions) {
    if (![...values.values()].some((own) => own === value))
      differs.push(`${node} decided ${String(value)}, which was no node's value`)
  }
  const consistent = differs.length === 0
  const undecided = live.filter((id) => !decisions.some(({ node }) => node === id))
  if (undecided.length > 0) differs.push(`${undecided.join(', ')} never decided`)
  if (live.length === 0) differs.push('no node is left to decide')
  const agreed =
    consistent && agreement !== undefined && undecided.length === 0
      ? { value: agreement.value as number, atMs: agreement.atMs }
      : undefined
  const differing = differingOf(nodes, decisions, endMs)
  const decided = [...new Set(decisions.map(({ value }) => value))]
  return {
    vote,
    agreed,
    consistent,
    differing,
    differs: [...new Set(differs)],
    statements: [
      {
        about: 'consensus',
        holds: agreed !== undefined,
        says:
          agreed === undefined
            ? 'at no time had all live nodes decided the same value'
            : `all live nodes decided ${agreed.value}, the value of ${ownersOf(agreed.value, values)}, by ${formatDuration(agreed.atMs)}`,
      },
      {
        about: 'consistency',
        holds: consistent,
        says: consistent
          ? decided.length === 0
            ? 'nobody decided anything'
            : 'nobody decided otherwise, or what nobody had'
          : `decided were ${decided.join(' and ')}`,
      },
      told('had decided the same', differing),
    ],
  }
}

function told(what: string, { totalMs, times }: Differing): Statement {
  const often = times === 1 ? 'once' : `${times} times`
  const says = times === 0 ? `always ${what}` : `not all ${what} for ${formatDuration(totalMs)}, ${often}`
  return { about: 'at every instant', holds: undefined, says }
}

/** What is to be said beside the sentences about every instant. */
export const strictly = 'Told, not judged: who is down or has not heard yet differs from the rest.'

/** Adds up the divergences that the strict formula finds one after the other. */
function differingOf(nodes: readonly NodeId[], history: readonly ValueChange[], endMs: number): Differing {
  let rest = [...history].sort((a, b) => a.atMs - b.atMs)
  let totalMs = 0
  let times = 0
  for (;;) {
    const found = findDivergence(nodes, rest)
    if (found === undefined) return { totalMs, times }
    const untilMs = Math.min(found.untilMs, endMs)
    totalMs += Math.max(0, untilMs - found.atMs)
    times++
    if (found.untilMs === Infinity) return { totalMs, times }
    rest = from(found.untilMs, rest)
  }
}

/** The history from `atMs` on; what was held by then begins with it. */
function from(atMs: number, history: readonly ValueChange[]): ValueChange[] {
  const held = new Map<NodeId, ValueChange>()
  const later: ValueChange[] = []
  for (const change of history) {
    if (change.atMs <= atMs) held.set(change.node, { ...change, atMs })
    else later.push(change)
  }
  return [...held.values(), ...later]
}

/** What differs in a history in which all nodes owe each other one value, told with the given verb. */
function conflictIn(history: readonly ValueChange[]): ((verb: string) => string) | undefined {
  // Saying the same again is no second decision.
  const said = new Set<string>()
  const distinct = history.filter(({ node, value }) => {
    const key = JSON.stringify([node, value])
    return !said.has(key) && said.add(key)
  })
  const between = findConflict(distinct)
  if (between !== undefined) {
    const [[one, other], [first, second]] = [between.nodes, between.values]
    return (verb) => `${one} ${verb} ${String(first)}, ${other} ${verb} ${String(second)}`
  }
  // A second value of one node is at a position that no other may have reached.
  const first = new Map<NodeId, ValueChange>()
  for (const change of distinct) {
    const own = first.get(change.node)
    if (own !== undefined) return (verb) => `${change.node} ${verb} ${String(own.value)}, then ${String(change.value)}`
    first.set(change.node, change)
  }
  return undefined
}

function ownersOf(value: number, values: ReadonlyMap<NodeId, number>): string {
  return [...values]
    .filter(([, own]) => own === value)
    .map(([id]) => id)
    .join(' and ')
}
