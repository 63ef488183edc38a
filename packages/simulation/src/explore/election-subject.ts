import type { Election, ElectionDefinition, ElectionIndication, Inspectable, NodeId } from '@quorate/core'
import { abstractionsOf, type Monitor, type Seen, type Subject } from './subject.js'

export type ElectionView = { readonly leader: NodeId | null }

const maxDelayMs = 10

/** An election: whom the nodes name for each term, who leads at the same time, and its own invariants. */
export function electionSubject(
  definition: ElectionDefinition<unknown>,
  { ids, stands }: { readonly ids: readonly NodeId[]; readonly stands: number },
): Subject<Election<unknown>, ElectionView> {
  return {
    ids,
    protocol: () => ({
      codec: definition.codec,
      create: (env) => definition.create(env, { members: ids, maxDelayMs }),
      listen: () => {},
    }),
    requests: [{ name: 'stand', budget: stands, sensible: () => true, make: (election) => election.stand() }],
    view: ({ leader }) => ({ leader: leader ?? null }),
    invariants: (definition.invariants ?? []).map((check) => ({ path: '', check })),
    abstractions: abstractionsOf({ '': definition }),
    compare: (one, a, other, b) =>
      a.leader === one && b.leader === other
        ? { property: 'one-leader-at-a-time', what: `${one} and ${other} lead at the same time` }
        : undefined,
    monitor: namedLeaders,
    checked: ['one-leader-at-a-time', 'one-leader-per-term'],
  }
}

type Named = readonly (readonly [term: string, leader: NodeId])[]

/** Remembers whom nodes named for each term. */
const namedLeaders: Monitor<ElectionView> = {
  initial: [],
  next(
    memory: Inspectable,
    node: NodeId,
    _before: ElectionView | undefined,
    { indications }: Seen<ElectionView>,
    report: (property: string, what: string) => void,
  ): Inspectable {
    let named = memory as Named
    for (const { leader, term } of indications as readonly ElectionIndication[]) {
      if (leader === undefined) continue
      const key = `${term.number} ${term.id}`
      const known = named.find(([each]) => each === key)?.[1]
      if (known === undefined) named = [...named, [key, leader] as const].sort((a, b) => (a[0] < b[0] ? -1 : 1))
      else if (known !== leader)
        report('one-leader-per-term', `term ${key}: ${node} names ${leader}, ${known} was named before`)
    }
    return named
  },
}
