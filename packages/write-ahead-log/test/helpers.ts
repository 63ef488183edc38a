import type { Store, StoreError, Write } from '@quorate/core'
import { openWriteAheadLog, type WriteAheadLog, type WriteAheadLogOptions } from '../src/index.js'
import { TestDisk } from './test-disk.js'

export interface Opened {
  readonly disk: TestDisk
  readonly log: WriteAheadLog
  /** Opens a store and notes what it is told. */
  open(path: string): { readonly store: Store; readonly told: (readonly [Write, StoreError?])[] }
}

/** A log on a disk, by default on a new one. */
export function opened(disk = new TestDisk(), options: WriteAheadLogOptions = {}): Opened {
  const log = openWriteAheadLog(disk, options)
  return {
    disk,
    log,
    open(path) {
      const told: (readonly [Write, StoreError?])[] = []
      const store = log.open(path, (write, error) => told.push(error === undefined ? [write] : [write, error]))
      return { store, told }
    },
  }
}

/** The same disk after the process has died with everything on it. */
export function reopened(disk: TestDisk, options: WriteAheadLogOptions = {}): Opened {
  return opened(disk.crashed({ seed: 0, processOnly: true }), options)
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

export function texts(records: readonly Uint8Array[]): readonly string[] {
  return records.map((record) => new TextDecoder().decode(record))
}

/** The error that `action` throws. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('it did not throw')
}
