import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*'],
    // By itself it leaves a core free, of two one: yet tests of real processes mostly wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
