import { QuorateError, type ErrorData } from '@quorate/core'

/** What runs the tests, handed in: `describe` and `it` of vitest and of node:test both fit. A test has failed when its body throws. */
export interface TestRunner {
  readonly describe: (title: string, body: () => void) => unknown
  readonly it: TestFunction
}

/** Registers a test. */
export interface TestFunction {
  (title: string, options: { readonly timeout: number }, body: () => void): unknown
  readonly skip: (title: string, options: { readonly timeout: number }, body: () => void) => unknown
}

/**
 * What a test of the real world waits for, one after the other: each condition is asked again and again until it holds, then the test goes
 * on to its next.
 */
export type Conditions = Iterable<() => boolean>

/**
 * Lets the world go on until each condition has held, in order. What it returns is what the test returns: in a real process a promise,
 *
 *     const drive = async (conditions) => {
 *       for (const holds of conditions) while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
 *     }
 */
export type Drive = (conditions: Conditions) => unknown

/** A sweep takes as long as the machine makes it: ten minutes are there to end what hangs. */
const options = { timeout: 600_000 } as const
/** What waits for the real world waits for little. */
const drivenOptions = { timeout: 60_000 } as const

/** Registers tests, each with time enough for a sweep. */
export class Suite {
  readonly #runner: TestRunner

  constructor(runner: TestRunner) {
    this.#runner = runner
  }

  describe(title: string, body: () => void): void {
    this.#runner.describe(title, body)
  }

  test(title: string, body: () => void): void {
    this.#runner.it(title, options, body)
  }

  /** A test that waits for conditions, which `drive` brings about. */
  driven(title: string, drive: Drive, body: () => Conditions): void {
    this.#runner.it(title, drivenOptions, () => drive(body()))
  }

  /** A test that is not run, with the reason where everybody sees it. */
  skip(title: string, reason: string): void {
    this.#runner.it.skip(`${title} (${reason})`, options, () => {})
  }
}

/** Ends a test that has failed. Throws `QUORATE_NOT_CONFORMING`. */
export function fail(message: string, data: ErrorData = {}): never {
  throw new QuorateError('QUORATE_NOT_CONFORMING', message, data)
}

/** A name such as `one-leader-per-term` as words, which is how tests are called. */
export function words(name: string): string {
  return name.replaceAll('-', ' ')
}
