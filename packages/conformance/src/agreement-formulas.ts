import type { AgreementDefinition, AgreementIndication, NodeId } from '@quorate/core'
import { findAgreement, findConflict, type AgreementResult, type ValueChange } from '@quorate/simulation'
import { lastDivergence } from './divergence.js'
import { words, type Suite } from './runner.js'
import { Findings } from './trials.js'

/** So many of the newest entries of a run's trace are kept: a vote has fewer. */
export const traceLimit = 1_000_000

/** What nodes held over time in one run, and which of them had to. */
interface History {
  readonly core: readonly NodeId[]
  readonly changes: readonly ValueChange[]
}

interface Formula {
  readonly title: string
  /** What an agreement must claim to owe it. */
  readonly needs: readonly string[]
  readonly check: (history: History) => string | undefined
}

const formulas: readonly Formula[] = [
  {
    title: 'consensus: there are t and i such that for all j, v_i(t) = v_j(t)',
    needs: ['agreement', 'termination'],
    check: ({ core, changes }) =>
      core.length === 0 || findAgreement(core, changes) !== undefined
        ? undefined
        : `at no time do ${core.join(', ')} hold the same decision`,
  },
  {
    title: 'consistency over what was decided: no two decisions differ',
    needs: ['uniform-agreement'],
    check: ({ changes }) => {
      const conflict = findConflict(changes)
      return conflict && `${conflict.nodes.join(' and ')} decided ${conflict.values.join(' and ')}`
    },
  },
  {
    title: 'consistency, strict: v_i(t) = v_j(t) for all t from some time on, when the last has learned the decision',
    needs: ['agreement', 'termination'],
    check: ({ core, changes }) => {
      const last = lastDivergence(core, changes)
      if (last === undefined || last.untilMs < Infinity) return undefined
      return `from ${last.atMs} ms on ${last.nodes.join(' and ')} hold ${last.values.join(' and ')}`
    },
  },
]

/** The two formulas of what replicas owe each other, over the decisions of all runs that it is shown. */
export class DecisionFormulas {
  readonly #findings = new Findings()

  /** To be told of every run, with its trace. */
  see(result: AgreementResult): void {
    this.#findings.begin(`seed ${result.seed}`)
    const history = historyOf(result)
    for (const { title, check } of formulas) {
      const what = check(history)
      if (what !== undefined) this.#findings.add(title, `${what}; replay: ${result.command}`)
    }
  }

  /** Registers a test for each formula, over the runs that `finish` sees to. What is not claimed is skipped. */
  test<M>(suite: Suite, { name, guarantees }: AgreementDefinition<M>, finish: () => void): void {
    for (const { title, needs } of formulas) {
      const missing = needs.filter((property) => !guarantees.some((guaranteed) => guaranteed === property))
      if (missing.length > 0) suite.skip(title, `${name} does not claim ${missing.map(words).join(' and ')}`)
      else
        suite.test(title, () => {
          finish()
          this.#findings.require(title)
        })
    }
  }
}

function historyOf({ trace, core }: AgreementResult): History {
  const changes = new Map<string, ValueChange>()
  for (const entry of trace) {
    if (entry.type !== 'indication' || entry.path !== '') continue
    const { at: atMs, node } = entry
    const { value } = entry.indication as AgreementIndication
    // A new life says again what the last one decided: that is the same decision.
    const key = `${node} ${value}`
    if (!changes.has(key)) changes.set(key, { atMs, node, value, position: 1 })
  }
  return { core, changes: [...changes.values()] }
}
