import { isQuorateError, QuorateError } from '@quorate/core'
import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs what has processes to clear up behind it, and returns its result. The first signal that asks this process to end aborts the given
 * one; once `action` is done there is no result, and the exit code is that of a program ended by the signal. The second signal ends
 * the process at once.
 */
export async function interruptible<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController()
  const received = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal])
    controller.abort(new QuorateError('QUORATE_INTERRUPTED', `ended by ${signal}`, { signal }))
  }
  for (const signal of signals) process.on(signal, received)
  try {
    return await action(controller.signal)
  } catch (error) {
    if (!isQuorateError(error, 'QUORATE_INTERRUPTED')) throw error
    process.exitCode = 128 + constants.signals[error.data['signal'] as NodeJS.Signals]
    return undefined
  } finally {
    for (const signal of signals) process.off(signal, received)
  }
}
