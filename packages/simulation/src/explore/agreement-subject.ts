import type { Agreement, AgreementDefinition, AgreementIndication, Inspectable, NodeId } from '@quorate/core'
import type { Monitor, Seen, Subject } from './subject.js'

export type AgreementView = { readonly decision: number | null }

const maxDelayMs = 10
/** When the instance begins, a while after wall clocks begin. */
const startsAtMs = 1_000_000_000_000 + 4 * maxDelayMs

export interface AgreementSubjectOptions {
  readonly ids: readonly NodeId[]
  readonly maxFaulty: number
  /** What the nodes propose, in the order of their ids, in each of their lives. */
  readonly values: readonly number[]
}

/** An agreement on one value: who decided what, and its own invariants. */
export function agreementSubject(
  definition: AgreementDefinition<unknown>,
  { ids, maxFaulty, values }: AgreementSubjectOptions,
): Subject<Agreement<unknown>, AgreementView> {
  return {
    ids,
    protocol: () => ({
      codec: definition.codec,
      create: (env) => definition.create(env, { members: ids, maxFaulty, maxDelayMs, startsAtMs }),
      listen: () => {},
    }),
    started: (id, agreement) => agreement.propose(values[ids.indexOf(id)] as number),
    requests: [],
    view: ({ decision }) => ({ decision: decision ?? null }),
    invariants: (definition.invariants ?? []).map((check) => ({ path: '', check })),
    abstractions: new Map(),
    monitor: new Decisions(values),
    checked: ['validity', 'integrity', 'agreement', 'uniform-agreement'],
  }
}

/** Of each node that has decided: what, and whether its present life has said so. */
type Decided = { readonly [node: NodeId]: readonly [value: number, said: boolean] }

class Decisions implements Monitor<AgreementView> {
  readonly initial = {}
  readonly #proposed: readonly number[]

  constructor(proposed: readonly number[]) {
    this.#proposed = proposed
  }

  next(
    memory: Inspectable,
    node: NodeId,
    _before: AgreementView | undefined,
    { restarted, indications }: Seen<AgreementView>,
    report: (property: string, what: string) => void,
  ): Inspectable {
    let decided = memory as Decided
    const own = decided[node]
    if (restarted && own !== undefined) decided = { ...decided, [node]: [own[0], false] }
    for (const { value } of indications as readonly AgreementIndication[]) {
      const known = decided[node]
      if (known !== undefined && (known[0] !== value || known[1]))
        report('integrity', `${node} decides ${known[0]}, then ${value}`)
      if (!this.#proposed.includes(value)) report('validity', `${node} decides ${value}, which nobody proposed`)
      for (const [other, [theirs]] of Object.entries(decided)) {
        if (other === node || theirs === value) continue
        report('uniform-agreement', `${other} decides ${theirs}, ${node} decides ${value}`)
        report('agreement', `${other} decides ${theirs}, ${node} decides ${value}`)
      }
      const next = { ...decided, [node]: [value, true] as const }
      decided = Object.fromEntries(Object.entries(next).sort((a, b) => (a[0] < b[0] ? -1 : 1)))
    }
    return decided
  }
}
