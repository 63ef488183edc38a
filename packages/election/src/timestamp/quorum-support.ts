import { compareTerms, noTerm, type Inspection, type Invariant, type Term } from '@quorate/core'
import { majoritySize } from '@quorate/voting/majority'

/**
 * Whatever candidacy anyone takes for established, a quorum remembers it or a newer one, also those of it that are down. Whose state nobody
 * knows may be of it.
 */
export const quorumSupport: Invariant = {
  name: 'quorum-support',
  check(nodes, members) {
    let established = noTerm
    for (const state of nodes.values()) {
      const term = termOf(state, 'established')
      if (compareTerms(term, established) > 0) established = term
    }
    let supporters = members.length - nodes.size
    for (const state of nodes.values()) if (compareTerms(termOf(state, 'newest'), established) >= 0) supporters++
    const quorum = majoritySize(members.length)
    if (supporters >= quorum) return undefined
    return `${established.id === '' ? 'term' : `${established.id}'s candidacy`} ${established.number} is led; only ${supporters} nodes would refuse an older one, a quorum is ${quorum}`
  },
}

function termOf(state: Inspection, name: 'established' | 'newest'): Term {
  return state[name] as unknown as Term
}
