import type { AgreementDefinition, AgreementIndication, NodeId } from '@quorate/core'
import {
  findAgreement,
  findConflict,
  nodeIds,
  type AgreementResult,
  type RunOptions,
  type TraceEntry,
  type ValueChange,
} from '@quorate/simulation'
import { lastDivergence } from './divergence.js'
import { fail, words, type Suite } from './runner.js'
import type { SweepPlan } from './sweep-options.js'

/** So many runs are recorded whole. */
const seeds = 30

/** What nodes held over time in one run, and which of them lived on. */
interface History {
  readonly seed: number
  readonly live: readonly NodeId[]
  readonly changes: readonly ValueChange[]
}

/** The two formulas of what replicas owe each other, over the decisions. What is not claimed is skipped. */
export function testDecisionFormulas<M>(
  suite: Suite,
  { name, guarantees }: AgreementDefinition<M>,
  plan: SweepPlan,
  run: (options: RunOptions) => AgreementResult,
): void {
  const [{ nodes }] = plan.worlds
  let histories: readonly History[] | undefined
  const recorded = (): readonly History[] =>
    (histories ??= Array.from({ length: seeds }, (_, index) => {
      const seed = index + 1
      return historyOf(run({ ...plan.run, nodes, seed, traceLimit: 1_000_000 }), nodes)
    }))
  const formula = (title: string, needs: readonly string[], check: (history: History) => string | undefined): void => {
    const missing = needs.filter((property) => !guarantees.some((guaranteed) => guaranteed === property))
    if (missing.length > 0) {
      suite.skip(title, `${name} does not claim ${missing.map(words).join(' and ')}`)
      return
    }
    suite.test(title, () => {
      for (const history of recorded()) {
        const what = check(history)
        if (what !== undefined) fail(`seed ${history.seed}, ${nodes} nodes: ${what}`, { seed: history.seed })
      }
    })
  }

  formula(
    'consensus: there are t and i such that for all j, v_i(t) = v_j(t)',
    ['agreement', 'termination'],
    (history) =>
      history.live.length === 0 || findAgreement(history.live, history.changes) !== undefined
        ? undefined
        : `at no time do ${history.live.join(', ')} hold the same decision`,
  )
  formula('consistency over what was decided: no two decisions differ', ['uniform-agreement'], ({ changes }) => {
    const conflict = findConflict(changes)
    return conflict && `${conflict.nodes.join(' and ')} decided ${conflict.values.join(' and ')}`
  })
  formula(
    'consistency, strict: v_i(t) = v_j(t) for all t from some time on, when the last has learned the decision',
    ['agreement', 'termination'],
    ({ live, changes }) => {
      const last = lastDivergence(live, changes)
      if (last === undefined || last.untilMs < Infinity) return undefined
      return `from ${last.atMs} ms on ${last.nodes.join(' and ')} hold ${last.values.join(' and ')}`
    },
  )
}

function historyOf({ seed, trace }: AgreementResult, nodes: number): History {
  const up = new Set<NodeId>()
  const changes = new Map<string, ValueChange>()
  for (const entry of trace) {
    follow(up, entry)
    if (entry.type !== 'indication' || entry.path !== '') continue
    const { at: atMs, node } = entry
    const { value } = entry.indication as AgreementIndication
    // A new life says again what the last one decided: that is the same decision.
    const key = `${node} ${value}`
    if (!changes.has(key)) changes.set(key, { atMs, node, value, position: 1 })
  }
  return { seed, live: nodeIds(nodes).filter((id) => up.has(id)), changes: [...changes.values()] }
}

function follow(up: Set<NodeId>, entry: TraceEntry): void {
  if (entry.type === 'start') up.add(entry.node)
  else if (entry.type === 'crash') up.delete(entry.node)
}
