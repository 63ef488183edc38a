import { compareTerms, noTerm, type Inspection, type Invariant, type NodeId } from '@quorate/core'
import { majoritySize } from '../quorum/majority.js'
import type { Acceptance, Ballot } from './ledger.js'

/** What of a node's `inspect()` the invariants read. */
interface State {
  readonly promised: Ballot
  readonly accepted: Acceptance | null
  readonly decision: number | null
  readonly attempt: {
    readonly ballot: Ballot
    readonly promises: readonly NodeId[]
    readonly acknowledged: readonly NodeId[]
  } | null
}

type States = ReadonlyMap<NodeId, State>

/** The safety of the synod, step by step: what its proof carries from one step to the next. */
export const thresholdInvariants: readonly Invariant[] = [
  invariant('promise-covers-acceptance', (states) => {
    for (const [id, { promised, accepted }] of states) {
      if (accepted !== null && compareTerms(accepted.ballot, promised) > 0) {
        return `${id} accepted in ${text(accepted.ballot)}, beyond its promise ${text(promised)}`
      }
    }
    return undefined
  }),
  invariant('one-value-per-ballot', (states) => {
    for (const [id, { accepted }] of states) {
      const wrong = accepted && conflict(states, id, accepted, (order) => order === 0)
      if (wrong) return wrong
    }
    return undefined
  }),
  invariant('chosen-value-stable', (states, members) => {
    for (const [id, { accepted }] of states) {
      const wrong =
        accepted &&
        isChosen(states, members.length, accepted.ballot) &&
        conflict(states, id, accepted, (order) => order > 0)
      if (wrong) return wrong
    }
    return undefined
  }),
  // Of members that crashed since, too: what they said was durable before it left.
  invariant('promises-kept', (states) => {
    for (const [proposer, { attempt }] of states) {
      if (attempt === null) continue
      for (const id of attempt.promises) {
        // Whoever promised may be known to nobody.
        const promised = states.get(id)?.promised
        if (promised !== undefined && compareTerms(promised, attempt.ballot) < 0) {
          return `${proposer} counts on ${id}'s promise of ${text(attempt.ballot)}; ${id} only knows of ${text(promised)}`
        }
      }
    }
    return undefined
  }),
  invariant('acknowledgements-kept', (states) => {
    for (const [proposer, { attempt }] of states) {
      if (attempt === null) continue
      for (const id of attempt.acknowledged) {
        const state = states.get(id)
        const { ballot } = state?.accepted ?? nothing
        if (state !== undefined && compareTerms(ballot, attempt.ballot) < 0) {
          return `${proposer} counts that ${id} accepted in ${text(attempt.ballot)}; ${id} only knows of ${text(ballot)}`
        }
      }
    }
    return undefined
  }),
  invariant('ballots-kept', (states) => {
    for (const [id, { promised }] of states) {
      const owner = states.get(promised.id)
      if (owner !== undefined && owner.promised.number < promised.number) {
        return `${id} promised ${text(promised)}; its owner only knows of ${text(owner.promised)} and may use it again`
      }
    }
    return undefined
  }),
  invariant('one-decision', (states) => {
    let first: readonly [NodeId, number] | undefined
    for (const [id, { decision }] of states) {
      if (decision === null) continue
      first ??= [id, decision]
      if (decision !== first[1]) return `${first[0]} knows ${first[1]} to be decided, ${id} knows ${decision}`
    }
    return undefined
  }),
]

const nothing = { ballot: noTerm }

type Check = (states: States, members: readonly NodeId[]) => string | undefined

function invariant(name: string, check: Check): Invariant {
  return {
    name,
    check: (nodes, members) => check(nodes as ReadonlyMap<NodeId, Inspection> as unknown as States, members),
  }
}

/** Whether a majority's last acceptances are of this ballot. */
function isChosen(states: States, members: number, ballot: Ballot): boolean {
  let count = 0
  for (const { accepted } of states.values()) {
    if (accepted !== null && compareTerms(accepted.ballot, ballot) === 0) count++
  }
  return count >= majoritySize(members)
}

/** Another node that accepted a different value, in a ballot whose order to that of `acceptance` is `wrong`. */
function conflict(
  states: States,
  id: NodeId,
  { ballot, value }: Acceptance,
  wrong: (order: number) => boolean,
): string | undefined {
  for (const [otherId, { accepted: other }] of states) {
    if (other !== null && other.value !== value && wrong(compareTerms(other.ballot, ballot))) {
      return `${id} accepted ${value} in ${text(ballot)}, ${otherId} accepted ${other.value} in ${text(other.ballot)}`
    }
  }
  return undefined
}

function text({ number, id }: Ballot): string {
  return `ballot (${number}, ${id})`
}
