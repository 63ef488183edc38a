import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      globalSetup: ['test/elsewhere/build.ts'],
      // Sweeps take as long as the machine makes them: a limit is there to end what hangs.
      testTimeout: 120_000,
    },
  }),
)
