import { QuorateError } from '@quorate/core'

/** One call of a client and, where there was one, its answer. */
export interface Operation<Input, Output> {
  /** Who called. Only shown: a client may have several calls under way. */
  readonly client: string | number
  readonly input: Input
  /**
   * What was answered; `undefined` when the outcome is unknown (a timeout, a lost connection, no answer yet). Such an operation may
   * take effect at any time after its call, or never. One that certainly took no effect does not belong into a history.
   */
  readonly output?: Output | undefined
  /** When it was called, in any unit, by the one clock that all times of a history are read from. */
  readonly callAt: number
  /** When its answer arrived; needed exactly when there is one. At equal times, calls come before answers. */
  readonly returnAt?: number | undefined
}

/** Throws `QUORATE_INVALID_OPERATION` when its times cannot be. `index` is its place in the history. */
export function requireTimes(operation: Operation<unknown, unknown>, index: number): void {
  const { callAt, returnAt, output } = operation
  if (!Number.isFinite(callAt)) throw invalidOperation(index, 'callAt', callAt, 'a finite number')
  if (output !== undefined && !(Number.isFinite(returnAt) && (returnAt as number) >= callAt))
    throw invalidOperation(
      index,
      'returnAt',
      returnAt,
      `a finite number, at least callAt (${callAt}), as there is an output`,
    )
}

/** The error for an operation whose `field` cannot be what it is. */
export function invalidOperation(index: number, field: string, value: unknown, wanted: string): QuorateError {
  const shown = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'missing')
  return new QuorateError(
    'QUORATE_INVALID_OPERATION',
    `operation ${index}: ${field} is ${shown} and must be ${wanted}`,
    {
      index,
      field,
      value,
    },
  )
}
