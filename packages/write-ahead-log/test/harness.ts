import type { Store, StoreError } from '@quorate/core'
import fc from 'fast-check'
import { openWriteAheadLog, type LogReport, type WriteAheadLog, type WriteAheadLogOptions } from '../src/index.js'
import { Model, applyTo, stateOf, type Operation, type State } from './model.js'
import type { Fate, TestDisk } from './test-disk.js'

export const PATHS = ['', 'a', 'a/b', 'c'] as const
export const KEYS = ['k', 'term', 'späte \ud800'] as const
export const SMALL: WriteAheadLogOptions = { maxSegmentBytes: 1024, maxCachedBytes: 2048 }

/**
 * A node's log through its lives, beside what a log should be: the states after each step, and the step up to which
 * everything was reported durable.
 */
export class Node {
  readonly model = new Model()
  readonly options: WriteAheadLogOptions
  readonly reports: LogReport[] = []
  readonly errors: StoreError[] = []
  disk: TestDisk
  log: WriteAheadLog
  /** `history[n]`: the state after n steps. */
  history: State[] = [{}]
  acknowledged = 0
  #stores = new Map<string, Store>()
  /** For each path, the step in which each token was written. */
  #tokens = new Map<string, Map<number, number>>()

  constructor(disk: TestDisk, options: WriteAheadLogOptions = SMALL) {
    this.disk = disk
    this.options = options
    this.log = this.#openLog()
  }

  get state(): State {
    return stateOf(this.#stores, KEYS)
  }

  get expected(): State {
    return this.history.at(-1) as State
  }

  store(path: string): Store {
    return this.#stores.get(path) as Store
  }

  step(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.model.apply(operation)
      if (operation.type === 'drop') {
        this.log.drop(operation.path)
        for (const path of PATHS) {
          if (path === operation.path || path.startsWith(`${operation.path}/`)) this.#openStore(path)
        }
      } else {
        applyTo(this.store(operation.path), operation)
      }
    }
    this.history.push(this.model.state())
    for (const path of PATHS) {
      const tokens = this.#tokens.get(path) as Map<number, number>
      const { latest } = this.store(path)
      if (latest > 0 && !tokens.has(latest)) tokens.set(latest, this.history.length - 1)
    }
    this.log.commit()
  }

  /**
   * Crashes and starts again. Returns the step whose state was recovered; fails when there is none, or when the step is
   * older than one that was reported durable.
   */
  restart(fate: Fate): number {
    this.disk = this.disk.crashed(fate)
    this.log = this.#openLog()
    const found = JSON.stringify(this.state)
    // The newest that matches: a step may lead back to an earlier state.
    const step = this.history.findLastIndex((state) => JSON.stringify(state) === found)
    if (step < 0) throw new Error(`recovered what never was: ${found}`)
    if (step < this.acknowledged) throw new Error(`step ${this.acknowledged} was durable, recovered step ${step}`)
    this.history = this.history.slice(0, step + 1)
    this.model.reset(this.expected)
    for (const path of PATHS) this.#tokens.get(path)?.set(1, step)
    return step
  }

  #openLog(): WriteAheadLog {
    const log = openWriteAheadLog(this.disk, { ...this.options, onReport: (report) => this.reports.push(report) })
    this.log = log
    this.#stores = new Map()
    this.#tokens = new Map()
    for (const path of PATHS) this.#openStore(path)
    return log
  }

  #openStore(path: string): void {
    const tokens = new Map<number, number>()
    const { log } = this
    const store = log.open(path, (write, error) => {
      if (log !== this.log) return
      if (error !== undefined) this.errors.push(error)
      else if (this.#tokens.get(path) === tokens)
        this.acknowledged = Math.max(this.acknowledged, tokens.get(write) ?? 0)
      log.commit()
    })
    this.#stores.set(path, store)
    this.#tokens.set(path, tokens)
  }
}

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.integer({ min: 0, max: maxLength }), fc.nat(255)).map(([length, first]) => {
    const made = new Uint8Array(length)
    for (let index = 0; index < length; index++) made[index] = first + index * 7
    return made
  })
const path = fc.constantFrom(...PATHS)

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('put' as const), path, key: fc.constantFrom(...KEYS), value: bytes(40) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      path,
      key: fc.constantFrom(...KEYS),
      value: fc.constant(undefined),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('append' as const),
      path,
      records: fc.array(bytes(200), { maxLength: 4, size: 'max' }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('truncate' as const), path, back: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('compact' as const), path, ahead: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('drop' as const), path: fc.constantFrom('a', 'a/b', 'c') }) },
)

export const fate: fc.Arbitrary<Fate> = fc.record({ seed: fc.nat(), processOnly: fc.boolean() })
