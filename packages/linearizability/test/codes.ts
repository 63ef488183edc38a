import { isQuorateError, type ErrorData } from '@quorate/core'

/** The code and message of the `QuorateError` that `action` throws; `undefined` when it throws nothing. */
export function thrown(
  action: () => unknown,
): { readonly code: string; readonly message: string; readonly data: ErrorData } | undefined {
  try {
    action()
  } catch (error) {
    if (isQuorateError(error)) return { code: error.code, message: error.message, data: error.data }
    throw error
  }
  return undefined
}
