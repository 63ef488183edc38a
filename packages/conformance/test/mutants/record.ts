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

/** The tests that passed over what is right and fail over nothing that is wrong: nothing shows that they can. Declared breaks are all of a kind. */
export function unshown(
  { passed }: Recorded,
  mutants: readonly (readonly [what: string, subject: unknown, fails: string | readonly string[]])[],
): readonly string[] {
  const shown = new Set(mutants.flatMap(([, , fails]) => fails))
  return passed.filter((title) => !shown.has(title) && !title.startsWith('breaks '))
}

/** What every algorithm owes is tested in one place, and shown to fail over elections. */
export const ofEveryAlgorithm = [
  'takes every step without throwing',
  'determinism: a seed is a run',
  'decodes every message that it encodes to the same',
  'refuses bytes that are no message, and never throws over them',
  'shows its state as plain data',
]
