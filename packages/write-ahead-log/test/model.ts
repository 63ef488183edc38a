import type { Store } from '@quorate/core'

/** What one protocol wrote, kept in the plainest way. */
interface ModelStore {
  readonly keys: Map<string, string>
  first: number
  records: string[]
}

/** What all protocols of a node wrote, as data that can be compared. */
export type State = Readonly<
  Record<string, { keys: Record<string, string>; first: number; records: readonly string[] }>
>

export type Operation =
  | { readonly type: 'put'; readonly path: string; readonly key: string; readonly value: Uint8Array | undefined }
  | { readonly type: 'append'; readonly path: string; readonly records: readonly Uint8Array[] }
  | { readonly type: 'truncate'; readonly path: string; readonly back: number }
  | { readonly type: 'compact'; readonly path: string; readonly ahead: number }
  | { readonly type: 'drop'; readonly path: string }

/** The stores without a disk. */
export class Model {
  readonly #stores = new Map<string, ModelStore>()

  apply(operation: Operation): void {
    if (operation.type === 'drop') {
      for (const path of this.#stores.keys()) {
        if (path === operation.path || path.startsWith(`${operation.path}/`)) this.#stores.delete(path)
      }
      return
    }
    const store = this.#open(operation.path)
    if (operation.type === 'put') {
      if (operation.value === undefined) store.keys.delete(operation.key)
      else store.keys.set(operation.key, hex(operation.value))
    } else if (operation.type === 'append') {
      store.records.push(...operation.records.map(hex))
    } else if (operation.type === 'truncate') {
      store.records.length = Math.max(0, store.records.length - operation.back)
    } else {
      store.first += operation.ahead
      store.records = store.records.slice(operation.ahead)
    }
  }

  state(): State {
    const state: Record<string, State[string]> = {}
    for (const [path, { keys, first, records }] of sorted(this.#stores)) {
      if (keys.size > 0 || first > 1 || records.length > 0) {
        state[path] = { keys: Object.fromEntries(sorted(keys)), first, records: [...records] }
      }
    }
    return state
  }

  reset(state: State): void {
    this.#stores.clear()
    for (const [path, { keys, first, records }] of Object.entries(state)) {
      this.#stores.set(path, { keys: new Map(Object.entries(keys)), first, records: [...records] })
    }
  }

  #open(path: string): ModelStore {
    let store = this.#stores.get(path)
    if (store === undefined) this.#stores.set(path, (store = { keys: new Map(), first: 1, records: [] }))
    return store
  }
}

/** Does the same to a store. Counted from the ends of its log, so that shrunk runs still do something. */
export function applyTo(store: Store, operation: Exclude<Operation, { type: 'drop' }>): void {
  if (operation.type === 'put') store.put(operation.key, operation.value)
  else if (operation.type === 'append') store.append(operation.records)
  else if (operation.type === 'truncate') store.truncate(store.lastIndex + 1 - operation.back)
  else store.compact(store.firstIndex - 1 + operation.ahead)
}

/** The state that stores show. */
export function stateOf(stores: ReadonlyMap<string, Store>, keyNames: readonly string[]): State {
  const state: Record<string, State[string]> = {}
  for (const [path, store] of sorted(stores)) {
    const keys: Record<string, string> = {}
    for (const key of [...keyNames].sort()) {
      const value = store.get(key)
      if (value !== undefined) keys[key] = hex(value)
    }
    const records = store.read(store.firstIndex, store.lastIndex).map(hex)
    if (records.length !== store.lastIndex - store.firstIndex + 1) throw new Error(`${path}: records are missing`)
    if (Object.keys(keys).length > 0 || store.firstIndex > 1 || records.length > 0) {
      state[path] = { keys, first: store.firstIndex, records }
    }
  }
  return state
}

function sorted<T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
