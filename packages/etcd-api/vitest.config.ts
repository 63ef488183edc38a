import { mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

// Sockets and processes are waited for, and a busy machine is slow: what never comes is still told apart from what comes late.
export default mergeConfig(shared, { test: { testTimeout: 30_000 } })
