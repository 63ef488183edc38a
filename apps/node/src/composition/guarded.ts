import { isQuorateError, QuorateError, type Definition, type ErrorCode } from '@quorate/core'

/** What an algorithm's definition has that is guarded. */
type Guarded = Pick<Definition, 'kind' | 'name'> & { readonly create: (...args: never[]) => object }

/**
 * The same algorithm, but whatever it throws says which one it was: `QUORATE_ALGORITHM_FAILED`, naming the algorithm and the method.
 * Only the constructor may refuse its options, by a `QuorateError` of its own.
 */
export function guarded<D extends Guarded>(definition: D): D {
  const create = (...args: never[]): object => {
    let protocol: object
    try {
      protocol = definition.create(...args)
    } catch (error) {
      throw isQuorateError(error) ? error : failure(definition, 'its constructor', error)
    }
    return new Proxy(protocol, new Guard(definition))
  }
  return { ...definition, create }
}

/** Every access to a member, by name, of the one protocol that it is the handler for. */
class Guard implements ProxyHandler<object> {
  readonly #algorithm: Guarded
  readonly #methods = new Map<PropertyKey, unknown>()

  constructor(algorithm: Guarded) {
    this.#algorithm = algorithm
  }

  get(protocol: object, name: PropertyKey): unknown {
    const known = this.#methods.get(name)
    if (known !== undefined) return known
    // The protocol itself is `this`, for getters and methods alike: a proxy has no private members.
    const value: unknown = this.#calling(name, () => Reflect.get(protocol, name, protocol))
    if (typeof value !== 'function') return value
    const method = (...args: unknown[]): unknown => this.#calling(name, () => Reflect.apply(value, protocol, args))
    this.#methods.set(name, method)
    return method
  }

  #calling<T>(name: PropertyKey, action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw failure(this.#algorithm, String(name), error)
    }
  }
}

const code: ErrorCode = 'QUORATE_ALGORITHM_FAILED'

function failure({ kind, name }: Guarded, method: string, error: unknown): QuorateError {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `the ${kind.replaceAll('-', ' ')} "${name}" threw in ${method}: ${reason}`
  return new QuorateError(code, message, { kind, algorithm: name, method }, { cause: error })
}
