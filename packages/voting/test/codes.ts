import { isQuorateError } from '@quorate/core'

/** The code and message of the `QuorateError` that `action` throws; `undefined` when it throws nothing. */
export function thrown(action: () => unknown): { readonly code: string; readonly message: string } | undefined {
  try {
    action()
  } catch (error) {
    if (isQuorateError(error)) return { code: error.code, message: error.message }
    throw error
  }
  return undefined
}
