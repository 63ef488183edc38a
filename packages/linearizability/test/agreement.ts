import fc from 'fast-check'
import type * as Checker from '../src/index.js'
import type { Model, Operation } from '../src/index.js'
import {
  appendHistories,
  etcdHistories,
  longEtcdHistories,
  longPutHistories,
  longRegisterHistories,
  putHistories,
  registerHistories,
} from './histories.js'
import { etcd, faultOf, isLinearizable, registers, texts, type Specification } from './specification.js'

export interface Comparison {
  readonly linearizable: boolean
  /** What the checker does wrong. */
  readonly disagreement: string | undefined
}

/** Compares a checker with trying all orders, on one history. */
export type Compare = (checker: typeof Checker) => Comparison

/** A model with the specification that it must agree with. */
export interface World {
  readonly name: string
  readonly arbitrary: fc.Arbitrary<Compare>
}

function world<Input, Output, State>(
  name: string,
  specification: Specification<Input, Output, State>,
  histories: fc.Arbitrary<Operation<Input, Output>[]>,
  modelOf: (checker: typeof Checker) => Model<Input, Output>,
  known?: true,
): World {
  return {
    name,
    arbitrary: histories.map((history) => {
      let linearizable: boolean | undefined = known
      const compareWith: Compare = (checker) => {
        linearizable ??= isLinearizable(specification, history)
        return {
          linearizable,
          disagreement: disagreement(checker, modelOf(checker), specification, history, linearizable),
        }
      }
      // As fast-check prints it in a counterexample.
      return Object.assign(compareWith, { toString: () => JSON.stringify(history) })
    }),
  }
}

export const worlds: readonly World[] = [
  world('cas-register', registers, registerHistories, (checker) => checker.casRegisterModel()),
  world('kv-append', texts, appendHistories, (checker) => checker.kvAppendModel()),
  world('kv-append with puts', texts, putHistories, (checker) => checker.kvAppendModel()),
  world('etcd', etcd, etcdHistories, (checker) => checker.etcdModel()),
]

/** Histories that are too long to try all orders, but are known to be linearizable. */
export const longWorlds: readonly World[] = [
  world('cas-register', registers, longRegisterHistories, (checker) => checker.casRegisterModel(), true),
  world('kv-append with puts', texts, longPutHistories, (checker) => checker.kvAppendModel(), true),
  world('etcd', etcd, longEtcdHistories, (checker) => checker.etcdModel(), true),
]

/** Holds a verdict, and what is said to support it, against all orders there are. */
function disagreement<Input, Output, State>(
  { checkHistory }: typeof Checker,
  model: Model<Input, Output>,
  specification: Specification<Input, Output, State>,
  history: readonly Operation<Input, Output>[],
  linearizable: boolean,
): string | undefined {
  const result = checkHistory(model, history, { maxSteps: 200_000 })
  if (result.verdict === 'unknown') return `is undecided for want of ${result.exhausted}`
  if (result.verdict === 'linearizable') {
    if (!linearizable) return 'is said to be linearizable'
    const faults = result.linearizations.map(({ key, order }) => {
      const part = history.filter(({ input }) => model.key?.(input) === key)
      return faultOf(specification, part, order)
    })
    const placed = result.linearizations.flatMap(({ order }) => order)
    const missing = history.some((each) => each.output !== undefined && !placed.includes(each))
    return missing ? 'one is in no linearization' : faults.find((fault) => fault !== undefined)
  }
  if (linearizable) return 'is said not to be linearizable'
  const { prefix, operation, longest, isShortest } = result.violation
  if (!isShortest) return 'no shortest prefix is found'
  if (isLinearizable(specification, prefix)) return 'the prefix can be explained'
  const unanswered = prefix.map((each) => (each === operation ? { ...each, output: undefined } : each))
  if (!prefix.includes(operation) || !isLinearizable(specification, unanswered))
    return 'a shorter prefix cannot be explained'
  const answered = longest.filter(({ output }) => output !== undefined)
  return faultOf(specification, [...answered, ...longest.filter((each) => !answered.includes(each))], longest)
}

/** So many comparisons of each world, always the same. */
export function draw(count: number): Compare[] {
  return [...worlds, ...longWorlds].flatMap(({ arbitrary }) => fc.sample(arbitrary, { numRuns: count, seed: 1 }))
}

/** The first comparison in which a checker does something wrong, or throws; `undefined` when there is none. */
export function findDisagreement(checker: typeof Checker, comparisons: readonly Compare[]): string | undefined {
  for (const each of comparisons) {
    try {
      const { disagreement } = each(checker)
      if (disagreement !== undefined) return disagreement
    } catch (error) {
      return String(error)
    }
  }
  return undefined
}
