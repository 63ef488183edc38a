import { configDefaults, defineConfig } from 'vitest/config'

// First the sources of the workspace's own packages, then what vite itself asks for on a server.
const conditions = ['@quorate/source', 'module', 'node', 'development|production']

/** Tests that take long, or much of the machine, are named so, and run by `npm run lab`, not by `npm test`. */
const slow = '**/*.lab.test.ts'
const lab = process.env['QUORATE_LAB'] === '1'

/** What every package's tests have in common. They run on sources, so nothing need be built before them. */
export const shared = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: lab ? [slow] : ['test/**/*.test.ts'],
    exclude: lab ? configDefaults.exclude : [...configDefaults.exclude, slow],
    passWithNoTests: true,
  },
})
