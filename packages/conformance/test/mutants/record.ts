import type { TestRunner } from '../../src/index.js'

/** What a suite found, by the titles of its tests. */
export interface Recorded {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
  readonly skipped: readonly string[]
}

/** Runs a suite at once, with a runner that fails nobody, and says what passed and what did not. */
export function record(suite: (runner: TestRunner) => void): Recorded {
  const [passed, failed, skipped]: [string[], string[], string[]] = [[], [], []]
  const it = Object.assign(
    (title: string, _options: object, body: () => void) => {
      try {
        body()
      } catch {
        failed.push(title)
        return
      }
      passed.push(title)
    },
    { skip: (title: string) => void skipped.push(title) },
  )
  suite({ describe: (_title, body) => body(), it })
  return { passed, failed, skipped }
}
