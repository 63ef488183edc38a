/** Stable, documented, and the only thing to branch on: messages may be reworded in any release. */
export type ErrorCode = `QUORATE_${string}`

/** What an error is about, as data: the offending value, the bound it broke, the file and offset… */
export type ErrorData = Readonly<Record<string, unknown>>

const brand = Symbol.for('quorate.error')

/**
 * An error with a stable code and data. It is thrown for mistakes of the caller and at start; what the network or a disk does to
 * a running node is never thrown but reported as data.
 */
export class QuorateError extends Error {
  readonly code: ErrorCode
  readonly data: ErrorData

  /** `message` says what is wrong, naming the value, and what to do about it. */
  constructor(code: ErrorCode, message: string, data: ErrorData = {}, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'QuorateError'
    this.code = code
    this.data = data
    Object.defineProperty(this, brand, { value: true })
  }
}

/**
 * Tells whether `error` is one of ours, and, with `code`, that one. It works across copies of this package, where `instanceof`
 * would not.
 */
export function isQuorateError(error: unknown, code?: ErrorCode): error is QuorateError {
  return (
    typeof error === 'object' &&
    error !== null &&
    brand in error &&
    (code === undefined || (error as { code?: unknown }).code === code)
  )
}
