import { defineConfig } from 'vitest/config'

// First the sources of the workspace's own packages, then what vite itself asks for on a server.
const conditions = ['@quorate/source', 'module', 'node', 'development|production']

/** What every package's tests have in common. They run on sources, so nothing need be built before them. */
export const shared = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    passWithNoTests: true,
  },
})
