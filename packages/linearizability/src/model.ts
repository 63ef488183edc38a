import type { Operation } from './operation.js'

/** What `step` returns when the operation cannot have been answered so in this state. */
export const REFUSED = -1

/** Like `REFUSED`, and in no state that can follow this one either: the search turns back at once. */
export const HOPELESS = -2

/** What a history is checked against: a sequential specification. */
export interface Model<Input, Output> {
  /** As messages name it. */
  readonly name: string
  /** Operations with different keys do not influence each other, and are checked apart. Without it, all belong together. */
  key?(input: Input): string
  /**
   * Equal for inputs that do the same. It spares the search from trying operations of unknown outcome in every order; without it, it
   * only takes longer.
   */
  inputKey?(input: Input): string
  /** Begins a search through `operations`, which all have the same key. Throws for what is no operation of this model. */
  start(operations: readonly Operation<Input, Output>[]): Machine
  /** For people: `write 4`, `read → 3`; `undefined` is an unknown outcome. */
  describe(input: Input, output: Output | undefined): string
}

/** The states of one search. They are numbers, equal exactly where nothing that is to come can tell the states apart. */
export interface Machine {
  readonly initial: number
  /**
   * The state after the operation at `index` took effect in `state` with its output (any output, when that is unknown), or `REFUSED`,
   * or `HOPELESS`.
   */
  step(state: number, index: number): number
  /** `false` where no operation of unknown outcome can be next: it spares the search from trying each. Without it, all are tried. */
  takesUnknown?(state: number): boolean
  /** For people. */
  describe(state: number): string
}

/** A model by whole states, as it is easiest to write. */
export interface ModelDefinition<Input, Output, State> {
  readonly name: string
  readonly key?: (input: Input) => string
  readonly inputKey?: (input: Input) => string
  readonly initial: State
  /** The state after it, or `undefined` when `output` cannot be answered in `state`. With an unknown `output`, any can. Must change nothing. */
  readonly step: (state: State, input: Input, output: Output | undefined) => State | undefined
  /** Equal exactly for equal states. */
  readonly identify: (state: State) => string | number
  readonly describe?: (input: Input, output: Output | undefined) => string
  readonly describeState?: (state: State) => string
}

/** Makes a model from a definition by whole states, which it numbers as it meets them. A state may not be `undefined`. */
export function defineModel<Input, Output, State>(
  definition: ModelDefinition<Input, Output, State>,
): Model<Input, Output> {
  const { name, key, inputKey, initial, step, identify } = definition
  return {
    name,
    ...(key && { key }),
    ...(inputKey && { inputKey }),
    describe:
      definition.describe ??
      ((input, output) => `${JSON.stringify(input)}${output === undefined ? '' : ` → ${JSON.stringify(output)}`}`),
    start(operations) {
      const states = [initial]
      const numbers = new Map([[identify(initial), 0]])
      return {
        initial: 0,
        step(state, index) {
          const { input, output } = operations[index] as Operation<Input, Output>
          const next = step(states[state] as State, input, output)
          if (next === undefined) return REFUSED
          const identity = identify(next)
          const known = numbers.get(identity)
          if (known !== undefined) return known
          numbers.set(identity, states.length)
          return states.push(next) - 1
        },
        describe: (state) =>
          definition.describeState?.(states[state] as State) ?? String(identify(states[state] as State)),
      }
    },
  }
}
