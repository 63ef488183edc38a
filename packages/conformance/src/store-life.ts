import type { Random, Store, StoreBackend, StoreError, Write } from '@quorate/core'
import type { Loss, Storage } from '@quorate/simulation'
import { drawOperation, isWithin, paths, showStores, StoreModel, textOf, write, type Operation } from './store-model.js'
import { storeProperties } from './store-properties.js'
import type { Findings } from './trials.js'

const { reads, clipping, truncation, compaction, dropping, tokens, telling } = storeProperties

/** What is wrong when a write does something else than it should. */
const concerns = { put: reads, append: reads, truncate: truncation, compact: compaction, drop: dropping } as const

/** What a node keeps from one life to the next, as far as it is tested. */
export type TestedStorage = Pick<Storage, 'mount' | 'complete' | 'fail' | 'crash'>

/** A node's stores through its lives, beside what they should be: the model after each step, and how far it was told to be durable. */
export class StoreLife {
  /** The newest step that was told to be durable. */
  acknowledged = 0
  readonly #random: Random
  readonly #findings: Findings
  readonly #storage: TestedStorage
  #backend: StoreBackend
  /** `#history[n]`: after n steps. */
  #history: StoreModel[] = [new StoreModel()]
  #waiting = 0
  #within = false
  #errors: StoreError[] = []
  #stores = new Map<string, Store>()
  /** Of each open store: in which step each token was written. */
  #steps = new Map<Store, Map<Write, number>>()

  constructor(open: (random: Random, submitted: () => void) => TestedStorage, random: Random, findings: Findings) {
    this.#random = random
    this.#findings = findings
    this.#storage = open(random, () => void this.#waiting++)
    this.#backend = this.#mount()
  }

  /** Whether anything waits to become durable. */
  get waiting(): boolean {
    return this.#waiting > 0
  }

  shown(): string {
    return showStores(this.#stores)
  }

  /** One step of so many random writes. Returns whether what is read then is what was written. */
  step(kinds: readonly Operation['type'][], count: number): boolean {
    let model = this.#model
    const number = this.#history.length
    this.#within = true
    for (let each = 0; each < count; each++) {
      const operation = drawOperation(this.#random, kinds, model)
      const after = model.after(operation)
      if (!this.#apply(operation, number, after.show() !== model.show())) return false
      model = after
      const [shown, expected] = [this.shown(), model.show()]
      if (shown === expected) continue
      const what = `it holds ${JSON.stringify(shown)}, not ${JSON.stringify(expected)}`
      this.#findings.add(concerns[operation.type], `after ${operation.type} at "${operation.path}" ${what}`)
      return false
    }
    this.#checkClipping(model)
    this.#history.push(model)
    this.#backend.commit()
    this.#within = false
    return true
  }

  /** The oldest write that waits becomes durable, if one waits. */
  complete(): void {
    if (this.#waiting === 0) return
    this.#waiting--
    this.#storage.complete()
  }

  /** Which store is not durable up to its newest write. */
  behind(): string | undefined {
    for (const [path, store] of this.#stores) {
      const { latest, durable } = store
      if (durable !== latest) return `"${path}" is durable up to ${durable}, though all is done up to ${latest}`
      const [untold] = this.#steps.get(store)?.keys() ?? []
      if (untold !== undefined) return `"${path}" was never told that write ${untold} is durable`
    }
    return undefined
  }

  /** The oldest write that waits fails. Returns what is wrong with how that was told. */
  fail(reason: string): string | undefined {
    const before = this.acknowledged
    this.#errors = []
    this.#waiting--
    this.#storage.fail(reason)
    const [error] = this.#errors
    if (error === undefined) return 'a write failed, and nobody was told'
    if (error.code !== 'QUORATE_STORE_FAILED') return `a write failed, and ${String(error.code)} was told`
    if (this.acknowledged !== before) return 'a write failed, and it was told to be durable'
    return undefined
  }

  /** Crashes and opens the stores again. Returns the newest step after which they held what is found, -1 when there is none. */
  crash(loss: Loss): number {
    this.#waiting = 0
    this.#storage.crash(loss)
    this.#backend = this.#mount()
    const shown = this.shown()
    return this.#history.findLastIndex((model) => model.show() === shown)
  }

  /** Goes on from a step that was found after a crash. */
  resume(step: number): void {
    this.#history = this.#history.slice(0, step + 1)
    // What was found may have been in the operating system's memory only, and become durable now.
    for (const [store, steps] of this.#steps) if (store.latest > store.durable) steps.set(store.latest, step)
  }

  get #model(): StoreModel {
    return this.#history.at(-1) as StoreModel
  }

  #mount(): StoreBackend {
    this.#within = true
    const backend = this.#storage.mount()
    this.#backend = backend
    this.#stores = new Map()
    this.#steps = new Map()
    for (const path of paths) this.#open(path)
    this.#within = false
    return backend
  }

  #open(path: string): void {
    const steps = new Map<Write, number>()
    const store: Store = this.#backend.open(path, (told, error) => {
      if (this.#stores.get(path) === store) this.#written(path, store, told, error)
    })
    this.#stores.set(path, store)
    this.#steps.set(store, steps)
  }

  /** Returns whether its token is a right one. */
  #apply(operation: Operation, step: number, changes: boolean): boolean {
    if (operation.type === 'drop') {
      this.#backend.drop(operation.path)
      for (const path of paths) if (isWithin(path, operation.path)) this.#open(path)
      return true
    }
    const store = this.#stores.get(operation.path) as Store
    const before = store.latest
    const token = write(store, operation)
    // What changes nothing needs no token of its own.
    if (!changes && token === before && store.latest === before) return true
    if (token <= before || store.latest !== token || store.durable >= token) {
      const what = `${operation.type} has token ${token} after ${before}; latest is ${store.latest}, durable ${store.durable}`
      this.#findings.add(tokens, what)
      return false
    }
    this.#steps.get(store)?.set(token, step)
    return true
  }

  #written(path: string, store: Store, told: Write, error: StoreError | undefined): void {
    const wrong = (what: string): void => this.#findings.add(telling, what)
    if (this.#within) wrong(`"${path}" is told of write ${told} from within a step`)
    if (error !== undefined) {
      this.#errors.push(error)
      return
    }
    const steps = this.#steps.get(store) as Map<Write, number>
    const step = steps.get(told)
    if (step === undefined) wrong(`"${path}" is told of write ${told}, which is none or was told before`)
    if (store.durable !== told)
      wrong(`"${path}" is told of write ${told}, and says it is durable up to ${store.durable}`)
    for (const token of steps.keys()) if (token <= told) steps.delete(token)
    this.acknowledged = Math.max(this.acknowledged, step ?? 0)
    this.#within = true
    this.#backend.commit()
    this.#within = false
  }

  #checkClipping(model: StoreModel): void {
    const path = this.#random.pick(paths)
    const store = this.#stores.get(path) as Store
    const { firstIndex, records } = model.at(path)
    const [from, to] = [
      this.#random.integer(0, firstIndex + 4),
      this.#random.integer(0, firstIndex + records.length + 3),
    ]
    const maxBytes = this.#random.chance(0.5) ? this.#random.integer(0, 60) : Infinity
    const expected: string[] = []
    let bytes = 0
    for (let index = Math.max(from, firstIndex); index <= Math.min(to, firstIndex + records.length - 1); index++) {
      const record = records[index - firstIndex] as string
      bytes += record.length
      if (expected.length > 0 && bytes > maxBytes) break
      expected.push(record)
    }
    const found = store.read(from, to, maxBytes).map(textOf)
    if (found.length !== expected.length || found.some((record, place) => record !== expected[place])) {
      const what = `read(${from}, ${to}, ${maxBytes}) returns ${found.length} records, not ${expected.length}`
      this.#findings.add(clipping, what)
    }
  }
}
