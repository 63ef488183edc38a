import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

// Property tests take as long as the machine makes them: a limit is there to end what hangs.
export default mergeConfig(shared, defineConfig({ test: { testTimeout: 120_000 } }))
