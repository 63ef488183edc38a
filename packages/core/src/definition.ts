import type { AgreementDefinition } from './contracts/agreement.js'
import type { ElectionDefinition } from './contracts/election.js'
import type { FailureDetectorDefinition } from './contracts/failure-detector.js'
import type { ReplicatedLogDefinition } from './contracts/replicated-log.js'
import { invalidOption } from './limits.js'

/** An algorithm of any kind, ready to be chosen by name. */
export type Definition =
  | FailureDetectorDefinition<unknown>
  | ElectionDefinition<unknown>
  | AgreementDefinition<unknown>
  | ReplicatedLogDefinition<unknown>
export type DefinitionKind = Definition['kind']

const brand = Symbol.for('quorate.definition')

/** Declares a failure detector. Export the result from a module, and the module's name chooses it. */
export function defineFailureDetector<M>(
  definition: Unkinded<FailureDetectorDefinition<M>>,
): FailureDetectorDefinition<M> {
  return define({ ...definition, kind: 'failure-detector' } as FailureDetectorDefinition<M>)
}

/** Declares an election. Export the result from a module, and the module's name chooses it. */
export function defineElection<M>(definition: Unkinded<ElectionDefinition<M>>): ElectionDefinition<M> {
  return define({ ...definition, kind: 'election' } as ElectionDefinition<M>)
}

/** Declares an agreement on one value. Export the result from a module, and the module's name chooses it. */
export function defineAgreement<M>(definition: Unkinded<AgreementDefinition<M>>): AgreementDefinition<M> {
  return define({ ...definition, kind: 'agreement' } as AgreementDefinition<M>)
}

/** Declares a replicated log. Export the result from a module, and the module's name chooses it. */
export function defineReplicatedLog<M>(definition: Unkinded<ReplicatedLogDefinition<M>>): ReplicatedLogDefinition<M> {
  return define({ ...definition, kind: 'replicated-log' } as ReplicatedLogDefinition<M>)
}

/** Tells whether `value` is what one of the `define` functions returned, across copies of this package. */
export function isDefinition(value: unknown): value is Definition {
  return typeof value === 'object' && value !== null && brand in value
}

type Unkinded<D> = D extends unknown ? Omit<D, 'kind'> : never

function define<D extends { readonly name: string }>(definition: D): D {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(definition.name)) {
    throw invalidOption('algorithm name', definition.name, 'kebab-case, like "my-election"')
  }
  Object.defineProperty(definition, brand, { value: true })
  return Object.freeze(definition)
}
