import type { Random, Store, Write } from '@quorate/core'

/** The paths at which trials write: a root, a child and its child, and a sibling whose name begins like another. */
export const paths = ['', 'a', 'a/b', 'ab'] as const
const keys = ['k', 'term', 'späte'] as const

/** One write of one protocol. */
export type Operation =
  | { readonly type: 'put'; readonly path: string; readonly key: string; readonly value: Uint8Array | undefined }
  | { readonly type: 'append'; readonly path: string; readonly records: readonly Uint8Array[] }
  | { readonly type: 'truncate'; readonly path: string; readonly from: number }
  | { readonly type: 'compact'; readonly path: string; readonly through: number }
  | { readonly type: 'drop'; readonly path: string }

/** What one protocol wrote, kept in the plainest way. */
interface ModelStore {
  readonly values: ReadonlyMap<string, string>
  readonly firstIndex: number
  readonly records: readonly string[]
}

/** What was put into words before: most stores are the same from one step to the next. */
const shown = new WeakMap<ModelStore, string>()

const emptyStore: ModelStore = { values: new Map(), firstIndex: 1, records: [] }

/** What stores should hold: a value that is never changed, only replaced, so that each step's is kept. */
export class StoreModel {
  readonly #stores: ReadonlyMap<string, ModelStore>

  constructor(stores: ReadonlyMap<string, ModelStore> = new Map()) {
    this.#stores = stores
  }

  at(path: string): ModelStore {
    return this.#stores.get(path) ?? emptyStore
  }

  after(operation: Operation): StoreModel {
    const stores = new Map(this.#stores)
    const { path } = operation
    if (operation.type === 'drop') {
      for (const each of stores.keys()) if (isWithin(each, path)) stores.delete(each)
    } else stores.set(path, change(this.at(path), operation))
    return new StoreModel(stores)
  }

  /** As text, to be compared: empty stores are as good as none. */
  show(): string {
    return paths.map((path) => this.#show(this.at(path))).join('\n')
  }

  #show(store: ModelStore): string {
    let text = shown.get(store)
    if (text === undefined) shown.set(store, (text = showStore(store)))
    return text
  }
}

/** Bytes as text that is compared fast: a character for each. */
export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

export function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}/`)
}

function change(store: ModelStore, operation: Exclude<Operation, { type: 'drop' }>): ModelStore {
  const { values, firstIndex, records } = store
  switch (operation.type) {
    case 'put': {
      const changed = new Map(values)
      if (operation.value === undefined) changed.delete(operation.key)
      else changed.set(operation.key, textOf(operation.value))
      return { ...store, values: changed }
    }
    case 'append':
      return { ...store, records: [...records, ...operation.records.map(textOf)] }
    case 'truncate':
      return { ...store, records: records.slice(0, Math.max(0, operation.from - firstIndex)) }
    case 'compact': {
      const removed = Math.max(0, operation.through - firstIndex + 1)
      return { ...store, firstIndex: firstIndex + removed, records: records.slice(removed) }
    }
  }
}

/** Does the same to a real store. */
export function write(store: Store, operation: Exclude<Operation, { type: 'drop' }>): Write {
  switch (operation.type) {
    case 'put':
      return store.put(operation.key, operation.value)
    case 'append':
      return store.append(operation.records)
    case 'truncate':
      return store.truncate(operation.from)
    case 'compact':
      return store.compact(operation.through)
  }
}

/** What real stores hold, as `StoreModel.show` says it. */
export function showStores(stores: ReadonlyMap<string, Store>): string {
  return paths.map((path) => showStore(contents(stores.get(path) as Store))).join('\n')
}

function contents(store: Store): ModelStore {
  const values = new Map<string, string>()
  for (const key of keys) {
    const value = store.get(key)
    if (value !== undefined) values.set(key, textOf(value))
  }
  const { firstIndex, lastIndex } = store
  const records = store.read(firstIndex, lastIndex).map(textOf)
  // What it says of its ends must be what it holds.
  return { values, firstIndex, records: lastIndex - firstIndex + 1 === records.length ? records : ['?'] }
}

function showStore({ values, firstIndex, records }: ModelStore): string {
  const sorted = keys.flatMap((key) => (values.has(key) ? `${key}=${values.get(key)}` : []))
  return `${sorted.join(' ')} ${firstIndex}: ${records.length} ${records.join('|')}`
}

/** Draws a write that makes sense on what the model holds; now and then one at or beyond the ends of a log. */
export function drawOperation(random: Random, kinds: readonly Operation['type'][], model: StoreModel): Operation {
  const type = random.pick(kinds)
  if (type === 'drop') return { type, path: random.pick(paths.slice(1)) }
  const path = random.pick(paths)
  const { firstIndex, records } = model.at(path)
  const lastIndex = firstIndex + records.length - 1
  switch (type) {
    case 'put':
      return { type, path, key: random.pick(keys), value: random.chance(0.2) ? undefined : bytes(random, 12) }
    case 'append':
      return {
        type,
        path,
        records: Array.from({ length: random.integer(0, 4) }, () => bytes(random, random.chance(0.1) ? 200 : 12)),
      }
    case 'truncate':
      return { type, path, from: random.integer(firstIndex, lastIndex + 1) }
    case 'compact':
      return { type, path, through: random.integer(firstIndex - 1, lastIndex + 2) }
  }
}

function bytes(random: Random, maxLength: number): Uint8Array {
  return Uint8Array.from({ length: random.integer(0, maxLength) }, () => random.integer(0, 255))
}
