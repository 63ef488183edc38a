import type { Random } from '@quorate/core'
import { SimulatedDisk, type OpenStores } from '@quorate/simulation'
import { Suite, type TestRunner } from './runner.js'
import { storeProperties } from './store-properties.js'
import { tryStore, type OpenStorage } from './store-trial.js'
import { testByTrials } from './trials.js'

/** Stores to be tested: those that stand on a disk, such as a write-ahead log, or on nothing. */
export type StoreSubject = { readonly name: string } & (
  | {
      /** Opens a node's stores on its disk: a simulated one, which tears, loses what was not synced, and fails. */
      readonly open: OpenStores
    }
  | {
      /** What a node keeps from one life to the next. `submitted` is to be called for each write that waits to become durable. */
      readonly storage: OpenStorage
    }
)

/**
 * The tests of stores, through crashes, torn writes and failed syncs.
 *
 * @example
 * storeConformance({ name: 'write-ahead-log', open: openWriteAheadLog }, { describe, it })
 */
export function storeConformance(subject: StoreSubject, options: TestRunner & { readonly seeds?: number }): void {
  const suite = new Suite(options)
  const storage: OpenStorage =
    'storage' in subject
      ? subject.storage
      : (random: Random, submitted: () => void) => new SimulatedDisk(subject.open, random, submitted)
  suite.describe(`${subject.name}, stores`, () => {
    testByTrials(suite, options.seeds ?? 100, Object.values(storeProperties), (random, findings) =>
      tryStore(storage, random, findings),
    )
  })
}
